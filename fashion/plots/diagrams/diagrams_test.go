package diagrams_test

import (
	"fmt"
	"strings"
	"testing"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/plots/diagrams"
)

// stages are three, of whose images some are only tested on.
func stages(apart bool) []diagrams.Stage {
	return []diagrams.Stage{
		{Name: "data", Boxes: []diagrams.Box{{Name: "48,000 images", Note: "of ten classes"}, {Name: "10,000 test images", Note: "opened once", Apart: apart}}},
		{Name: "models", Boxes: []diagrams.Box{{Name: "CNN", Note: "notebook 3"}, {Name: "ResNet50", Note: "notebook 6"}, {Name: "ConvNeXt", Note: "notebook 8"}}},
		{Name: "ensemble", Boxes: []diagrams.Box{{Name: "weighted soft voting", Note: "notebook 9"}}}}
}

func ExampleMethod() {
	fmt.Println(diagrams.Method("How", "three steps", stages(true)[1:]).Description)
	// Output: Steps from the left to the right. models: CNN (notebook 3); ResNet50 (notebook 6); ConvNeXt (notebook 8); ensemble: weighted soft voting (notebook 9);
}

func ExampleChains() {
	fmt.Println(diagrams.Chains("A block", "", []diagrams.Column{{Title: "residual", Boxes: []diagrams.Box{{Name: "convolution", Note: "3x3", Width: 0.5}, {Name: "activation", Note: "ReLU"}}, Skip: true}}).Description)
	// Output: Chains of boxes, side by side. residual: convolution (3x3); activation (ReLU); the input is added at the end.
}

func svg(t *testing.T, f plots.Figure) string {
	t.Helper()
	drawn, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

func TestFigureIsTheGoldenOne(t *testing.T) {
	fixture.Figure(t, "method", svg(t, diagrams.Method("How", "three steps", stages(true))))
	fixture.Figure(t, "diagram", svg(t, diagrams.Chains("A block", "before and after", []diagrams.Column{
		{Title: "before", Boxes: []diagrams.Box{{Name: "convolution", Note: "3x3", Width: 0.5}, {Name: "activation", Note: "ReLU"}}, Skip: true}, {Title: "after", Boxes: []diagrams.Box{{Name: "nothing"}}}})))
}

func TestNoArrowLeavesABoxApart(t *testing.T) {
	lines := func(apart bool) int {
		return strings.Count(svg(t, diagrams.Method("", "", stages(apart))), "<path")
	}
	if all, fewer := lines(false), lines(true); all-fewer != 3 { // one to each model
		t.Errorf("%d lines with arrows from each box, %d without those of one, want three fewer", all, fewer)
	}
}
