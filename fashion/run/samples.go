package run

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"

	"fashionlab/fashion"
)

// samplesPerRow is how many samples stand side by side in their file.
const samplesPerRow = 10

const samplesDir = "samples"

// samplesFile is where the samples of an epoch are.
func samplesFile(epoch int) string {
	return filepath.Join(samplesDir, fmt.Sprintf("epoch-%03d.png", epoch))
}

// SaveSamples saves what a GAN makes of the same latents after an epoch, as one picture. Their number must be a multiple of ten.
func (r *Run) SaveSamples(epoch int, samples []fashion.Image) error {
	rows := len(samples) / samplesPerRow
	if rows*samplesPerRow != len(samples) {
		return fmt.Errorf("%s: %d samples, want a multiple of %d", r.Dir, len(samples), samplesPerRow)
	}
	sheet := image.NewGray(image.Rect(0, 0, samplesPerRow*fashion.Side, rows*fashion.Side))
	for i := range samples {
		one := &image.Gray{Pix: samples[i][:], Stride: fashion.Side, Rect: image.Rect(0, 0, fashion.Side, fashion.Side)}
		draw.Draw(sheet, placeOf(i), one, image.Point{}, draw.Src)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, sheet); err != nil {
		return err
	}
	return r.write(samplesFile(epoch), b.Bytes())
}

// Samples reads the samples of an epoch.
func (r *Run) Samples(epoch int) ([]fashion.Image, error) {
	path := filepath.Join(r.Dir, samplesFile(epoch))
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("samples of epoch %d: %w", epoch, err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: found no picture: %w", path, err)
	}
	sheet, ok := decoded.(*image.Gray)
	size := decoded.Bounds().Size()
	if !ok || size.X != samplesPerRow*fashion.Side || size.Y%fashion.Side != 0 {
		return nil, fmt.Errorf("%s: found a picture of %v pixels, want grey samples of %d pixels, %d in a row", path, size, fashion.Side, samplesPerRow)
	}
	samples := make([]fashion.Image, size.Y/fashion.Side*samplesPerRow)
	for i := range samples {
		one := &image.Gray{Pix: samples[i][:], Stride: fashion.Side, Rect: image.Rect(0, 0, fashion.Side, fashion.Side)}
		draw.Draw(one, one.Rect, sheet, placeOf(i).Min, draw.Src)
	}
	return samples, nil
}

// placeOf is where a sample is on the sheet.
func placeOf(i int) image.Rectangle {
	x, y := i%samplesPerRow*fashion.Side, i/samplesPerRow*fashion.Side
	return image.Rect(x, y, x+fashion.Side, y+fashion.Side)
}
