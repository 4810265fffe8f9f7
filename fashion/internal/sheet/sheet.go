// Package sheet writes and reads many images as one PNG picture, ten in a row.
package sheet

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"fashionlab/fashion"
)

// PerRow is how many images stand side by side.
const PerRow = 10

// maxRows bounds what a corrupt file can make us allocate.
const maxRows = 1000

// Encode returns the picture of images, whose number must be a multiple of PerRow.
func Encode(images []fashion.Image) ([]byte, error) {
	rows := len(images) / PerRow
	if rows*PerRow != len(images) {
		return nil, fmt.Errorf("%d images, want a multiple of %d", len(images), PerRow)
	}
	sheet := image.NewGray(image.Rect(0, 0, PerRow*fashion.Side, rows*fashion.Side))
	for i := range images {
		draw.Draw(sheet, position(i), one(&images[i]), image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	err := png.Encode(&b, sheet)
	return b.Bytes(), err
}

// Decode is the inverse of Encode.
func Decode(data []byte) ([]fashion.Image, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("found no picture: %w", err)
	}
	if c.Width != PerRow*fashion.Side || c.Height%fashion.Side != 0 || c.Height > maxRows*fashion.Side || c.ColorModel != color.GrayModel {
		return nil, fmt.Errorf("found a picture of %dx%d pixels, want grey images of %d pixels, %d in a row", c.Width, c.Height, fashion.Side, PerRow)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("found a corrupt picture: %w", err)
	}
	images := make([]fashion.Image, c.Height/fashion.Side*PerRow)
	for i := range images {
		o := one(&images[i])
		draw.Draw(o, o.Rect, decoded, position(i).Min, draw.Src)
	}
	return images, nil
}

// one is an image as the image package has it, on the same memory.
func one(m *fashion.Image) *image.Gray {
	return &image.Gray{Pix: m[:], Stride: fashion.Side, Rect: image.Rect(0, 0, fashion.Side, fashion.Side)}
}

// position is where an image is on the sheet.
func position(i int) image.Rectangle {
	x, y := i%PerRow*fashion.Side, i/PerRow*fashion.Side
	return image.Rect(x, y, x+fashion.Side, y+fashion.Side)
}
