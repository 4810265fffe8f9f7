package scene_test

import (
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/scene"
)

// colour is a set of another shape than Fashion-MNIST's.
func colour() fashion.Set {
	s := fashion.Set{Shape: fashion.Shape{Channels: 3}}
	s.Append(nil, 1)
	return s
}

func TestScenesOfAnotherShapeAreAnError(t *testing.T) {
	if _, _, err := scene.Scenes()[0].Photos(colour(), 1); err == nil || !strings.Contains(err.Error(), "found colour images of 28x28 pixels, want grey images") {
		t.Errorf("the error is %v", err)
	}
}
