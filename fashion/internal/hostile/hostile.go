// Package hostile writes pictures that are made to stop or kill the program that decodes them: for tests.
package hostile

import (
	"bytes"
	"compress/flate"
	"compress/lzw"
	"encoding/binary"
	"hash/crc32"
	"io"
	"slices"
)

// Picture is a file that is made to take more memory or time than it looks like.
type Picture struct {
	Name string
	File []byte
	Want string // in the error, at the limits below; none: it is decoded
}

// What Want is for: the limits of the demo.
const (
	Bytes  = 16 << 20
	Pixels = 40_000_000
	Memory = 256 << 20
)

// Pictures writes the pictures. Sides of 6000 pixels make 36 million, which is fewer than the limit.
func Pictures() []Picture {
	const large = 6000
	small := pngFile(16, 16, 8, 6, 0, zeros(16*(16*4+1)))
	gray := func(w, h int) tiffFile { return tiffFile{256: {w}, 257: {h}, 258: {8}, 259: {8}, 262: {1}} }
	rgba16 := tiffFile{256: {6300}, 257: {6300}, 258: {16, 16, 16, 16}, 259: {8}, 262: {2}, 338: {2}}
	tile := gray(8, 8).with(322, 1024).with(323, 1024)
	strips := func(w, h, n int) tiffFile { return gray(w, h).with(278, (h+n-1)/n).parts(n, false) }
	return []Picture{
		{"TIFF of 8x8 in a tile of 60000x60000", gray(8, 8).with(322, 60000).with(323, 60000).parts(1, true).file(zeros(8 << 30)), "takes"},
		{"TIFF of 8x8 in a tile of 1024x1024 of 64 MB", tile.parts(1, true).file(zeros(64 << 20)), ""},
		{"TIFF, 16 bits, in one strip", rgba16.parts(1, false).file(zeros(6300 * 6300 * 8)), "takes"},
		{"TIFF in 562,500 tiles that are one", gray(large, large).with(322, 8).with(323, 8).parts(750*750, true).file(zeros(64)), "562500 tiles"},
		{"TIFF in 5,000 strips that are one", strips(600, 5000, 5000).file(zeros(600)), ""},
		{"TIFF in one strip of twice its pixels", strips(2000, 2000, 1).file(zeros(8 * 2000 * 2000)), ""},
		{"TIFF, LZW, in one strip", strips(large, large, 1).with(259, 5).file(nil), "takes"},
		{"TIFF, PackBits, in one strip", strips(2000, 2000, 1).with(259, 32773).file(bytes.Repeat([]byte{0x81, 0}, 1<<18)), "corrupt"},
		{"TIFF, fax, of 6000x6000", strips(large, large, 100).with(258, 1).with(259, 4).file(bytes.Repeat([]byte{0xff}, 1000)), ""},
		{"TIFF that is not there", strips(large, large, 1).with(259, 1).file(nil), "corrupt"},
		{"TIFF of 65,535 tags", bigDirectory(), "corrupt"},
		{"TIFF of 4294967295x4294967295", gray(1<<32-1, 1<<32-1).parts(1, false).file(nil), "corrupt"},
		{"WebP, 8x8 around 16384x16384", riff("VP8X", canvas(8, 8, 0), "VP8L", lossless(16384, 16384)), "16384x16384"},
		{"WebP, 16384x16384 of one colour", riff("VP8L", lossless(16384, 16384)), "16384x16384"},
		{"WebP, 5000x5000 of one colour", riff("VP8L", lossless(5000, 5000)), "takes"},
		{"WebP, 3000x3000 of one colour", riff("VP8L", lossless(3000, 3000)), ""},
		{"WebP, 2600 sets of the largest codes", riff("VP8L", manyCodes(2600)), ""},
		{"WebP, lossy, 16383x16383", riff("VP8 ", lossy(16383, 16383, 100)), "16383x16383"},
		{"WebP, lossy, 5000x5000 of nothing", riff("VP8 ", lossy(5000, 5000, 400000)), ""},
		{"WebP that announces 2 GB", slices.Concat(riff("VP8 ", lossy(64, 64, 100))[:16], []byte{0xff, 0xff, 0xff, 0x7f}, lossy(64, 64, 100)), "corrupt"},
		{"WebP, alpha of 16384x16384", riff("VP8X", canvas(16384, 16384, 0x10), "ALPH", append([]byte{1}, lossless(16384, 16384)[5:]...), "VP8 ", lossy(8, 8, 100)), "16384x16384"},
		{"WebP, alpha of 5000x5000 on 8x8", riff("VP8X", canvas(5000, 5000, 0x10), "ALPH", append([]byte{1}, lossless(5000, 5000)[5:]...), "VP8 ", lossy(8, 8, 100)), "takes"},
		{"JPEG, 20,000 scans", progressive(4000, 3000, 20000), "20000 scans"},
		{"JPEG, 20,000 scans in a comment", slices.Concat([]byte{0xff, 0xd8}, comment(progressive(4000, 3000, 20000)), progressive(64, 64, 1)[2:]), ""},
		{"JPEG, scans in a comment where a restart is looked for", hiddenScans(), "corrupt"},
		{"JPEG, 45 scans of 4000x3000", progressive(4000, 3000, 45), ""},
		{"JPEG, sequential, 50 scans of 4000x3000", sequential(4000, 3000, 50), "50 scans"},
		{"JPEG, sequential, 12 scans of 4000x3000", sequential(4000, 3000, 12), ""},
		{"JPEG, 100,000 scans of 16x16", progressive(16, 16, 100000), ""},
		{"JPEG of 65535x65535", progressive(65535, 65535, 1), "65535x65535"},
		{"JPEG, progressive, three components", components(large, large, 0xc2, 3), "takes"},
		{"JPEG, four components", components(large, large, 0xc0, 4), "takes"},
		{"PNG of 16 bits and alpha", pngFile(large, large, 16, 6, 0, zeros(large*(8*large+1))), "takes"},
		{"PNG, interlaced, with alpha", pngFile(large, large, 8, 6, 1, zeros(4*large*(large+2))), "takes"},
		{"PNG of one bit", pngFile(large, large, 1, 0, 0, zeros(large*(large/8+1))), ""},
		{"PNG of one bit, transparent", pngFile(large, large, 1, 0, 0, zeros(large*(large/8+1)), "tRNS", []byte{0, 0}), ""},
		{"PNG that ends", pngFile(large, large, 8, 6, 0, nil), "corrupt"},
		{"PNG of 4000000x8", pngFile(4000000, 8, 1, 0, 0, zeros(8*500001)), "4000000x8"},
		{"PNG of 2147483647x2147483647", pngFile(1<<31-1, 1<<31-1, 8, 6, 0, nil), "corrupt"},
		{"PNG, EXIF of 4 GB", slices.Concat(small[:33], []byte("\xff\xff\xff\xf0eXIf"), small[33:]), "corrupt"},
		{"PNG, compressed text of 1 GB", slices.Concat(small[:33], chunk("zTXt", append([]byte("Raw profile type exif\x00\x00"), zeros(1<<30)...)), small[33:]), ""},
		{"PNG, EXIF that leads to itself", slices.Concat(small[:33], chunk("eXIf", loopingEXIF()), small[33:]), ""},
		{"GIF, frame of 65535x65535", gifFile(65535, 65535, 65535, 65535, 0, 0), "65535x65535"},
		{"GIF, frame of 16x16 on 65535x65535", gifFile(65535, 65535, 16, 16, 0, 256), ""},
		{"GIF, frame of 1x1 on 100x100", gifFile(100, 100, 1, 1, 0, 1), "1x1"},
		{"GIF, interlaced", gifFile(large, large, large, large, 0x40, large*large), ""},
		{"GIF that ends", gifFile(large, large, large, large, 0, 0), "corrupt"},
		{"BMP that ends", bmpFile(large, large, 32, 0), "corrupt"},
		{"BMP of 24 bits", bmpFile(2000, 1500, 24, 3*2000*1500), ""},
		{"BMP of -2147483648 rows", bmpFile(8, -1<<31, 24, 100), "8x2147483648"},
	}
}

// zeros is n zero bytes in the form of zlib, at once however many they are.
func zeros(n int) []byte {
	compressed := func(n int) []byte {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression)
		w.Write(make([]byte, n))
		w.Flush() // ends at a byte
		return b.Bytes()
	}
	const block = 1 << 20
	file := append([]byte{0x78, 0x9c}, bytes.Repeat(compressed(block), n/block)...)
	file = append(file, compressed(n%block)...)
	file = append(file, 3, 0)                                         // an empty last block
	return binary.BigEndian.AppendUint32(file, uint32(n%65521)<<16|1) // Adler-32
}

// tiffFile is a directory: the values of each tag.
type tiffFile map[int][]int

func (f tiffFile) with(tag int, values ...int) tiffFile { f[tag] = values; return f }

// parts has n strips or tiles, all in the same place.
func (f tiffFile) parts(n int, tiles bool) tiffFile {
	offsets, counts := 273, 279
	if tiles {
		offsets, counts = 324, 325
	}
	f[offsets], f[counts] = make([]int, n), make([]int, n)
	return f
}

// file writes the data, the values and the directory, in that order.
func (f tiffFile) file(data []byte) []byte {
	out := slices.Concat([]byte("II*\x00\x00\x00\x00\x00"), data)
	var tags []int
	for tag := range f {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	directory := binary.LittleEndian.AppendUint16(nil, uint16(len(tags)))
	for _, tag := range tags {
		values := f[tag]
		var raw []byte
		for _, v := range values {
			switch tag {
			case 273, 324:
				v = 8
			case 279, 325:
				v = len(data)
			}
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		}
		if len(raw) > 4 {
			out, raw = append(out, raw...), binary.LittleEndian.AppendUint32(nil, uint32(len(out)))
		}
		directory = binary.LittleEndian.AppendUint16(directory, uint16(tag))
		directory = binary.LittleEndian.AppendUint16(directory, 4)
		directory = binary.LittleEndian.AppendUint32(directory, uint32(len(values)))
		directory = append(directory, raw...)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)))
	return append(append(out, directory...), 0, 0, 0, 0)
}

// bigDirectory is a TIFF file with as many tags as there can be, and no width.
func bigDirectory() []byte {
	f := tiffFile{}
	for tag := range 65535 {
		if tag < 256 || tag > 340 {
			f[tag] = []int{0}
		}
	}
	return f.file(nil)
}

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
