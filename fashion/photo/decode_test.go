package photo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"fashionlab/fashion/internal/hostile"
	"fashionlab/fashion/photo"
)

// corner is a picture of that size, blue, with a red square of 8x8 pixels at the top left.
func corner(width, height int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetNRGBA(x, y, color.NRGBA{0, 0, 255, 255})
			if x < 8 && y < 8 {
				img.SetNRGBA(x, y, color.NRGBA{255, 0, 0, 255})
			}
		}
	}
	return img
}

func encoded(t *testing.T, encode func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t *testing.T, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

func asJPEG(t *testing.T, img image.Image) []byte {
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, nil) })
}

// oriented is a JPEG file with an EXIF orientation (JEITA CP-3451, section 4.5): a segment APP1 after the file's start.
func oriented(t *testing.T, img image.Image, orientation uint16) []byte {
	exif := []byte("Exif\x00\x00II*\x00")
	for _, v := range []any{uint32(8), uint16(1), uint16(0x112), uint16(3), uint32(1), orientation, uint16(0), uint32(0)} {
		exif, _ = binary.Append(exif, binary.LittleEndian, v)
	}
	file := asJPEG(t, img)
	head := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	return append(append(head, exif...), file[2:]...)
}

func red(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > 0x8000 && b < 0x8000
}

func TestPictureIsRotatedUprightByItsOrientation(t *testing.T) {
	const w, h = 48, 24
	for orientation, want := range map[uint16]struct {
		x, y int // of the red corner
		size image.Point
	}{
		1: {0, 0, image.Pt(w, h)}, 2: {w - 1, 0, image.Pt(w, h)}, 3: {w - 1, h - 1, image.Pt(w, h)}, 4: {0, h - 1, image.Pt(w, h)},
		5: {0, 0, image.Pt(h, w)}, 6: {h - 1, 0, image.Pt(h, w)}, 7: {h - 1, w - 1, image.Pt(h, w)}, 8: {0, w - 1, image.Pt(h, w)},
	} {
		img, err := photo.Decode(t.Context(), bytes.NewReader(oriented(t, corner(w, h), orientation)), photo.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		if b.Size() != want.size || !red(img.At(b.Min.X+want.x, b.Min.Y+want.y)) {
			t.Errorf("orientation %d: size %v, red at (%d, %d): %v; want %v and red", orientation, b.Size(), want.x, want.y, red(img.At(b.Min.X+want.x, b.Min.Y+want.y)), want.size)
		}
	}
}

func TestEachFormatIsReadAndTheFirstPictureOfAnAnimation(t *testing.T) {
	img := corner(32, 32)
	paletted := image.NewPaletted(img.Bounds(), color.Palette{color.NRGBA{0, 0, 255, 255}, color.NRGBA{255, 0, 0, 255}})
	second := image.NewPaletted(img.Bounds(), paletted.Palette)
	for y := range 8 {
		for x := range 8 {
			paletted.SetColorIndex(x, y, 1)
		}
	}
	sixteen, grey := image.NewNRGBA64(img.Bounds()), image.NewGray16(img.Bounds())
	for y := range 32 {
		for x := range 32 {
			sixteen.Set(x, y, img.At(x, y))
			grey.Set(x, y, img.At(x, y))
		}
	}
	written := func(name string) []byte { // by another program
		data, err := os.ReadFile(filepath.Join("../../testdata/photos", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, file := range map[string][]byte{
		"lossless WebP": written("lossless.webp"), "lossy WebP": written("lossy.webp"), "CMYK JPEG": written("cmyk.jpg"), "progressive JPEG": written("progressive.jpg"),
		"PNG":        asPNG(t, img),
		"16-bit PNG": asPNG(t, sixteen),
		"grey PNG":   asPNG(t, grey),
		"JPEG":       asJPEG(t, img),
		"BMP":        encoded(t, func(b *bytes.Buffer) error { return bmp.Encode(b, img) }),
		"animated GIF": encoded(t, func(b *bytes.Buffer) error {
			return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{paletted, second}, Delay: []int{1, 1}})
		}),
	} {
		got, err := photo.Decode(t.Context(), bytes.NewReader(file), photo.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if name != "grey PNG" && (!red(got.At(2, 2)) || red(got.At(20, 20))) {
			t.Errorf("%s: the colours at the corner and in the middle are %v and %v", name, got.At(2, 2), got.At(20, 20))
		}
	}
}

func TestFileThatIsNotAUsablePictureIsDescribed(t *testing.T) {
	complete := asPNG(t, corner(100, 100))
	limits := photo.Limits{Bytes: 50_000, Pixels: 20_000}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"empty":          {nil, "an empty file"},
		"text":           {[]byte("hello, this is no picture"), "another format"},
		"PDF":            {[]byte("%PDF-1.7 ..."), "a PDF document"},
		"HEIC":           {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "HEIC"},
		"SVG":            {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "drawing"},
		"truncated":      {complete[:len(complete)/2], "a corrupt PNG picture"},
		"1x1":            {asPNG(t, corner(1, 1)), "1x1 pixels"},
		"too many bytes": {make([]byte, 60_000), "more than 50000 bytes"},
		"bomb":           {asPNG(t, corner(150, 150)), "150x150 pixels"},
	} {
		_, err := photo.Decode(t.Context(), bytes.NewReader(c.file), limits)
		var e *photo.Error
		if !errors.As(err, &e) || !strings.Contains(e.Got, c.want) || e.Want == "" {
			t.Errorf("%s: the error is %v, want one that finds %s", name, err, c.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	limits := photo.Limits{Bytes: 1 << 16, Pixels: 1 << 14, Memory: 16 << 20}
	var b bytes.Buffer
	if err := png.Encode(&b, corner(9, 9)); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := jpeg.Encode(&b, corner(16, 8), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("GIF89a\x10\x00\x10\x00"))
	for _, encode := range []func(io.Writer) error{
		func(w io.Writer) error { return gif.Encode(w, corner(16, 8), nil) },
		func(w io.Writer) error { return bmp.Encode(w, corner(16, 8)) },
		func(w io.Writer) error {
			return tiff.Encode(w, corner(16, 8), &tiff.Options{Compression: tiff.Deflate})
		},
	} {
		b.Reset()
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add(animated(64, 48, stored(f, "lossy.webp")[12:]))
	f.Add(animated(40, 24, stored(f, "lossless.webp")[12:]))
	for _, p := range hostile.Pictures() {
		if int64(len(p.File)) <= limits.Bytes {
			f.Add(p.File)
		}
	}
	for _, pattern := range []string{"../../testdata/photos/*.webp", "../../testdata/photos/*.jpg", "../../testdata/photos/*.png", "../../testdata/photos/boot.*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			f.Fatal(pattern, err)
		}
		for _, path := range paths {
			file, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		img, err := photo.Decode(t.Context(), bytes.NewReader(file), limits)
		runtime.ReadMemStats(&after)
		if allocated := int64(after.TotalAlloc - before.TotalAlloc); allocated > limits.Memory+4<<20 {
			t.Fatalf("%d bytes were allocated, want at most %d", allocated, limits.Memory)
		}
		for _, warning := range photo.Warnings(file) {
			if len(warning) > 200 {
				t.Fatalf("a warning of %d bytes", len(warning))
			}
		}
		var e *photo.Error
		switch {
		case err == nil:
			if b := img.Bounds(); b.Dx()*b.Dy() > limits.Pixels {
				t.Fatalf("a picture of %v was decoded", b)
			}
			if _, err := photo.Prepare(img); err != nil && !errors.As(err, &e) {
				t.Fatal(err)
			}
		case !errors.As(err, &e):
			t.Fatal(fmt.Errorf("an error of another kind: %w", err))
		}
	})
}
