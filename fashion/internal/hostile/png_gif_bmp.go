package hostile

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
)

// chunk is one of a PNG file.
func chunk(name string, data []byte) []byte {
	body := append([]byte(name), data...)
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// pngFile is a PNG file of compressed data, with other chunks before it: a name and data in turn.
func pngFile(width, height int, depth, kind, interlaced byte, data []byte, others ...any) []byte {
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	file := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, depth, kind, 0, 0, interlaced))...)
	for i := 0; i < len(others); i += 2 {
		file = append(file, chunk(others[i].(string), others[i+1].([]byte))...)
	}
	return slices.Concat(file, chunk("IDAT", data), chunk("IEND", nil))
}

// corrupt is a PNG file with n chunks of different names that do not fit their checksums.
func corrupt(file []byte, n int) []byte {
	var chunks []byte
	for i := range n {
		chunks = append(chunks, 0, 0, 0, 0, 'a'+byte(i%26), 'A'+byte(i/26%26), 'A'+byte(i/676%26), 'x', 1, 2, 3, 4)
	}
	return slices.Insert(bytes.Clone(file), 33, chunks...)
}

// loopingEXIF has a directory that is its own subdirectory.
func loopingEXIF() []byte {
	out := []byte("II*\x00\x08\x00\x00\x00")
	out = binary.LittleEndian.AppendUint16(out, 0xffff)
	for _, tag := range []uint16{0x8769, 0x8825, 0xa005, 0x014a} {
		out = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(out, tag), 4)
		out = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(out, 1), 8)
	}
	return binary.LittleEndian.AppendUint32(out, 8)
}

// gifFile is a GIF file whose frame has n pixels of one colour.
func gifFile(width, height, frameWidth, frameHeight int, flags byte, n int) []byte {
	out := append([]byte("GIF89a"), byte(width), byte(width>>8), byte(height), byte(height>>8), 0x80, 0, 0, 0, 0, 0, 255, 255, 255)
	out = append(out, 0x2c, 0, 0, 0, 0, byte(frameWidth), byte(frameWidth>>8), byte(frameHeight), byte(frameHeight>>8), flags, 2)
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 2)
	io.CopyN(w, zeroReader{}, int64(n))
	w.Close()
	for block := range slices.Chunk(b.Bytes(), 255) {
		out = append(append(out, byte(len(block))), block...)
	}
	return append(out, 0, 0x3b)
}

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// bmpFile is a BMP file of n bytes of pixels.
func bmpFile(width, height, depth, n int) []byte {
	out := make([]byte, 54+n)
	copy(out, "BM")
	for at, v := range map[int]int{10: 54, 14: 40, 18: width, 22: height, 26: 1 | depth<<16} {
		binary.LittleEndian.PutUint32(out[at:], uint32(v))
	}
	return out
}
