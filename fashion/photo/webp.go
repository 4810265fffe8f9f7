package photo

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"iter"
	"math"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// webpChunks are the chunks of a WebP file, or those within a frame of an animation, by their names, up to one that ends too early (RFC 9649, section 2.3).
func webpChunks(data []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for len(data) >= 8 {
			name, length := string(data[:4]), uint64(binary.LittleEndian.Uint32(data[4:]))
			if data = data[8:]; length > uint64(len(data)) || !yield(name, data[:length]) {
				return
			}
			data = data[min(length+length%2, uint64(len(data))):]
		}
	}
}

const riffHeader = 12 // bytes of "RIFF", the size and "WEBP"

// uint24 is a number of three bytes.
func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// animation is the first frame of an animated WebP picture.
type animation struct {
	still         []byte          // the frame as a WebP file of its own
	frame, canvas image.Rectangle // where it lies, in pixels; the canvas begins at (0, 0)
}

// whole reports whether the frame fills the canvas.
func (a animation) whole() bool { return a.frame == a.canvas }

// firstFrame finds the first frame of a WebP file; ok is false if the picture is not animated (RFC 9649, section 2.7.1). golang.org/x/image/webp refuses animations.
func firstFrame(file []byte) (a animation, ok bool, err error) {
	for name, data := range webpChunks(file[min(riffHeader, len(file)):]) {
		switch name {
		case "VP8X":
			if len(data) < 10 {
				return a, false, errShort
			}
			a.canvas = image.Rect(0, 0, 1+uint24(data[4:]), 1+uint24(data[7:]))
		case "VP8 ", "VP8L":
			return a, false, nil
		case "ANMF":
			const header = 16
			if len(data) < header {
				return a, true, errShort
			}
			corner := image.Pt(2*uint24(data), 2*uint24(data[3:]))
			a.frame = image.Rectangle{corner, corner.Add(image.Pt(1+uint24(data[6:]), 1+uint24(data[9:])))}
			if !a.frame.In(a.canvas) {
				return a, true, errors.New("its first frame lies outside the picture")
			}
			a.still, err = stillWebP(a.frame.Size(), data[header:])
			return a, true, err
		}
	}
	return a, false, nil
}

// stillWebP is a WebP file of the chunks of a frame: the bitstream, and with it an alpha channel if it is a chunk of its own.
func stillWebP(size image.Point, chunks []byte) ([]byte, error) {
	var alpha, stream []byte
	kind := ""
	for name, data := range webpChunks(chunks) {
		switch name {
		case "ALPH":
			alpha = data
		case "VP8 ", "VP8L":
			kind, stream = name, data
		}
		if kind != "" {
			break
		}
	}
	chunk := func(name string, data []byte) []byte {
		out := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data))), data...)
		return append(out, make([]byte, len(data)%2)...)
	}
	body := []byte("WEBP")
	switch {
	case kind == "":
		return nil, errors.New("its first frame is missing")
	case alpha != nil && kind == "VP8 ":
		const alphaFlag = 0x10
		w, h := size.X-1, size.Y-1
		body = slices.Concat(body, chunk("VP8X", []byte{alphaFlag, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}), chunk("ALPH", alpha))
	}
	return chunk("RIFF", append(body, chunk(kind, stream)...)), nil
}

// cost is that of the frame, and of the canvas if it has to be drawn.
func (a animation) cost(still []byte) (cost, error) {
	c, err := webpCost(still)
	c.width, c.height = max(c.width, float64(a.canvas.Dx())), max(c.height, float64(a.canvas.Dy()))
	c.memory += float64(len(still))
	if !a.whole() {
		c.memory, c.work = c.memory+4*c.pixels(), c.work+c.pixels()
	}
	return c, err
}

// decode decodes the frame and places it on the canvas, which is transparent.
func (a animation) decode(r io.Reader) (image.Image, error) {
	img, err := decodeWebP(r)
	if err != nil {
		return nil, err
	}
	if img.Bounds().Size() != a.frame.Size() {
		return nil, errors.New("its first frame is of another size than announced")
	}
	if a.whole() {
		return img, nil
	}
	out := image.NewNRGBA(a.canvas)
	draw.Draw(out, a.frame, img, img.Bounds().Min, draw.Src)
	return out, nil
}

// decodeWebP decodes a still picture. The samples of a lossy one have the range of television, luma of 16 to 235 and chroma of 16 to 240 (RFC 6386, section 9.2; ITU-R
// BT.601), which golang.org/x/image/webp hands on in a type whose range is that of JPEG, 0 to 255.
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	switch img := img.(type) {
	case *image.YCbCr:
		fullRange(img)
	case *image.NYCbCrA:
		fullRange(&img.YCbCr)
	}
	return img, err
}

// fullRange stretches samples of the range of television to that of JPEG.
func fullRange(img *image.YCbCr) {
	var luma, chroma [256]byte
	for i := range 256 {
		luma[i] = byte(min(255, max(0, math.Round(float64(i-16)*255/219))))
		chroma[i] = byte(min(255, max(0, math.Round(float64(i-128)*255/224+128))))
	}
	for i, v := range img.Y {
		img.Y[i] = luma[v]
	}
	for _, plane := range [][]byte{img.Cb, img.Cr} {
		for i, v := range plane {
			plane[i] = chroma[v]
		}
	}
}
