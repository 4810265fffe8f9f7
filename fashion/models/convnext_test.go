package models

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

// timm's counts: sum(p.numel() for p in timm.create_model("convnext_" + size).parameters()).
func TestConvNeXtHasTheParametersOfTheOriginal(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for size, want := range map[string]struct{ parameters, tensors int }{
		"atto": {3695520, 128}, "femto": {5217784, 128}, "pico": {9045672, 128}, "nano": {15593560, 146}, "tiny": {28589128, 182},
	} {
		m, store := convNeXtSizes[size], model.NewStore()
		m.Classes = 1000
		g := NewGraph(backend, size)
		n := layers.Inference(g, store, 1)
		logits := m.Logits(n, Parameter(g, "images", shapes.Make(dtypes.Float32, 2, 32, 32, 3)))
		if err := logits.Shape().CheckDims(2, 1000); err != nil {
			t.Error(err)
		}
		parameters, tensors, told := 0, 0, 0
		for v := range store.IterVariables() {
			parameters, tensors = parameters+v.Shape().Size(), tensors+1
		}
		for _, l := range n.Layers() {
			told += l.Parameters
		}
		if parameters != want.parameters || told != want.parameters || tensors != want.tensors {
			t.Errorf("%s has %d parameters in %d tensors and tells of %d, want %d in %d", size, parameters, tensors, told, want.parameters, want.tensors)
		}
	}
}
