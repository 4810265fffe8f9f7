package photo

import "image"

const (
	maxFrameWidth = 0.15 // of the picture's shorter side
	frameContrast = 25.0 // distance from the frame's colour, at least, of what it surrounds
	frameShare    = 0.9  // of the pixels at a depth, which all belong to a frame or all do not
	frameBlur     = 3    // depths, in pixels, over which a frame becomes what it surrounds
)

// withoutFrame returns the part of a picture that a frame of one colour surrounds, equally wide on all sides, if there is one.
func (p *pixels) withoutFrame() (inner image.Rectangle, framed bool) {
	whole := image.Rect(0, 0, p.opaque.Width, p.opaque.Height)
	var outer background
	for c, channel := range p.channels {
		var values []float64
		eachAtDepth(whole, 0, func(x, y int) { values = append(values, channel.At(x, y)) })
		outer[c] = plane{a: median(values)}
	}
	differing := func(depth int) float64 {
		n, differ := 0.0, 0.0
		eachAtDepth(whole, depth, func(x, y int) {
			n++
			if p.distance(outer, x, y) > frameContrast {
				differ++
			}
		})
		return differ / n
	}
	deepest, frame := int(maxFrameWidth*float64(min(whole.Dx(), whole.Dy()))), 0 // frame: depths that belong to it
	if differing(deepest) < 0.5 {
		return whole, false // as most pictures have none
	}
	for depth := range deepest {
		switch differ := differing(depth); {
		case differ <= 1-frameShare:
			frame = depth + 1
		case differ >= frameShare && depth < frame+frameBlur:
			return whole.Inset(depth + frameBlur), frame > 0
		case depth >= frame+frameBlur:
			return whole, false
		}
	}
	return whole, false
}

// eachAtDepth calls do for the pixels that are so far from the border of a picture.
func eachAtDepth(whole image.Rectangle, depth int, do func(x, y int)) {
	r := whole.Inset(depth)
	for x := r.Min.X; x < r.Max.X; x++ {
		do(x, r.Min.Y)
		do(x, r.Max.Y-1)
	}
	for y := r.Min.Y + 1; y < r.Max.Y-1; y++ {
		do(r.Min.X, y)
		do(r.Max.X-1, y)
	}
}
