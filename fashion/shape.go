package fashion

import (
	"fmt"
	"image"
	"image/color"
)

// The sides of images that a data set of one's own may have, in pixels: multiples of SideStep, so that networks can halve them twice.
const (
	SmallestSide = Side
	LargestSide  = 96
	SideStep     = 4
)

// Shape is the size of a data set's images. The zero value is that of Fashion-MNIST: 28x28 pixels, grey.
type Shape struct {
	Side     int `json:"side,omitempty"`     // width and height in pixels; 0 means 28
	Channels int `json:"channels,omitempty"` // values of a pixel: 3 are red, green and blue, 0 means the one of grey
}

// NewShape returns the shape of images of a side in pixels, in colour or grey.
func NewShape(side int, colour bool) (s Shape, err error) {
	if side < SmallestSide || side > LargestSide || side%SideStep != 0 {
		return s, fmt.Errorf("a side of %d pixels, want a multiple of %d from %d to %d", side, SideStep, SmallestSide, LargestSide)
	}
	if side != Side {
		s.Side = side
	}
	if colour {
		s.Channels = 3
	}
	return s, nil
}

// Check reports a shape that NewShape does not return.
func (s Shape) Check() error {
	if want, err := NewShape(s.Dimensions()[0], s.Channels == 3); err != nil {
		return err
	} else if s != want {
		return fmt.Errorf("the shape is %d pixels and %d channels, want 0 for %d pixels, and 3 or 0 (grey) channels", s.Side, s.Channels, Side)
	}
	return nil
}

// Dimensions are those of an image: height, width and channels.
func (s Shape) Dimensions() [3]int {
	side, channels := s.Side, s.Channels
	if side == 0 {
		side = Side
	}
	if channels == 0 {
		channels = 1
	}
	return [3]int{side, side, channels}
}

// Bytes is how many bytes an image has.
func (s Shape) Bytes() int {
	d := s.Dimensions()
	return d[0] * d[1] * d[2]
}

// String is what images have the shape, such as "grey images of 28x28 pixels".
func (s Shape) String() string {
	d, kind := s.Dimensions(), "grey"
	if d[2] == 3 {
		kind = "colour"
	}
	return fmt.Sprintf("%s images of %dx%d pixels", kind, d[0], d[1])
}

// Picture is an image of any shape: its pixels row by row from the top left, a byte for each channel. Without any bytes it is black.
type Picture []byte

// From takes the pixels of an image that has the shape's side. What is transparent counts as black.
func (s Shape) From(img image.Image) Picture {
	d, b := s.Dimensions(), img.Bounds()
	p := make(Picture, 0, s.Bytes())
	for y := range d[0] {
		for x := range d[1] {
			at := img.At(b.Min.X+x, b.Min.Y+y)
			if d[2] == 1 {
				p = append(p, color.GrayModel.Convert(at).(color.Gray).Y)
				continue
			}
			c := color.RGBAModel.Convert(at).(color.RGBA)
			p = append(p, c.R, c.G, c.B)
		}
	}
	return p
}

// Image is a picture of the shape as the image package has it.
func (s Shape) Image(p Picture) image.Image {
	d := s.Dimensions()
	pixels := make(Picture, s.Bytes())
	copy(pixels, p)
	frame := image.Rect(0, 0, d[1], d[0])
	if d[2] == 1 {
		return &image.Gray{Pix: pixels, Stride: d[1], Rect: frame}
	}
	img := image.NewRGBA(frame)
	for i := range d[0] * d[1] {
		copy(img.Pix[4*i:], pixels[3*i:3*i+3])
		img.Pix[4*i+3] = 255
	}
	return img
}
