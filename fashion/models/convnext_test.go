package models

import (
	"strconv"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
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
		parameters, tensors, reported := 0, 0, 0
		for v := range store.IterVariables() {
			parameters, tensors = parameters+v.Shape().Size(), tensors+1
		}
		for _, l := range n.Layers() {
			reported += l.Parameters
		}
		if parameters != want.parameters || reported != want.parameters || tensors != want.tensors {
			t.Errorf("%s has %d parameters in %d tensors and reports %d, want %d in %d", size, parameters, tensors, reported, want.parameters, want.tensors)
		}
	}
}

// The indices are those of tf_keras 2.21, ConvNeXtTiny(include_top=False): input 0, normalization 1, stem 2, blocks of eight layers from 3 on, 151 layers in all.
func TestFineTuneAtCountsLayersAsKeras2Does(t *testing.T) {
	m := convNeXtSizes["tiny"]
	if got := m.KerasLayers(); got != 151 {
		t.Errorf("ConvNeXt-Tiny has %d layers, want 151", got)
	}
	for name, want := range map[string]int{
		"stem_0": 2, "stages_0_blocks_0_conv_dw": 3, "stages_0_blocks_2_gamma": 3 + 16 + 5, "stages_1_downsample_0": 27, "stages_1_downsample_1": 27,
		"stages_1_blocks_0_conv_dw": 28, "stages_2_downsample_0": 52, "stages_2_blocks_8_mlp_fc2": 53 + 64 + 4, "stages_3_downsample_1": 125,
		"stages_3_blocks_2_conv_dw": 142, "stages_3_blocks_2_norm": 143, "stages_3_blocks_2_gamma": 147, "head_norm": 150, "head_fc": 151,
	} {
		if got := m.KerasLayer(name); got != want {
			t.Errorf("%s is layer %d, want %d", name, got, want)
		}
	}
}

func TestDepthCountsBlocksToTheHead(t *testing.T) {
	m := convNeXtSizes["atto"] // 12 blocks
	for name, want := range map[string]int{
		"head_fc/kernel": 0, "head_norm/gamma": 0, "stages_3_blocks_1_gamma": 1, "stages_3_blocks_0_mlp_fc1/bias": 2, "stages_3_downsample_1/kernel": 2,
		"stages_2_blocks_5_norm/beta": 3, "stages_0_blocks_0_conv_dw/kernel": 12, "stem_1/gamma": 13,
	} {
		if got := m.BlocksToHead(name); got != want {
			t.Errorf("from %s to the head are %d blocks, want %d", name, got, want)
		}
	}
	if got := m.network(recipes.Model{}).LayerDecay(0.5, "stages_2_blocks_5_norm/beta"); got != 0.125 {
		t.Errorf("the factor of the learning rate is %v, want 0.125", got)
	}
}

// What study.FineTuneLayers lists for the smallest size.
func TestStagesOfTheSmallestSizeBeginWhereItsRecipesFreeze(t *testing.T) {
	m := convNeXtSizes["atto"]
	for at, name := range map[int]string{36: "stages_2_downsample_0", 85: "stages_3_downsample_0", 103: "head_fc"} {
		if got := m.KerasLayer(name); got != at {
			t.Errorf("%s is layer %d, want %d", name, got, at)
		}
	}
}

func TestFineTuneTableCountsTheParametersTrainedFromEachPart(t *testing.T) {
	m := recipes.Model{Name: "convnext", Size: "atto", Input: "resize"}
	rows, err := FineTuneTable(m)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows[0][0]+rows[0][1]+rows[0][3], "2stem3,377,730"; got != want {
		t.Errorf("the first row is %v, want %s", rows[0], want)
	}
	for _, row := range rows {
		at, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		m.FineTuneAt = at
		s, err := Summarize(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := text.Thousands(s.Parameters - s.Fixed); got != row[3] {
			t.Errorf("from layer %d, %s are trained; the table says %v", at, got, row)
		}
	}
}

func TestFrozenLayersAreNotTrained(t *testing.T) {
	s, err := Summarize(recipes.Model{Name: "convnext", Size: "atto", Input: "resize", FineTuneAt: 1000})
	if err == nil {
		t.Errorf("a layer beyond the last one was accepted: %d fixed", s.Fixed)
	}
	all, err := Summarize(recipes.Model{Name: "convnext", Size: "atto", Input: "resize"})
	if err != nil || all.Fixed != 0 {
		t.Fatalf("without freezing, %d parameters are fixed (%v)", all.Fixed, err)
	}
	head, err := Summarize(recipes.Model{Name: "convnext", Size: "atto", Input: "resize", FineTuneAt: convNeXtSizes["atto"].KerasLayers()})
	if want := 320*10 + 10; err != nil || head.Parameters-head.Fixed != want {
		t.Errorf("with all frozen but the head, %d parameters are trained (%v), want %d", head.Parameters-head.Fixed, err, want)
	}
}
