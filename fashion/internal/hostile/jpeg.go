package hostile

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// segment is a marker, the length and data.
func segment(marker byte, data ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data...)
}

func comment(file []byte) (out []byte) {
	for part := range slices.Chunk(file, 60000) {
		out = append(out, segment(0xfe, part...)...)
	}
	return out
}

// frame is SOF of components that are not subsampled.
func frame(width, height int, marker byte, components int) []byte {
	data := []byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), byte(components)}
	for i := range components {
		data = append(data, byte(i+1), 0x11, 0)
	}
	return segment(marker, data...)
}

// progressive is a grey JPEG of scans that say that as many blocks as can be said at once have no coefficient.
func progressive(width, height, scans int) []byte {
	file := slices.Concat([]byte{0xff, 0xd8}, quantizers(), frame(width, height, 0xc2, 1), endOfBlocks())
	return append(append(file, bytes.Repeat(scan(width, height), scans)...), 0xff, 0xd9)
}

// progressive420 is a progressive JPEG of three components, the chroma subsampled by two, of a scan each that has no coefficients.
func progressive420(width, height int) []byte {
	luma := frame(width, height, 0xc2, 3)
	luma[11] = 0x22
	file := slices.Concat([]byte{0xff, 0xd8}, quantizers(), luma, endOfBlocks())
	for i, size := range [][2]int{{width, height}, {(width + 1) / 2, (height + 1) / 2}, {(width + 1) / 2, (height + 1) / 2}} {
		scan := scan(size[0], size[1])
		scan[5] = byte(i + 1) // the component
		file = append(file, scan...)
	}
	return append(file, 0xff, 0xd9)
}

// sequential is a grey JPEG of scans whose blocks have no coefficient and take two bits each.
func sequential(width, height, scans int) []byte {
	one := append([]byte{0, 1}, make([]byte, 16)...) // a Huffman table of one symbol, 0
	file := slices.Concat([]byte{0xff, 0xd8}, quantizers(), frame(width, height, 0xc0, 1), segment(0xc4, one...), segment(0xc4, append([]byte{0x10}, one[1:]...)...))
	scan := append(segment(0xda, 1, 1, 0, 0, 63, 0), make([]byte, ((width+7)/8)*((height+7)/8)/4)...)
	return append(append(file, bytes.Repeat(scan, scans)...), 0xff, 0xd9)
}

func quantizers() []byte { return segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...) }

// endOfBlocks is a Huffman table of one symbol, the end of 16384 blocks and more, with the code 0.
func endOfBlocks() []byte {
	return segment(0xc4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xe0)...)
}

func scan(width, height int) []byte {
	out := segment(0xda, 1, 1, 0, 1, 63, 0)
	var bits []byte
	for blocks := ((width + 7) / 8) * ((height + 7) / 8); blocks > 0; blocks -= 32767 {
		bits = append(bits, append([]byte{0}, bytes.Repeat([]byte{1}, 14)...)...)
	}
	for len(bits)%8 != 0 {
		bits = append(bits, 1)
	}
	for eight := range slices.Chunk(bits, 8) {
		var b byte
		for _, bit := range eight {
			b = b<<1 | bit
		}
		if out = append(out, b); b == 0xff {
			out = append(out, 0)
		}
	}
	return out
}

// hiddenScans is a JPEG that has its scans in a comment. A decoder that looked for the restart of the scan before it in the comment would find it there, and go on from there.
func hiddenScans() []byte {
	const width, height, restart = 2000, 1500, 32767 // of 47,000 blocks
	whole := progressive(width, height, 0)
	hidden := slices.Concat([]byte{0xff, 0xd0}, scan(8, 8)[10:], segment(0xdd, 0, 0), bytes.Repeat(scan(width, height), 4000))
	return slices.Concat(whole[:len(whole)-2], segment(0xdd, restart>>8, restart&255), scan(8, 8), segment(0xfe, hidden[:65000]...), []byte{0xff, 0xd9})
}

// components is a JPEG of many components that ends where its scan begins.
func components(width, height int, marker byte, n int) []byte {
	start := []byte{byte(n)}
	for i := range n {
		start = append(start, byte(i+1), 0)
	}
	end := byte(63)
	if marker == 0xc2 {
		end = 0
	}
	return slices.Concat([]byte{0xff, 0xd8}, segment(0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")...), frame(width, height, marker, n), segment(0xda, append(start, 0, end, 0)...), make([]byte, 100))
}
