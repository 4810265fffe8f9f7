package models_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// Graphs of features that were compiled before stay the same: the output of the layer before the last one needs no reshaping.
func TestLastLayerOfEachModelReadsTheOutputBeforeIt(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for _, name := range models.StudyModels() {
		m := recipes.Model{Name: name, Dropout: 0.1}
		switch name {
		case "dcgan", "sngan":
			continue
		case "convnext":
			m.Size = "atto"
		}
		network, err := models.Of(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []layers.Form{layers.Reference, layers.ForCPU, layers.ForGPU} {
			g := NewGraph(backend, name)
			n := layers.Inference(g, model.NewStore(), 1).WithForm(form)
			network.Build(n, Parameter(g, "images", shapes.Make(dtypes.Float32, 2, 28, 28, 1)))
			outputs := n.Outputs()
			if before := outputs[len(outputs)-2]; n.HeadInput() != before.Value || n.HeadInput().Rank() != 2 {
				t.Errorf("%s, form %v: the last layer reads %v, want the output of %s", name, form, n.HeadInput(), before.Name)
			}
			g.Finalize()
		}
	}
}
