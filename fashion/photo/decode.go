// Package photo converts a photo of a garment into an image like those of Fashion-MNIST: 28x28 grey pixels, the item light on black. A model trained on that data set
// depends on how a photo is prepared, so each step of the preparation is kept as a picture.
package photo

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"github.com/bep/imagemeta"
)

// Limits bound the cost of decoding a file.
type Limits struct {
	Bytes  int64 // of the file
	Pixels int   // of the picture, because a small file can hold a huge one; a decoder may pass over so many pixels 8 times
	Memory int64 // bytes that the decoder may hold; 0: as many as DefaultLimits
}

// DefaultLimits suit the photos of telephones, 64 MiB, 128 Mi pixels and 384 MiB of memory. A JPEG takes 1.5 bytes a pixel if its chroma is subsampled by two, as
// cameras do it, and 3 if not: up to 128 Mi pixels. A progressive one takes five times as much, up to 50 million pixels; a PNG takes 4 bytes, up to 100 million; a WebP
// 1.5 if it is lossy and 9 if not.
func DefaultLimits() Limits { return Limits{Bytes: 64 << 20, Pixels: 128 << 20, Memory: 384 << 20} }

// formatNames are the formats that Decode reads.
const formatNames = "PNG, JPEG, GIF, WebP, BMP or TIFF"

// minSide is the smallest width and height, in pixels, of a picture in which an item can be seen.
const minSide = 8

// Error is a file that is not a usable picture.
type Error struct{ Got, Want string }

func (e *Error) Error() string { return fmt.Sprintf("found %s, want %s", e.Got, e.Want) }

// Decode reads a picture, of an animation the first, and rotates it upright by its EXIF orientation. It ignores corrupt parts that it can do without, see Warnings. A file
// that is too large, of another format, corrupt or of fewer
// than 8x8 pixels is an *Error, and so is one that takes more memory or work to decode than the limits allow: that is known before it is decoded. When the context ends,
// so does Decode, with the context's error.
func Decode(ctx context.Context, r io.Reader, limits Limits) (image.Image, error) {
	if limits.Memory == 0 {
		limits.Memory = DefaultLimits().Memory
	}
	data, err := readAll(r, limits.Bytes+1)
	switch {
	case err != nil:
		return nil, err
	case int64(len(data)) > limits.Bytes:
		return nil, &Error{fmt.Sprintf("more than %d bytes", limits.Bytes), fmt.Sprintf("a picture of at most %d", limits.Bytes)}
	case len(data) == 0:
		return nil, &Error{"an empty file", "a picture: " + formatNames}
	}
	data, _ = withoutCorruptChunks(data)
	_, name, err := image.DecodeConfig(bytes.NewReader(data))
	read, known := formats[name]
	if !known {
		return nil, foreign(data)
	}
	file := data // that the decoder reads
	if name == "webp" && err == nil {
		var first animation
		var animated bool
		if first, animated, err = firstFrame(data); animated {
			file, read = first.still, format{first.cost, first.decode}
		}
	}
	if err == nil {
		err = read.check(file, limits)
	}
	var img image.Image
	if err == nil {
		img, err = read.picture(untilDone{ctx, bytes.NewReader(file)})
	}
	var unusable *Error
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &unusable):
		return nil, unusable
	case err != nil && strings.Contains(err.Error(), "unsupported") && !strings.Contains(err.Error(), "overflow"): // sides beyond all bounds are no feature
		return nil, &Error{fmt.Sprintf("a %s picture of a kind that is not read (%v)", strings.ToUpper(name), err), "another, such as PNG or JPEG"}
	case err != nil:
		return nil, &Error{fmt.Sprintf("a corrupt %s picture (%v)", strings.ToUpper(name), err), "a complete one"}
	}
	return upright(img, orientation(data, name)), nil
}

// readAll reads at most so many bytes, into no more than it needs if the reader knows how many there are.
func readAll(r io.Reader, most int64) ([]byte, error) {
	var data bytes.Buffer
	if sized, ok := r.(interface{ Len() int }); ok {
		data.Grow(int(min(int64(sized.Len()), most)) + bytes.MinRead)
	}
	_, err := data.ReadFrom(io.LimitReader(r, most))
	return data.Bytes(), err
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context
	r   *bytes.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// ReadAt spares the TIFF decoder a copy of the file.
func (u untilDone) ReadAt(b []byte, at int64) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.ReadAt(b, at)
}

// foreign is the error of a file of a format that is not read, which it names by its first bytes.
func foreign(data []byte) *Error {
	want := "a picture: " + formatNames
	switch head := data[:min(len(data), 64)]; {
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return foreignMedia(data)
	case bytes.HasPrefix(head, []byte("\xff\x0a")) || bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cJXL ")):
		return &Error{"a JPEG XL picture", "one of another format: save it as JPEG or PNG"}
	case bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cjP  ")):
		return &Error{"a JPEG 2000 picture", "one of another format: save it as JPEG or PNG"}
	case bytes.HasPrefix(head, []byte("8BPS")):
		return &Error{"a Photoshop document", "a picture: export it as JPEG or PNG"}
	case bytes.HasPrefix(head, []byte("%PDF")):
		return &Error{"a PDF document", want}
	case bytes.Contains(head, []byte("<svg")) || bytes.HasPrefix(head, []byte("<?xml")):
		return &Error{"a drawing or another XML document", want}
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return &Error{"a zip archive", want}
	}
	return &Error{"a file of another format", want}
}

// foreignMedia names a file in the ISO base media format by the brands of its first box (ISO/IEC 14496-12, section 4.3; 23008-12, section 10; AV1 Image File Format,
// section 6). HEIC and AVIF are not read: the decoders that need no cgo, github.com/gen2brain/heic and avif, take 6 and 4 s for 12 million pixels, load a library of the
// system into the process where there is one, and let nobody limit their memory and time.
func foreignMedia(data []byte) *Error {
	box := data[8:max(12, min(uint64(binary.BigEndian.Uint32(data)), uint64(len(data)), 256))]
	for brand := range slices.Chunk(box, 4) {
		switch string(brand) {
		case "avif", "avis":
			return &Error{"an AVIF picture", "a JPEG or PNG: convert it with a photo program or avifdec"}
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return &Error{"a HEIC picture", "a JPEG: convert it with a photo program or heif-convert; an iPhone saves JPEG with Settings, Camera, Formats, Most Compatible"}
		case "crx ":
			return &Error{"a raw photo of a camera", "a JPEG that its program saves"}
		}
	}
	if brand := string(box[:4]); brand == "mif1" || brand == "msf1" {
		return &Error{"a HEIF picture", "a JPEG or PNG: save it as one of them in a photo program"}
	}
	return &Error{"a video", "a photo, or a still of the video saved as JPEG or PNG"}
}

// orientation returns a picture's EXIF orientation, 1 to 8; 1 if it has none that can be read. That of a thumbnail, which stands in a directory of its own, does not count.
func orientation(data []byte, format string) (found int) {
	known := map[string]imagemeta.ImageFormat{"jpeg": imagemeta.JPEG, "png": imagemeta.PNG, "webp": imagemeta.WebP, "tiff": imagemeta.TIFF}
	kind, ok := known[format]
	if !ok {
		return 1
	}
	found = 1
	defer func() { _ = recover() }()
	// An error in the metadata is ignored, a panic too: the picture is usable without it.
	_ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: kind, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
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
	small := shrink(img, rotatedSide)
	w, h := small.Rect.Dx(), small.Rect.Dy()
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
			out.SetNRGBA(x, y, small.NRGBAAt(i, j))
		}
	}
	return out
}
