package models_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

func TestCNNHasItsParametersAndShapes(t *testing.T) {
	s, err := models.Summarize(recipes.Model{Name: "cnn", Dropout: 0.1})
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
		t.Errorf("the summary does not show the number of parameters:\n%s", text)
	}
}

func TestResidualHasItsParametersAndShapes(t *testing.T) {
	s, err := models.Summarize(recipes.Model{Name: "residual"})
	if err != nil {
		t.Fatal(err)
	}
	want, fixed := 256*10+10, 0
	for _, c := range [][2]int{{1, 32}, {32, 32}, {32, 64}, {64, 64}, {64, 64}, {64, 128}, {128, 128}, {128, 128}, {128, 256}, {256, 256}, {256, 256}} {
		want += 9*c[0]*c[1] + c[1] + 4*c[1] // kernel, bias and normalization
		fixed += 2 * c[1]                   // running mean and variance
	}
	if s.Parameters != want || s.Fixed != fixed {
		t.Errorf("%d parameters, %d non-trainable, want %d and %d", s.Parameters, s.Fixed, want, fixed)
	}
	shapes := map[string]string{}
	for _, l := range s.Layers {
		shapes[l.Name] = fmt.Sprint(l.Shape)
	}
	for name, want := range map[string]string{"stem/pool": "[14 14 32]", "stage1/pool": "[7 7 64]", "stage2/pool": "[4 4 128]", "stage3_conv2_relu": "[4 4 256]", "average": "[256]"} {
		if shapes[name] != want {
			t.Errorf("%s has the shape %s, want %s", name, shapes[name], want)
		}
	}
}

func TestResNet50HasKerasNumbersOfParameters(t *testing.T) {
	s, err := models.Summarize(recipes.Model{Name: "resnet50"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Parameters != 23_601_930 || s.Fixed != 53_120 {
		t.Errorf("%d parameters, %d non-trainable, want 23,601,930 and 53,120", s.Parameters, s.Fixed)
	}
	shapes := map[string]string{}
	for _, l := range s.Layers {
		shapes[l.Name] = fmt.Sprint(l.Shape)
	}
	for name, want := range map[string]string{
		"conv1_conv": "[16 16 64]", "pool1_pool": "[8 8 64]", "conv2_block3_out": "[8 8 256]", "conv3_block4_out": "[4 4 512]",
		"conv4_block6_out": "[2 2 1024]", "conv5_block3_out": "[1 1 2048]", "avg_pool": "[2048]", "predictions": "[10]",
	} {
		if shapes[name] != want {
			t.Errorf("%s has the shape %s, want %s", name, shapes[name], want)
		}
	}
	rows := s.ByStage()
	if got, want := fmt.Sprint(rows[2]), "[conv2 (29 layers) (None, 8, 8, 256) 220,032]"; got != want || len(rows) != 11 {
		t.Errorf("the third of %d rows by stage is %s, want %s", len(rows), got, want)
	}
	resized, err := models.Summarize(recipes.Model{Name: "resnet50", Input: "resize"})
	if err != nil || resized.Parameters != s.Parameters {
		t.Errorf("on resized images it has %d parameters (%v), want %d", resized.Parameters, err, s.Parameters)
	}
	for _, m := range []recipes.Model{{Name: "resnet50", Stem: "large"}, {Name: "resnet50", Input: "crop"}, {Name: "cnn", Input: "resize"}} {
		if _, err := models.Summarize(m); err == nil {
			t.Errorf("%+v was accepted", m)
		}
	}
}

func TestUnknownModelIsRefusedWithTheKnownOnes(t *testing.T) {
	err := models.Check(recipes.Model{Name: "vgg"})
	if err == nil || !strings.Contains(err.Error(), "cnn") {
		t.Errorf("error is %v, want one that lists the models", err)
	}
}

func TestTwoOwnNetworksOfOneNameAreRefused(t *testing.T) {
	n := models.Network{Name: "mine", Logits: func(n *layers.Net, x *graph.Node) *graph.Node { return n.Dense("logits", n.Flatten("flatten", x), 10) }}
	if _, err := models.Summarize(recipes.Model{Name: "mine"}, n, n); err == nil || !strings.Contains(err.Error(), `two user-defined networks are named "mine"`) {
		t.Errorf("the error is %v", err)
	}
}

func TestSummaryCountsParametersBesideTheLayers(t *testing.T) {
	own := models.Network{Name: "mine", Logits: func(n *layers.Net, x *graph.Node) *graph.Node {
		scale := n.Param("scale", layers.Constant(1), 28, 28, 1)
		return n.Dense("logits", n.Flatten("flatten", graph.Mul(x, graph.ExpandLeftToRank(scale, 4))), 10)
	}}
	s, err := models.Summarize(recipes.Model{Name: "mine"}, own)
	if err != nil {
		t.Fatal(err)
	}
	if want := 784 + 784*10 + 10; s.Parameters != want {
		t.Errorf("%d parameters, want %d", s.Parameters, want)
	}
	rows := s.Rows()
	if got := rows[len(rows)-2]; got[0] != "beside the layers" || got[2] != "784" {
		t.Errorf("the row before the total is %q", got)
	}
}
