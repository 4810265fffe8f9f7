// Package scene makes test pictures for the preparation and the classification of photos: items of the data set as photos, whose classes are known, and pictures of other things, which
// are out of distribution.
package scene

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	"golang.org/x/sync/errgroup"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/raster"
	"fashionlab/fashion/photo"
)

// Scene renders an item of the data set as a photo, so that photo.Prepare can be tested on items whose classes are known. Real photos vary more: folds, hangers, hands.
type Scene struct {
	Name        string
	Background  string  // "white", "light", "dark", "shaded", "textured", "grey", "transparent"; or "data set": no photo but the image itself, enlarged
	Grey        float64 // level of a grey background, 0 to 255
	Item        float64 // mean grey level of the item, around which its texture keeps a fifth of its contrast; 0: dark where the data set is light, in a random colour
	Texture     float64 // amplitude of the waves on a grey background, in levels
	Gradient    float64 // by how much a grey background is lighter at one end than at the other, in levels
	Shadow      float64 // how much of the light the shadow of the item takes, a fraction
	Size        float64 // of the item's 28 pixels, as a fraction of the picture's side; 0 means 0.8
	Offset      float64 // largest distance of the item's centre from the picture's, across and down, as a fraction of its side
	Rotation    float64 // largest rotation to either side, in degrees
	Blur        float64 // standard deviation of a Gaussian blur, in pixels of 320
	Noise       float64 // standard deviation of each channel, which is 0 to 255
	Frame       int     // width of a dark frame around the picture, in pixels of 320
	Corners     int     // radius of transparent rounded corners, in pixels of 320
	JPEGQuality int     // 1 to 100; 0 means 95. Pictures with transparent parts are not compressed.
}

// Scenes returns a scene with a white background, scenes that each differ from it in one or two ways, and a last one that combines them.
func Scenes() []Scene {
	return []Scene{
		{Name: "white background", Background: "white"},
		{Name: "light, coloured background", Background: "light"},
		{Name: "dark background", Background: "dark"},
		{Name: "shaded background", Background: "shaded"},
		{Name: "textured background", Background: "textured"},
		{Name: "small and off-centre", Background: "white", Size: 0.4, Offset: 0.2},
		{Name: "rotated by up to 15 degrees", Background: "white", Size: 0.7, Rotation: 15},
		{Name: "noise and strong compression", Background: "white", Noise: 8, JPEGQuality: 25},
		{Name: "all together", Background: "textured", Size: 0.55, Offset: 0.12, Rotation: 8, Noise: 5, JPEGQuality: 50},
	}
}

const sceneSide = 320 // pixels of a scene's side

// Render renders an item in the scene as a picture of 320x320 pixels. r draws the colours, the position, the rotation and the noise.
func (s Scene) Render(item fashion.Image, r *rand.Rand) (image.Image, error) {
	if s.Background == "data set" {
		out := image.NewRGBA(image.Rect(0, 0, sceneSide, sceneSide))
		draw.CatmullRom.Scale(out, out.Rect, photo.Grey(item), image.Rect(0, 0, fashion.Side, fashion.Side), draw.Src, nil)
		return s.compress(out)
	}
	out := image.NewRGBA(image.Rect(0, 0, sceneSide, sceneSide)) // transform and compression are fastest for this type
	paint := s.background(r)
	for y := range sceneSide {
		for x := range sceneSide {
			out.SetRGBA(x, y, paint(x, y))
		}
	}
	scale := cmp.Or(s.Size, 0.8) * sceneSide / fashion.Side
	angle := s.Rotation * (2*r.Float64() - 1) * math.Pi / 180
	dx, dy := s.Offset*sceneSide*(2*r.Float64()-1), s.Offset*sceneSide*(2*r.Float64()-1)
	sin, cos := scale*math.Sin(angle), scale*math.Cos(angle)
	const half = fashion.Side / 2.0
	centre := float64(sceneSide) / 2
	place := func(out draw.Image, source image.Image, dx, dy float64) {
		draw.CatmullRom.Transform(out, f64.Aff3{cos, -sin, centre + dx - cos*half + sin*half, sin, cos, centre + dy - sin*half - cos*half},
			source, image.Rect(0, 0, fashion.Side, fashion.Side), draw.Over, nil)
	}
	cutOut := garment(item, r)
	if s.Item > 0 {
		cutOut = plain(cutOut, s.Item)
	}
	if s.Shadow > 0 {
		shadow := image.NewRGBA(out.Rect)
		place(shadow, cutOut, dx+12, dy+12)
		opacity := make([]uint8, len(shadow.Pix)/4)
		for i := range opacity {
			opacity[i] = shadow.Pix[4*i+3]
		}
		for i, v := range blur(opacity, 1, 8) {
			light := 1 - s.Shadow*float64(v)/255
			for c := range 3 {
				out.Pix[4*i+c] = raster.Level(float64(out.Pix[4*i+c]) * light)
			}
		}
	}
	place(out, cutOut, dx, dy)
	if s.Blur > 0 {
		out.Pix = blur(out.Pix, 4, s.Blur)
	}
	if s.Noise > 0 {
		for i := range out.Pix {
			if i%4 < 3 {
				out.Pix[i] = raster.Level(float64(out.Pix[i]) + s.Noise*r.NormFloat64())
			}
		}
	}
	for _, side := range []image.Rectangle{
		image.Rect(0, 0, sceneSide, s.Frame), image.Rect(0, sceneSide-s.Frame, sceneSide, sceneSide),
		image.Rect(0, 0, s.Frame, sceneSide), image.Rect(sceneSide-s.Frame, 0, sceneSide, sceneSide),
	} {
		draw.Draw(out, side, image.NewUniform(color.RGBA{25, 20, 15, 255}), image.Point{}, draw.Src)
	}
	if s.Corners > 0 {
		clearCorners(out, s.Corners)
	}
	return s.compress(out)
}

// compress returns a picture after a compression that loses some of it, unless it has transparent parts.
func (s Scene) compress(img *image.RGBA) (image.Image, error) {
	if !img.Opaque() {
		return img, nil
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: cmp.Or(s.JPEGQuality, 95)}); err != nil {
		return nil, err
	}
	return jpeg.Decode(&file)
}

// background returns a function of the colour of each pixel.
func (s Scene) background(r *rand.Rand) func(x, y int) color.RGBA {
	base := [3]float64{255, 255, 255}
	if s.Background != "white" {
		for c := range base {
			base[c] = 195 + 55*r.Float64()
			switch s.Background {
			case "dark":
				base[c] = 10 + 45*r.Float64()
			case "grey":
				base[c] = s.Grey
			}
		}
	}
	tilt := s.Gradient
	if s.Background == "shaded" || s.Background == "textured" {
		tilt = 60
	}
	down, across := math.Sincos(2 * math.Pi * r.Float64())
	// A texture of three waves stands for the weave of a cloth or the grain of wood.
	type wave struct{ across, down, phase, amplitude float64 }
	var waves [3]wave
	for i := range waves {
		frequency := 0.05 + 0.6*r.Float64()
		down, across := math.Sincos(2 * math.Pi * r.Float64())
		waves[i] = wave{frequency * across, frequency * down, 2 * math.Pi * r.Float64(), 4 + 4*r.Float64()}
		if s.Background == "grey" {
			waves[i].amplitude = s.Texture
		}
	}
	if s.Background == "transparent" {
		return func(int, int) color.RGBA { return color.RGBA{} }
	}
	return func(x, y int) color.RGBA {
		d := tilt * (across*(float64(x)/sceneSide-0.5) + down*(float64(y)/sceneSide-0.5))
		if s.Background == "textured" || s.Texture > 0 {
			for _, w := range waves {
				d += w.amplitude * math.Sin(w.across*float64(x)+w.down*float64(y)+w.phase)
			}
		}
		return color.RGBA{raster.Level(base[0] + d), raster.Level(base[1] + d), raster.Level(base[2] + d), 255}
	}
}

// maxWhiteArea is the largest area, in pixels, of a connected component of black pixels in an image of the data set that is taken for a white part of the garment and not
// for background.
const maxWhiteArea = 12

// garment returns an item in a random colour, dark where the data set is light, on a transparent background.
func garment(item fashion.Image, r *rand.Rand) *image.NRGBA {
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= fashion.Side || y >= fashion.Side {
			return 0
		}
		return float64(item[y*fashion.Side+x])
	}
	empty := raster.New(fashion.Side, fashion.Side)
	for i, v := range item {
		if v == 0 {
			empty.Values[i] = 1
		}
	}
	components, areas := empty.Components()
	tint := [3]float64{0.8 + 0.4*r.Float64(), 0.9 + 0.2*r.Float64(), 0.8 + 0.4*r.Float64()}
	bright := raster.Luma(tint[0], tint[1], tint[2])
	out := image.NewNRGBA(image.Rect(0, 0, fashion.Side, fashion.Side))
	for i := range item {
		x, y := i%fashion.Side, i/fashion.Side
		v, opaque := at(x, y), 1.0
		if c := components[i]; c >= 0 && areas[c] > maxWhiteArea {
			continue
		}
		// A pixel at the edge is a mixture of the garment and the shop's white background. Its darkest neighbour has the garment's own shade.
		edge, darkest := false, v
		for _, n := range [][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			darkest = math.Max(darkest, at(n[0], n[1]))
			edge = edge || at(n[0], n[1]) == 0
		}
		if edge && darkest > 0 {
			v, opaque = darkest, v/darkest
		}
		shade := (255 - v) / bright
		out.SetNRGBA(x, y, color.NRGBA{raster.Level(shade * tint[0]), raster.Level(shade * tint[1]), raster.Level(shade * tint[2]), raster.Level(255 * opaque)})
	}
	return out
}

// Photos renders each item of a set in the scene and applies photo.Prepare. An item in whose photo it finds nothing becomes a black image; missed counts them. The
// random draws of an item depend on the seed and its position in the set.
func (s Scene) Photos(set fashion.Set, seed uint64) (prepared fashion.Set, missed int, err error) {
	prepared = fashion.Set{Images: make([]fashion.Image, set.Len()), Labels: set.Labels}
	list, err := s.Prepare(set, seed)
	for i, p := range list {
		if p == nil {
			missed++
		} else {
			prepared.Images[i] = p.Image
		}
	}
	return prepared, missed, err
}

// Prepare is Photos with what the preparation says of each photo, but without its steps; nil where it finds nothing.
func (s Scene) Prepare(set fashion.Set, seed uint64) ([]*photo.Prepared, error) {
	if err := set.Check(); err != nil {
		return nil, err
	}
	if set.Shape != (fashion.Shape{}) {
		return nil, fmt.Errorf("found %v, want %v: scenes are made of those alone", set.Shape, fashion.Shape{})
	}
	list := make([]*photo.Prepared, set.Len())
	err := inParallel(set.Len(), func(i int) error {
		img, err := s.Render(set.Images[i], rand.New(rand.NewPCG(seed, uint64(i))))
		if err != nil {
			return err
		}
		if p, err := photo.Prepare(img); err == nil {
			list[i] = &photo.Prepared{Image: p.Image, Doubt: p.Doubt}
		}
		return nil
	})
	return list, err
}

// inParallel calls do for 0 to n-1 on all cores, until one fails.
func inParallel(n int, do func(i int) error) error {
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := 0; i < n && ctx.Err() == nil; i++ {
		group.Go(func() error { return do(i) })
	}
	return group.Wait()
}
