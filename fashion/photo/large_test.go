package photo_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/photo"
)

// large is a photo of a dark item on white.
func large(width, height int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	img := image.NewYCbCr(image.Rect(0, 0, width, height), ratio)
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for i := range plane {
			plane[i] = 128
		}
	}
	for y := range height {
		row := img.Y[y*img.YStride:][:width]
		for x := range row {
			row[x] = 255
			if y > height/8 && y < height*7/8 && x > width/4 && x < width*3/4 {
				row[x] = 40
			}
		}
	}
	return img
}

// A decoder holds what the photos of telephones have, and no more than the limits.
func TestLargePhotosOfTelephonesAreRead(t *testing.T) {
	cameraJPEG := func(img image.Image) []byte {
		return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 50}) })
	}
	for _, c := range []struct {
		name string
		file []byte
		most int64 // MiB
	}{
		{"JPEG, 48 million pixels", cameraJPEG(large(8000, 6000, image.YCbCrSubsampleRatio420)), 69 + 8},
		{"JPEG, 108 million pixels", cameraJPEG(large(12000, 9000, image.YCbCrSubsampleRatio420)), 155 + 8},
		{"PNG, 50 million pixels", encoded(t, func(b *bytes.Buffer) error {
			return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(b, opaque{large(8160, 6120, image.YCbCrSubsampleRatio420)})
		}), 191 + 8},
	} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		img, err := photo.Decode(t.Context(), bytes.NewReader(c.file), photo.DefaultLimits())
		decoded := time.Since(start)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		read := int64(5 * len(c.file)) // to read the file, whose buffer grows
		allocated := int64(after.TotalAlloc-before.TotalAlloc) - read
		if allocated > c.most<<20 {
			t.Errorf("%s: %d MiB were allocated, want at most %d", c.name, allocated>>20, c.most)
		}
		p, err := photo.Prepare(img)
		if err != nil || p.Image[14*28+14] < 128 || p.Image[0] != 0 {
			t.Errorf("%s: %v; the middle is %d and the corner %d, want an item on black", c.name, err, p.Image[14*28+14], p.Image[0])
		}
		t.Logf("%s: file %d KB, %d MiB, decoded in %v, prepared in %v", c.name, len(c.file)/1000, allocated>>20, decoded, time.Since(start)-decoded)
	}
}

// opaque is encoded as RGB of 8 bits.
type opaque struct{ image.Image }

func (opaque) Opaque() bool { return true }

func (opaque) ColorModel() color.Model { return color.RGBAModel }

func TestPhotoThatTakesTooMuchMemoryIsRefusedBeforeItIsDecoded(t *testing.T) {
	limits := photo.DefaultLimits()
	limits.Memory = 100 << 20
	file := encoded(t, func(b *bytes.Buffer) error {
		return jpeg.Encode(b, large(12000, 9000, image.YCbCrSubsampleRatio420), &jpeg.Options{Quality: 50})
	})
	var e *photo.Error
	if _, err := photo.Decode(t.Context(), bytes.NewReader(file), limits); !errors.As(err, &e) || !strings.Contains(e.Got, "12000x9000 pixels that takes 155 MiB") || !strings.Contains(e.Want, "100 MiB") {
		t.Errorf("%v, want the memory it takes and the limit", err)
	}
}
