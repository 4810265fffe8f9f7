package sheet

import (
	"slices"
	"testing"

	"fashionlab/fashion"
)

// Images that are read are written and read the same.
func FuzzDecode(f *testing.F) {
	images := make([]fashion.Image, PerRow)
	images[3][5] = 200
	complete, err := Encode(images)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Add(complete[:len(complete)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		images, err := Decode(data)
		if err != nil {
			return
		}
		if n := len(images); n%PerRow != 0 || n > PerRow*maxRows {
			t.Fatalf("%d images", n)
		}
		again, err := Encode(images)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := Decode(again); err != nil || !slices.Equal(same, images) {
			t.Errorf("%d images were written and read as %d others (%v)", len(images), len(same), err)
		}
	})
}
