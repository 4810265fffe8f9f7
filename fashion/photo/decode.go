// Package photo converts a photo of a garment into an image like those of Fashion-MNIST: 28x28 grey pixels, the item light on black. A model trained on that data set
// depends on how a photo is prepared, so each step of the preparation is kept as a picture. The package also makes test photos (Scene) and out-of-distribution images.
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	_ "image/gif" // the first picture of an animation
	_ "image/jpeg"
	_ "image/png"
	"io"
	"strings"

	"github.com/bep/imagemeta"
	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// Limits bound the cost of decoding a file.
type Limits struct {
	Bytes  int64 // of the file
	Pixels int   // of the picture, because a small file can hold a huge one
}

// DefaultLimits suit the photos of phones: 32 MiB and 64 Mi pixels.
func DefaultLimits() Limits { return Limits{Bytes: 32 << 20, Pixels: 64 << 20} }

// formats are the formats that Decode reads.
const formats = "PNG, JPEG, GIF, WebP, BMP or TIFF"

// minSide is the smallest width and height, in pixels, of a picture in which an item can be seen.
const minSide = 8

// Error is a file that is not a usable picture.
type Error struct{ Got, Want string }

func (e *Error) Error() string { return fmt.Sprintf("found %s, want %s", e.Got, e.Want) }

// Decode reads a picture, of an animation the first, and rotates it upright by its EXIF orientation. A file that is too large, of another format, corrupt or of fewer
// than 8x8 pixels is an *Error; nothing larger than the limits is kept in memory.
func Decode(r io.Reader, limits Limits) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, limits.Bytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limits.Bytes:
		return nil, &Error{fmt.Sprintf("more than %d bytes", limits.Bytes), fmt.Sprintf("a picture of at most %d", limits.Bytes)}
	case len(data) == 0:
		return nil, &Error{"an empty file", "a picture: " + formats}
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return nil, &Error{kind(data), "a picture: " + formats}
	case err != nil:
		return nil, &Error{fmt.Sprintf("a corrupt picture (%v)", err), "a complete one"}
	case config.Width < minSide || config.Height < minSide:
		return nil, &Error{fmt.Sprintf("a picture of %dx%d pixels", config.Width, config.Height), fmt.Sprintf("%dx%d or more", minSide, minSide)}
	case config.Width > limits.Pixels/config.Height:
		return nil, &Error{fmt.Sprintf("a picture of %dx%d pixels", config.Width, config.Height), fmt.Sprintf("at most %d in total", limits.Pixels)}
	}
	img, err := decode(data)
	if err != nil {
		return nil, &Error{fmt.Sprintf("a corrupt %s picture (%v)", strings.ToUpper(format), err), "a complete one"}
	}
	return upright(img, orientation(data, format)), nil
}

// decode decodes a picture. A panic of a decoder, which a corrupt file can cause, becomes an error.
func decode(data []byte) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	img, _, err = image.Decode(bytes.NewReader(data))
	return img, err
}

// kind describes a file of another format by its first bytes.
func kind(data []byte) string {
	switch head := data[:min(len(data), 64)]; {
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return "a HEIC or AVIF picture, or a video (convert it first)"
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "a PDF document"
	case bytes.Contains(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<?xml")):
		return "a drawing or another XML document"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "a zip archive"
	}
	return "a file of another format"
}

// orientation returns a picture's EXIF orientation, 1 to 8; 1 if it has none that can be read.
func orientation(data []byte, format string) int {
	known := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP, "tiff": imagemeta.TIFF}
	kind, ok := known[format]
	if !ok {
		return 1
	}
	found := 1
	// An error in the metadata is ignored: the picture is usable without it.
	_ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: kind, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if v, ok := tag.Value.(uint16); ok && v >= 1 && v <= 8 {
				found = int(v)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// rotatedSide is the largest side, in pixels, of a picture that is rotated, which takes a copy: Prepare does not need more.
const rotatedSide = 4 * workSide

// upright undoes an EXIF orientation, which says where row 0 and column 0 of the file lie in the scene (Exif 2.32, section 4.6.4). A picture that is rotated or flipped
// is reduced to rotatedSide.
func upright(img image.Image, orientation int) image.Image {
	if orientation == 1 {
		return img
	}
	img = shrink(img, rotatedSide)
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			i, j := x, y // in the file
			switch orientation {
			case 2:
				i = w - 1 - x
			case 3:
				i, j = w-1-x, h-1-y
			case 4:
				j = h - 1 - y
			case 5:
				i, j = y, x
			case 6:
				i, j = y, w-1-x
			case 7:
				i, j = h-1-y, w-1-x
			case 8:
				i, j = h-1-y, x
			}
			out.Set(x, y, img.At(b.Min.X+i, b.Min.Y+j))
		}
	}
	return out
}
