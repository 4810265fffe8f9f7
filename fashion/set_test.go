package fashion_test

import (
	"strings"
	"testing"

	"fashionlab/fashion"
)

func TestSetInWhichImagesLabelsAndShapeDoNotBelongTogetherIsAnError(t *testing.T) {
	colour := fashion.Shape{Side: 32, Channels: 3}
	picture := make(fashion.Picture, colour.Bytes())
	for want, s := range map[string]fashion.Set{
		"picture 1 has 10 bytes, want 3072": {Shape: colour, Pictures: []fashion.Picture{picture, make(fashion.Picture, 10)}},
		"picture 0 has 1024 bytes":          {Shape: colour, Pictures: []fashion.Picture{make(fashion.Picture, 1024)}},
		"has Pictures and no Shape":         {Pictures: []fashion.Picture{picture}},
		"has Images, and its shape":         {Shape: colour, Images: make([]fashion.Image, 1)},
		"3 labels for 2 images":             {Images: make([]fashion.Image, 2), Labels: make([]fashion.Label, 3)},
		"label 1 is 10, want 0 to 9":        {Images: make([]fashion.Image, 2), Labels: []fashion.Label{0, 10}},
		"label 0 is 2, want 0 to 1":         {Images: make([]fashion.Image, 1), Labels: []fashion.Label{2}, Classes: fashion.Classes{"a", "b"}},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	for what, s := range map[string]fashion.Set{
		"nothing": {}, "images without labels": {Images: make([]fashion.Image, 2)}, "a black picture": {Shape: colour, Pictures: []fashion.Picture{nil, picture}, Labels: []fashion.Label{1, 9}},
	} {
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAppendingAPictureOfAnotherSizePanics(t *testing.T) {
	for _, s := range []fashion.Set{{}, {Shape: fashion.Shape{Side: 32}}} {
		s.Append(nil, 1) // black
		func() {
			defer func() {
				if said, _ := recover().(string); !strings.Contains(said, "the picture has 5 bytes, want ") {
					t.Errorf("it said %q", said)
				}
			}()
			s.Append(make(fashion.Picture, 5), 1)
		}()
		if err := s.Check(); err != nil || s.Len() != 1 {
			t.Errorf("%d images, %v", s.Len(), err)
		}
	}
}

func TestClassThatThereIsNotHasItsNumberForAName(t *testing.T) {
	if got := (fashion.Classes{"a"}).Name(7); got != "Label(7)" {
		t.Errorf("class 7 of one is named %q", got)
	}
	if got := fashion.Classes(nil).Name(7); got != "Sneaker" {
		t.Errorf("class 7 of Fashion-MNIST is named %q", got)
	}
}
