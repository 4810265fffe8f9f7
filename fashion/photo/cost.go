package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// cost is what it takes to decode a picture. It is read from the part of the file that makes the decoder allocate, not from a header that the decoder does not believe,
// and where the file leaves it open it is the most that the decoder can be made to take. The numbers are float64: sizes of 32 bits do not overflow it.
type cost struct {
	width, height float64 // of the picture, in pixels
	memory        float64 // bytes that are held at once
	work          float64 // pixels, each as often as the decoder passes over it
	parts         string  // that make up most of the work, for the error's text: "20000 scans"
	short         bool    // the file has fewer bytes than its pixels can have
}

func (c cost) pixels() float64 { return c.width * c.height }

// format is how pictures of a format are decoded, and what that costs.
type format struct {
	cost   func(file []byte) (cost, error)
	decode func(io.Reader) (image.Image, error)
}

// formats are the formats that are read, by the names under which their packages register them.
var formats = map[string]format{
	"png":  {pngCost, png.Decode},
	"jpeg": {jpegCost, jpeg.Decode},
	"gif":  {gifCost, gif.Decode},
	"webp": {webpCost, decodeWebP},
	"bmp":  {bmpCost, bmp.Decode},
	"tiff": {tiffCost, tiff.Decode},
}

// check reports a picture that costs more than the limits allow.
func (f format) check(file []byte, limits Limits) error {
	c, err := f.cost(file)
	if err != nil {
		return err
	}
	return c.check(limits)
}

// picture decodes a picture. A panic of the decoder, which a corrupt file can cause, becomes an error.
func (f format) picture(r io.Reader) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return f.decode(r)
}

const (
	maxSide      = 1<<16 - 1 // pixels; JPEG and GIF have no larger ones
	passes       = 8         // that may be made over the largest picture that is allowed
	deflateRatio = 1032      // by which DEFLATE compresses at most
)

var errShort = errors.New("it ends too early")

// check reports a cost above the limits.
func (c cost) check(limits Limits) error {
	found := fmt.Sprintf("a picture of %.0fx%.0f pixels", c.width, c.height)
	switch {
	case c.width < minSide || c.height < minSide:
		return &Error{found, fmt.Sprintf("%dx%d or more", minSide, minSide)}
	case c.pixels() > float64(limits.Pixels):
		return &Error{found, fmt.Sprintf("at most %d in total", limits.Pixels)}
	case max(c.width, c.height) > maxSide:
		return &Error{found, fmt.Sprintf("sides of at most %d", maxSide)}
	case c.short:
		return errShort
	case c.memory > float64(limits.Memory):
		return &Error{fmt.Sprintf("%s that takes %.0f MiB of memory to decode", found, c.memory/(1<<20)),
			fmt.Sprintf("at most %d MiB; a smaller picture, or an ordinary JPEG, takes less", limits.Memory>>20)}
	case c.work > passes*float64(limits.Pixels):
		return &Error{fmt.Sprintf("%s in %s, which takes too long to decode", found, c.parts), "fewer of them; save the picture again as an ordinary JPEG or PNG"}
	}
	return nil
}

// pngCost reads the header and looks for transparency (W3C, Portable Network Graphics, sections 11.2 and 11.3.1).
func pngCost(file []byte) (cost, error) {
	if len(file) < len(pngSignature)+pngAround+13 {
		return cost{}, errShort
	}
	header := file[len(pngSignature)+8:]
	depth, kind, interlaced := float64(header[8]), header[9], header[12] != 0
	transparent := false
	for rest := file[len(pngSignature):]; len(rest) >= pngAround && string(rest[4:8]) != "IDAT"; {
		transparent = transparent || string(rest[4:8]) == "tRNS"
		length := uint64(binary.BigEndian.Uint32(rest))
		if length+pngAround > uint64(len(rest)) {
			break
		}
		rest = rest[length+pngAround:]
	}
	samples, bytes := 1.0, 1.0 // of a pixel in the file, and of one in memory
	switch kind {
	case 0: // grey
		if transparent {
			bytes = 4
		}
	case 2: // red, green, blue
		samples, bytes = 3, 4
	case 4: // grey and alpha
		samples, bytes = 2, 4
	case 6: // with alpha
		samples, bytes = 4, 4
	}
	if depth == 16 {
		bytes *= 2
	}
	c := cost{width: float64(binary.BigEndian.Uint32(header)), height: float64(binary.BigEndian.Uint32(header[4:])), parts: "passes"}
	row := c.width * samples * depth / 8
	c.short = row*c.height > deflateRatio*float64(len(file))
	c.memory, c.work = c.pixels()*bytes+2*row, c.pixels()
	if interlaced { // each pass is a picture of its own
		c.memory, c.work = 2*c.memory+4*row, 2*c.work
	}
	return c, nil
}

// gifCost finds the first frame, the only one that is decoded, as the decoder does: the canvas may be of another size ("GIF89a", 1990, sections 18 to 26).
func gifCost(file []byte) (cost, error) {
	r := bytes.NewReader(file)
	head := make([]byte, 13)
	if _, err := io.ReadFull(r, head); err != nil {
		return cost{}, errShort
	}
	skip := func(n int) { r.Seek(int64(n), io.SeekCurrent) } // past the end, the next byte is missing
	if head[10]&0x80 != 0 {
		skip(3 << (1 + head[10]&7))
	}
	next := func() byte {
		b, _ := r.ReadByte() // 0 at the end
		return b
	}
	for r.Len() > 0 {
		switch next() {
		case 0x21: // an extension
			switch next() {
			case 0xf9:
				skip(6)
				continue
			case 0x01:
				skip(13)
			case 0xff:
				skip(int(next()))
			}
			for n := next(); n != 0; n = next() {
				skip(int(n))
			}
		case 0x2c: // a frame
			frame := make([]byte, 9)
			if _, err := io.ReadFull(r, frame); err != nil {
				return cost{}, errShort
			}
			c := cost{width: float64(binary.LittleEndian.Uint16(frame[4:])), height: float64(binary.LittleEndian.Uint16(frame[6:])), parts: "one frame"}
			c.memory, c.work = c.pixels(), c.pixels()
			if frame[8]&0x40 != 0 { // interlaced
				c.memory *= 2
			}
			return c, nil
		default:
			return cost{}, errors.New("it has no frame")
		}
	}
	return cost{}, errShort
}

// bmpCost is that of the header, which the decoder believes: each pixel is 1 byte with a palette, else 4, and the file holds it uncompressed.
func bmpCost(file []byte) (cost, error) {
	const size, bits = 18, 28 // where they stand in the header
	if len(file) < 30 {
		return cost{}, errShort
	}
	height := int32(binary.LittleEndian.Uint32(file[size+4:]))
	c := cost{width: float64(binary.LittleEndian.Uint32(file[size:])), height: max(float64(height), -float64(height)), parts: "rows"}
	depth := float64(binary.LittleEndian.Uint16(file[bits:]))
	c.short = c.pixels()*depth/8 > float64(len(file))
	c.memory, c.work = 4*c.width+c.pixels(), c.pixels()
	if depth > 8 {
		c.memory += 3 * c.pixels()
	}
	return c, nil
}
