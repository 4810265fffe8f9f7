package scene_test

import (
	"reflect"
	"testing"

	"gonum.org/v1/gonum/stat"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/scene"
)

const objectKinds = 50

var objectPictures = map[string]func(n int, seed uint64) []scene.Object{"objects": scene.Objects, "drawings": scene.Drawings}

func TestObjectsAreOfEachKindInTurn(t *testing.T) {
	for name, draw := range objectPictures {
		index := map[string]int{}
		objects := draw(objectKinds+2, 1)
		for i, o := range objects[:objectKinds] {
			if first, known := index[o.Kind]; known {
				t.Errorf("%s %d and %d are both a %s", name, first, i, o.Kind)
			}
			index[o.Kind] = i
		}
		for i, o := range objects[objectKinds:] {
			if o.Kind != objects[i].Kind || reflect.DeepEqual(o.Picture, objects[i].Picture) {
				t.Errorf("%s %d and %d: a %s and a %s, want two pictures of a kind", name, i, i+objectKinds, objects[i].Kind, o.Kind)
			}
		}
	}
}

func TestObjectsDependOnSeedAndIndexOnly(t *testing.T) {
	for name, draw := range objectPictures {
		if !reflect.DeepEqual(draw(5, 1)[:3], draw(3, 1)) {
			t.Errorf("%s with the same seed differ", name)
		}
		if reflect.DeepEqual(draw(1, 1), draw(1, 2)) {
			t.Errorf("%s with different seeds are equal", name)
		}
	}
}

func TestObjectsCanBePreparedAndToldApart(t *testing.T) {
	for name, draw := range objectPictures {
		var images []fashion.Image
		objects := draw(objectKinds, 1)
		for i, o := range objects {
			p, err := photo.Prepare(o.Picture)
			if err != nil {
				t.Fatalf("%s: %s: %v", name, o.Kind, err)
			}
			for k, earlier := range images {
				if c := correlation(p.Image, earlier); c > 0.95 {
					t.Errorf("%s: the correlation of %s and %s is %.3f, want at most 0.95", name, objects[k].Kind, objects[i].Kind, c)
				}
			}
			images = append(images, p.Image)
		}
	}
}

// correlation of two images' pixels, -1 to 1.
func correlation(a, b fashion.Image) float64 {
	var x, y []float64
	for i := range a {
		x, y = append(x, float64(a[i])), append(y, float64(b[i]))
	}
	return stat.Correlation(x, y, nil)
}
