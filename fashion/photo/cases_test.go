package photo_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/photo"
)

// stored is a file that another program wrote.
func stored(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("../../testdata/photos", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func decode(t *testing.T, file []byte) image.Image {
	t.Helper()
	img, err := photo.Decode(t.Context(), bytes.NewReader(file), photo.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestOrientationOfAThumbnailDoesNotCount(t *testing.T) {
	file := stored(t, "trouser-orientation-of-thumbnail-only.jpg")
	want, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, file)
	for y := range 120 {
		for x := range 120 {
			if got.At(x, y) != want.At(x, y) {
				t.Fatalf("the pixel at (%d, %d) is %v, want %v as in the file", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func TestFirstFrameOfAnAnimatedWebPIsRead(t *testing.T) {
	img := decode(t, stored(t, "frames.webp"))
	if img.Bounds() != image.Rect(0, 0, 120, 120) {
		t.Fatalf("its bounds are %v", img.Bounds())
	}
	grey := func(x, y int) uint8 { return color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y }
	if grey(75, 65) > 160 || grey(20, 20) < 250 {
		t.Errorf("the boot is %d and the background %d, want a dark boot on white", grey(75, 65), grey(20, 20))
	}
}

// The reference is Pillow 13.0.
func TestColoursOfALossyWebPAreThoseOfOtherDecoders(t *testing.T) {
	img := decode(t, stored(t, "lossy.webp"))
	for at, want := range map[image.Point]color.NRGBA{{20, 20}: {0, 0, 255, 255}, {3, 3}: {255, 0, 2, 255}} {
		got := color.NRGBAModel.Convert(img.At(at.X, at.Y)).(color.NRGBA)
		for i, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
			if d < -3 || d > 3 {
				t.Errorf("at %v channel %d of %v differs by %d from %v, want at most 3", at, i, got, d, want)
			}
		}
	}
}

// riffChunk is a chunk of a WebP file.
func riffChunk(name string, data ...[]byte) []byte {
	body := slices.Concat(data...)
	out := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	return append(out, make([]byte, len(body)%2)...)
}

// animated is a WebP file of one frame, a WebP file without its header, of 40x24 pixels at (10, 8) of a canvas.
func animated(width, height int, frame []byte) []byte {
	size := func(w, h int) []byte {
		return []byte{byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0}
	}
	return riffChunk("RIFF", []byte("WEBP"), riffChunk("VP8X", []byte{0x12, 0, 0, 0}, size(width, height)), riffChunk("ANIM", make([]byte, 6)),
		riffChunk("ANMF", []byte{5, 0, 0, 4, 0, 0}, size(40, 24), []byte{100, 0, 0, 2}, frame))
}

func TestFrameOfAnAnimatedWebPLiesWhereItBelongs(t *testing.T) {
	lossy, lossless := stored(t, "lossy.webp")[12:], stored(t, "lossless.webp")[12:]
	alpha := riffChunk("ALPH", []byte{0}, bytes.Repeat([]byte{200}, 40*24)) // uncompressed
	for name, frame := range map[string][]byte{"lossy": lossy, "lossless": lossless, "with alpha": append(alpha, lossy...)} {
		img := decode(t, animated(64, 48, frame))
		if img.Bounds() != image.Rect(0, 0, 64, 48) || !red(img.At(12, 10)) || red(img.At(30, 25)) {
			t.Errorf("%s: of %v, its corner is %v and its middle %v", name, img.Bounds(), img.At(12, 10), img.At(30, 25))
		}
		if _, _, _, a := img.At(60, 40).RGBA(); a != 0 {
			t.Errorf("%s: the canvas beside the frame is %v, want it transparent", name, img.At(60, 40))
		}
		if _, _, _, a := img.At(30, 25).RGBA(); (a>>8 == 200) != (name == "with alpha") {
			t.Errorf("%s: the frame has an alpha of %d", name, a>>8)
		}
	}
	for name, file := range map[string][]byte{
		"outside the canvas":     animated(40, 24, lossy),
		"no bitstream":           animated(64, 48, nil),
		"a bitstream that ends":  animated(64, 48, lossy[:20]),
		"a bitstream of another": animated(64, 48, stored(t, "frames.webp")[12+18+14+24:][:8+0x2dc]),
	} {
		var e *photo.Error
		if _, err := photo.Decode(t.Context(), bytes.NewReader(file), photo.DefaultLimits()); !errors.As(err, &e) || !strings.Contains(e.Got, "corrupt WEBP") {
			t.Errorf("%s: %v, want that it is corrupt", name, err)
		}
	}
	var e *photo.Error
	if _, err := photo.Decode(t.Context(), bytes.NewReader(animated(20000, 20000, lossy)), photo.DefaultLimits()); !errors.As(err, &e) || !strings.Contains(e.Got, "20000x20000") {
		t.Errorf("a canvas of 20000x20000: %v, want it refused", err)
	}
}

func TestCorruptColourProfileOfAPNGIsIgnoredWithAWarning(t *testing.T) {
	file := stored(t, "png-bad-crc-in-iccp.png")
	img := decode(t, file)
	if _, err := photo.Prepare(img); err != nil {
		t.Error(err)
	}
	warnings := photo.Warnings(file)
	if len(warnings) != 1 || !strings.Contains(warnings[0], "iCCP") {
		t.Errorf("the warnings are %q, want one that names the chunk", warnings)
	}
	for _, good := range [][]byte{asPNG(t, img), asJPEG(t, img), nil, file[:20]} {
		if warnings := photo.Warnings(good); len(warnings) > 0 {
			t.Errorf("a file without it has the warnings %q", warnings)
		}
	}
	data := bytes.Clone(file)
	data[bytes.Index(data, []byte("IDAT"))+20] ^= 1
	if _, err := photo.Decode(t.Context(), bytes.NewReader(data), photo.DefaultLimits()); err == nil || !strings.Contains(err.Error(), "corrupt PNG") {
		t.Errorf("with corrupt pixels: %v, want that it is corrupt", err)
	}
}

func TestWarningOfAMillionCorruptChunksIsShort(t *testing.T) {
	file := stored(t, "png-bad-crc-in-iccp.png")
	var many []byte
	for i := range 1 << 18 {
		many = append(many, 0, 0, 0, 0, 'a'+byte(i%26), 'A'+byte(i/26%26), 'A'+byte(i/676%26), '\xff', 1, 2, 3, 4)
	}
	if warnings := photo.Warnings(slices.Insert(bytes.Clone(file), 33, many...)); len(warnings) != 1 || len(warnings[0]) > 200 {
		t.Errorf("%d warnings, the first %.300q; want one that is short", len(warnings), warnings)
	}
}

func TestFormatThatIsNotReadIsNamed(t *testing.T) {
	media := func(brands string) []byte {
		return slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(8+len(brands))), []byte("ftyp"+brands), make([]byte, 100))
	}
	for want, files := range map[string][][]byte{
		"a HEIC picture":             {stored(t, "boot.heic"), media("heic\x00\x00\x00\x00mif1heic"), media("mif1\x00\x00\x00\x00mif1heic")},
		"an AVIF picture":            {stored(t, "boot.avif"), media("avif\x00\x00\x00\x00avifmif1"), media("mif1\x00\x00\x00\x00avifmif1"), media("avis\x00\x00\x00\x00")},
		"a HEIF picture":             {media("mif1\x00\x00\x00\x00")},
		"a video":                    {media("isom\x00\x00\x02\x00isomiso2avc1mp41"), media("qt  \x00\x00\x00\x00qt  "), []byte("\x00\x00\x00\x00ftypmp42\x00\x00")},
		"a raw photo of a camera":    {media("crx \x00\x00\x00\x01crx isom")},
		"a JPEG XL picture":          {[]byte("\xff\x0a\xfa\x7f"), []byte("\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a")},
		"a JPEG 2000 picture":        {[]byte("\x00\x00\x00\x0cjP  \x0d\x0a\x87\x0a")},
		"a Photoshop document":       {[]byte("8BPS\x00\x01")},
		"a file of another format":   {[]byte("\x00\x00\x00\x18fty"), []byte("hello")},
		"a drawing or another XML d": {[]byte("<?xml version='1.0'?>")},
	} {
		for _, file := range files {
			_, err := photo.Decode(t.Context(), bytes.NewReader(file), photo.DefaultLimits())
			if e := (*photo.Error)(nil); !errors.As(err, &e) || !strings.HasPrefix(e.Got, want) || e.Want == "" {
				t.Errorf("%.30q: %v, want it to be called %s", file, err, want)
			}
		}
	}
}
