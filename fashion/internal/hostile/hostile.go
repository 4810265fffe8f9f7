// Package hostile writes pictures that are made to stop or kill the program that decodes them: for tests, and to load the demo with.
package hostile

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"slices"
)

// Picture is a file that is made to take more memory or time than it looks like.
type Picture struct {
	Name string
	File []byte
	Want string // in the error, at the default limits of package photo; none: it is decoded
}

// Pictures writes the pictures. Sides of 6000 and 8000 pixels make 36 and 64 million, which are fewer than the limit.
func Pictures() []Picture {
	const large, huge = 6000, 8000
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
		{"WebP, 8000x8000 of one colour", riff("VP8L", lossless(huge, huge)), "takes"},
		{"WebP, 3000x3000 of one colour", riff("VP8L", lossless(3000, 3000)), ""},
		{"WebP, 2600 sets of the largest codes", riff("VP8L", manyCodes(2600)), ""},
		{"WebP, lossy, 16383x16383", riff("VP8 ", lossy(16383, 16383, 100)), "16383x16383"},
		{"WebP, lossy, 5000x5000 of nothing", riff("VP8 ", lossy(5000, 5000, 400000)), ""},
		{"WebP that announces 2 GB", slices.Concat(riff("VP8 ", lossy(64, 64, 100))[:16], []byte{0xff, 0xff, 0xff, 0x7f}, lossy(64, 64, 100)), "corrupt"},
		{"WebP, alpha of 16384x16384", riff("VP8X", canvas(16384, 16384, 0x10), "ALPH", append([]byte{1}, lossless(16384, 16384)[5:]...), "VP8 ", lossy(8, 8, 100)), "16384x16384"},
		{"WebP, alpha of 8000x8000 on 8x8", riff("VP8X", canvas(huge, huge, 0x10), "ALPH", append([]byte{1}, lossless(huge, huge)[5:]...), "VP8 ", lossy(8, 8, 100)), "takes"},
		{"WebP, animated, 8x8 on 16384x16384", animated(16384, 8, lossless(8, 8)), "16384x16384"},
		{"WebP, animated, 8x8 on 10500x10500", animated(10500, 8, lossless(8, 8)), "takes"},
		{"WebP, animated, 8x8 on 3000x3000", animated(3000, 8, lossless(8, 8)), ""},
		{"WebP, animated, 16384x16384 that announce 8x8", animated(16, 8, lossless(16384, 16384)), "16384x16384"},
		{"WebP, animated, a frame beside its canvas", animated(8, 16, lossless(16, 16)), "corrupt"},
		{"JPEG, 20,000 scans", progressive(4000, 3000, 20000), "20000 scans"},
		{"JPEG, 20,000 scans in a comment", slices.Concat([]byte{0xff, 0xd8}, comment(progressive(4000, 3000, 20000)), progressive(64, 64, 1)[2:]), ""},
		{"JPEG, scans in a comment where a restart is looked for", hiddenScans(), "corrupt"},
		{"JPEG, 45 scans of 4000x3000", progressive(4000, 3000, 45), ""},
		{"JPEG, sequential, 50 scans of 4000x3000", sequential(4000, 3000, 50), "50 scans"},
		{"JPEG, sequential, 12 scans of 4000x3000", sequential(4000, 3000, 12), ""},
		{"JPEG, 100,000 scans of 16x16", progressive(16, 16, 100000), ""},
		{"JPEG, progressive, 4:2:0, of 50 million pixels", progressive420(8160, 6120), ""},
		{"JPEG, progressive, 4:2:0, of 108 million pixels", progressive420(12000, 9000), "takes"},
		{"JPEG of 65535x65535", progressive(65535, 65535, 1), "65535x65535"},
		{"JPEG, progressive, three components", components(large, large, 0xc2, 3), "takes"},
		{"JPEG, four components", components(huge, huge, 0xc0, 4), "takes"},
		{"PNG of 16 bits and alpha", pngFile(huge, huge, 16, 6, 0, zeros(huge*(8*huge+1))), "takes"},
		{"PNG, interlaced, with alpha", pngFile(huge, huge, 8, 6, 1, zeros(4*huge*(huge+2))), "takes"},
		{"PNG of one bit", pngFile(large, large, 1, 0, 0, zeros(large*(large/8+1))), ""},
		{"PNG of one bit, transparent", pngFile(large, large, 1, 0, 0, zeros(large*(large/8+1)), "tRNS", []byte{0, 0}), ""},
		{"PNG that ends", pngFile(large, large, 8, 6, 0, nil), "corrupt"},
		{"PNG of 4000000x8", pngFile(4000000, 8, 1, 0, 0, zeros(8*500001)), "4000000x8"},
		{"PNG of 2147483647x2147483647", pngFile(1<<31-1, 1<<31-1, 8, 6, 0, nil), "corrupt"},
		{"PNG, EXIF of 4 GB", slices.Concat(small[:33], []byte("\xff\xff\xff\xf0eXIf"), small[33:]), "corrupt"},
		{"PNG, compressed text of 1 GB", slices.Concat(small[:33], chunk("zTXt", append([]byte("Raw profile type exif\x00\x00"), zeros(1<<30)...)), small[33:]), ""},
		{"PNG, 300,000 corrupt chunks", corrupt(small, 300_000), ""},
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
