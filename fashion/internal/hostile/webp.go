package hostile

import (
	"encoding/binary"
	"slices"
)

// riff is a WebP file of chunks: a name and data in turn.
func riff(chunks ...any) []byte {
	body := []byte("WEBP")
	for i := 0; i < len(chunks); i += 2 {
		data := chunks[i+1].([]byte)
		body = binary.LittleEndian.AppendUint32(append(body, chunks[i].(string)...), uint32(len(data)))
		body = append(append(body, data...), make([]byte, len(data)%2)...)
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

// animated is a WebP animation of one frame: the announced size of it, and its bitstream, on a canvas.
func animated(canvasSide, frameSide int, stream []byte) []byte {
	size := canvas(frameSide, frameSide, 0)[4:]
	frame := slices.Concat(make([]byte, 6), size, make([]byte, 4), riff("VP8L", stream)[12:])
	return riff("VP8X", canvas(canvasSide, canvasSide, 2), "ANIM", make([]byte, 6), "ANMF", frame)
}

// canvas is VP8X.
func canvas(width, height int, flags byte) []byte {
	w, h := width-1, height-1
	return []byte{flags, 0, 0, 0, byte(w), byte(w >> 8), byte(w >> 16), byte(h), byte(h >> 8), byte(h >> 16)}
}

// bitWriter writes the lowest bit first.
type bitWriter struct {
	bytes []byte
	n     int
}

func (w *bitWriter) write(value uint32, bits int) {
	for i := range bits {
		if w.n%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.n/8] |= byte(value>>i&1) << (w.n % 8)
		w.n++
	}
}

// lossless is VP8L: each code has one symbol, of no bits, so that the pixels take none.
func lossless(width, height int) []byte {
	w := bitWriter{bytes: []byte{0x2f}, n: 8}
	w.write(uint32(width-1), 14)
	w.write(uint32(height-1), 14)
	w.write(0, 1+3+1+1+1) // no alpha, version, no transform, no colour cache, one set of codes
	for range 5 {
		w.write(1|0<<1|0<<2|0<<3, 4) // simple, one symbol, of one bit, 0
	}
	return w.bytes
}

// manyCodes is VP8L of 1600x900 pixels with n sets of codes, each with as many symbols as it can have.
func manyCodes(n int) []byte {
	w := bitWriter{bytes: []byte{0x2f}, n: 8}
	w.write(1600-1, 14)
	w.write(900-1, 14)
	w.write(0, 1+3+1)
	w.write(1|11<<1, 5) // a colour cache of 11 bits
	w.write(1|0<<1, 4)  // sets of codes for each 4x4 pixels
	// The image of the sets' numbers: a code of 256 symbols of 8 bits for red and green, so that each pixel names its set.
	w.write(0, 1)          // no colour cache
	eight := func(n int) { // n codes of 256 symbols of 8 bits
		for range n {
			w.write(0, 1) // not simple
			w.write(12-4, 4)
			for _, symbol := range []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8} {
				if symbol == 8 {
					w.write(1, 3)
				} else {
					w.write(0, 3)
				}
			}
			w.write(0, 1) // of all symbols, with no bits each
		}
	}
	green := func(extra int) { // a code of 280 symbols and those of the colour cache
		w.write(0, 1)
		w.write(19-4, 4)
		short, long := 8, 9
		if extra > 0 {
			short, long = 11, 12
		}
		for _, symbol := range []int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15} {
			if symbol == short || symbol == long {
				w.write(1, 3)
			} else {
				w.write(0, 3)
			}
		}
		w.write(0, 1)
		size := 280 + extra
		few := 1<<long - size // of the short length, so that the code is complete
		for i := range size {
			if i < few {
				w.write(0, 1)
			} else {
				w.write(1, 1)
			}
		}
	}
	green(0)
	eight(3)
	w.write(1, 4) // distances
	for i := range 400 * 225 {
		set := i % n
		if low := set & 255; low < 1<<9-280 { // green
			w.write(reversed(low, 8), 8)
		} else {
			w.write(reversed(low+1<<9-280, 9), 9)
		}
		w.write(reversed(set>>8, 8), 8) // red
		w.write(0, 8+8)                 // blue, alpha
	}
	for range n {
		green(2048)
		eight(3)
		w.write(1, 4)
	}
	return append(w.bytes, make([]byte, 1600*900*5)...)
}

func reversed(v, bits int) (r uint32) {
	for i := range bits {
		r |= uint32(v>>i&1) << (bits - 1 - i)
	}
	return r
}

// lossy is a key frame of VP8 with n bytes of zeros.
func lossy(width, height, n int) []byte {
	head := uint32(1<<4 | n/2<<5)
	return append([]byte{byte(head), byte(head >> 8), byte(head >> 16), 0x9d, 0x01, 0x2a, byte(width), byte(width >> 8), byte(height), byte(height >> 8)}, make([]byte, n)...)
}
