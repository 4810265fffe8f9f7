package models_test

import (
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// Each network reads images of any shape that a data set may have. The number of parameters changes by what reads the input: the first convolution, and the hidden layer of the CNN.
func TestNetworksReadImagesOfAnyShape(t *testing.T) {
	for _, m := range []recipes.Model{
		{Name: "cnn", Filters: 4, Hidden: 8}, {Name: "residual", Width: 4}, {Name: "wideresnet", Depth: 10, Width: 1},
		{Name: "resnet50"}, {Name: "resnet50", Input: "resize"}, {Name: "convnext", Size: "atto"}, {Name: "convnext", Size: "atto", Input: "resize", Side: 64},
	} {
		grey, err := models.Summarize(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []fashion.Shape{{Channels: 3}, {Side: 36, Channels: 3}, {Side: 64}} {
			if s.Side == 36 && strings.HasPrefix(m.Name, "conv") && m.Input != "" {
				continue // one is enough
			}
			m.Shape = s
			got, err := models.Summarize(m)
			if err != nil {
				t.Errorf("%s on %v: %v", m.Name, s, err)
				continue
			}
			more := got.Parameters - grey.Parameters
			want := map[string]int{"cnn": 4, "residual": 4, "wideresnet": 16, "resnet50": 64}[m.Name] * 9 * (s.Dimensions()[2] - 1)
			switch {
			case m.Name == "resnet50":
				want = want / 9 * 49
			case m.Name == "cnn":
				quarter := s.Dimensions()[0] / 4
				want += (quarter*quarter - 49) * 8 * 8
			}
			if more != want {
				t.Errorf("%s on %v has %d parameters more than on those of Fashion-MNIST, want %d", m.Name, s, more, want)
			}
		}
	}
}

func TestShapesThatNoDataSetMayHaveAreRefused(t *testing.T) {
	for _, s := range []fashion.Shape{{Side: 24}, {Side: 30}, {Side: 100}, {Channels: 4}, {Channels: 1}, {Side: 28}} {
		if err := models.Check(recipes.Model{Name: "cnn", Shape: s}); err == nil || !strings.Contains(err.Error(), "model.shape") {
			t.Errorf("%+v: the error is %v", s, err)
		}
	}
	if err := models.Check(recipes.Model{Name: "convnext", Size: "atto", Side: 32, Shape: fashion.Shape{Side: 64}}); err == nil || !strings.Contains(err.Error(), "resize") {
		t.Errorf("a border that makes images smaller: %v", err)
	}
}
