package demo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"fashionlab/fashion"
	"fashionlab/fashion/scene"
)

// Samples writes example files to a folder and returns their paths: photos of the first six items of a set in several formats, and files that are no
// usable picture, each for another reason.
func Samples(dir string, set fashion.Set) ([]string, error) {
	scenes := scene.Scenes()
	var shots []image.Image
	for i := range 6 {
		img, err := scenes[(3*i)%len(scenes)].Render(set.Images[i], rand.New(rand.NewPCG(1, uint64(i))))
		if err != nil {
			return nil, err
		}
		shots = append(shots, img)
	}
	written := func(encode func(b *bytes.Buffer) error) []byte {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			panic(err) // a buffer takes everything, and the pictures are our own
		}
		return b.Bytes()
	}
	complete := written(func(b *bytes.Buffer) error { return jpeg.Encode(b, shots[0], nil) })
	films := written(func(b *bytes.Buffer) error {
		g := gif.GIF{}
		for _, shot := range shots[2:4] {
			frame := image.NewPaletted(shot.Bounds(), palette.Plan9)
			draw.FloydSteinberg.Draw(frame, frame.Rect, shot, shot.Bounds().Min)
			g.Image, g.Delay = append(g.Image, frame), append(g.Delay, 50)
		}
		return gif.EncodeAll(b, &g)
	})
	files := []struct {
		name string
		data []byte
	}{
		{"1.jpg", complete},
		{"2.png", written(func(b *bytes.Buffer) error { return png.Encode(b, shots[1]) })},
		{"3-animated.gif", films},
		{"4.bmp", written(func(b *bytes.Buffer) error { return bmp.Encode(b, shots[4]) })},
		{"5.tiff", written(func(b *bytes.Buffer) error { return tiff.Encode(b, shots[5], nil) })},
		{"half.jpg", complete[:len(complete)/2]},
		{"one-pixel.png", written(func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(image.Rect(0, 0, 1, 1))) })},
		{"huge.png", pngHeader(60_000, 60_000)},
		{"letter.jpg", []byte("Dear reader,\n")},
		{"empty.webp", nil},
		{"wall.png", written(func(b *bytes.Buffer) error { return png.Encode(b, image.NewGray(image.Rect(0, 0, 200, 200))) })},
	}
	var paths []string
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, f.data, 0o666); err != nil {
			return nil, fmt.Errorf("writing a sample: %w", err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// pngHeader is the header of a PNG file of that size in pixels: a few bytes that stand for gigabytes.
func pngHeader(width, height uint32) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, 8, 0, 0, 0, 0) // grey, 8 bits
	file := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(file, chunk...), crc32.ChecksumIEEE(chunk))
}
