package models_test

import (
	"strings"
	"testing"

	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

func TestCNNHasItsParametersAndShapes(t *testing.T) {
	s, err := models.Summarize(run.Model{Name: "cnn", Dropout: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	// 9*1*32+32, 9*32*32+32, 9*32*64+64, 9*64*64+64, 3136*128+128, 128*10+10
	if want := 320 + 9248 + 18496 + 36928 + 401536 + 1290; s.Parameters != want {
		t.Errorf("%d parameters, want %d", s.Parameters, want)
	}
	last := s.Layers[len(s.Layers)-1]
	if len(last.Shape) != 1 || last.Shape[0] != 10 {
		t.Errorf("the last layer's shape is %v, want [10]", last.Shape)
	}
	if text := s.String(); !strings.Contains(text, "467,818") && !strings.Contains(text, "467818") {
		t.Errorf("the summary does not tell the number of parameters:\n%s", text)
	}
}

func TestUnknownModelIsRefusedWithTheKnownOnes(t *testing.T) {
	err := models.Check(run.Model{Name: "vgg"})
	if err == nil || !strings.Contains(err.Error(), "cnn") {
		t.Errorf("error is %v, want one that lists the models", err)
	}
}
