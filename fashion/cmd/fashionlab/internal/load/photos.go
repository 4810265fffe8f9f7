package load

import (
	"bytes"
	"image/jpeg"
	"math/rand/v2"

	"fashionlab/fashion"
	"fashionlab/fashion/scene"
)

// Photos renders photos of the first test images, each in another scene, as JPEG files.
func Photos(n int) (files [][]byte, err error) {
	dir, err := fashion.FindDir()
	if err != nil {
		return nil, err
	}
	set, err := fashion.LoadTest(dir)
	if err != nil {
		return nil, err
	}
	scenes := scene.Scenes()
	for i := range n {
		img, err := scenes[i%len(scenes)].Render(set.Images[i], rand.New(rand.NewPCG(1, uint64(i))))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			return nil, err
		}
		files = append(files, b.Bytes())
	}
	return files, nil
}
