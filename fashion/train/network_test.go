package train_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// wide is a network as a student writes it in a cell, with noise in training.
func wide(n *layers.Net, images *Node) *Node {
	if n.IsTraining() {
		images = Add(images, MulScalar(n.Uniform("noise", images), 0.05))
	}
	x := n.MaxPool("pool1", n.Relu("relu1", n.Conv("conv1", images, 16)))
	x = n.MaxPool("pool2", n.Relu("relu2", n.Conv("conv2", x, 16)))
	return n.Dense("logits", n.Dropout("dropout", n.Flatten("flatten", x)), fashion.NumClasses)
}

// ownRecipe is a small recipe for a network of that name.
func ownRecipe(name string) recipes.Recipe {
	r := study.CNN(study.Smoke)
	r.Model = recipes.Model{Name: name, Dropout: 0.1}
	r.Data.Limit, r.Epochs, r.Schedule = 500, 2, recipes.Schedule{}
	return r
}

func TestOwnNetworkIsTrainedTestedExplainedAndResumed(t *testing.T) {
	needBackend(t)
	net := models.Network{Name: "wide", Logits: wide}
	undisturbed := fitOwn(t, "undisturbed", ownRecipe("wide"), net)
	if undisturbed.Record.Parameters != 9*16+16+9*16*16+16+49*16*10+10 || len(undisturbed.History) != 2 {
		t.Errorf("it has %d parameters after %d epochs", undisturbed.Record.Parameters, len(undisturbed.History))
	}

	// The same, interrupted after the first epoch.
	shorter := ownRecipe("wide")
	shorter.Epochs = 1
	fitOwn(t, "resumed", shorter, net)
	resumed, err := train.Extend("resumed", ownRecipe("wide"), nil, net)
	if err != nil {
		t.Fatal(err)
	}
	a, err := undisturbed.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	b, err := resumed.Predictions(run.Validation)
	if err != nil || !slices.Equal(a.Probabilities[0], b.Probabilities[0]) || !slices.Equal(a.Probabilities[99], b.Probabilities[99]) {
		t.Errorf("resumed it predicts %v (%v), want %v", b.Probabilities[0], err, a.Probabilities[0])
	}

	if p, err := infer.Test(undisturbed, net); err != nil || len(p.Labels) == 0 {
		t.Errorf("%d test predictions (%v)", len(p.Labels), err)
	}
	if p, err := infer.Test(undisturbed); err != nil || len(p.Labels) == 0 { // they are saved, and need no code
		t.Errorf("without the code: %d test predictions (%v)", len(p.Labels), err)
	}
	m, err := infer.Load(undisturbed, net)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.GradCAM(make([]fashion.Image, 2))
	if err != nil || e.Layer != "pool2" || len(e.Features[0]) != 49*16 {
		t.Errorf("Grad-CAM is of the layer %q and %d features (%v), want pool2 and 784", e.Layer, len(e.Features[0]), err)
	}
	if _, err := infer.Load(undisturbed); err == nil || !strings.Contains(err.Error(), "is passed") {
		t.Errorf("without the code: %v, want an error that asks for it", err)
	}
}

// fitOwn trains a network of one's own.
func fitOwn(t *testing.T, name string, r recipes.Recipe, own models.Network) *run.Run {
	t.Helper()
	got, err := train.Fit(name, r, nil, own)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAnotherNetworkUnderTheSameRunNameIsRefusedWithWhatDiffers(t *testing.T) {
	needBackend(t)
	r := ownRecipe("wide")
	r.Epochs = 1
	first := fitOwn(t, "wide", r, models.Network{Name: "wide", Logits: wide})
	for name, c := range map[string]struct {
		other models.Build
		want  []string
	}{
		"more filters": {func(n *layers.Net, images *Node) *Node {
			x := n.MaxPool("pool1", n.Relu("relu1", n.Conv("conv1", images, 32)))
			x = n.MaxPool("pool2", n.Relu("relu2", n.Conv("conv2", x, 16)))
			return n.Dense("logits", n.Dropout("dropout", n.Flatten("flatten", x)), fashion.NumClasses)
		}, []string{"conv1: Conv2D, output [28 28 16], 160 parameters != conv1: Conv2D, output [28 28 32], 320 parameters"}},
		"a layer less": {func(n *layers.Net, images *Node) *Node {
			return n.Dense("logits", n.Flatten("flatten", n.MaxPool("pool1", n.Conv("conv1", images, 16))), fashion.NumClasses)
		}, []string{"conv2: Conv2D, output [14 14 16], 2320 parameters != none"}},
		"another activation": {func(n *layers.Net, images *Node) *Node {
			return Tanh(wide(n, images))
		}, []string{"the layers are the same", "activation"}},
	} {
		another := models.Network{Name: "wide", Logits: c.other}
		var finished *run.NetworkError
		if _, err := train.Fit("wide", first.Recipe, nil, another); !errors.As(err, &finished) {
			t.Errorf("%s: the finished run is read for it: %v", name, err)
		}
		if _, err := infer.Test(first, another); !errors.As(err, &finished) {
			t.Errorf("%s: the finished run is tested for it: %v", name, err)
		}
		r.Epochs = 2
		_, err := train.Extend("wide", r, nil, another)
		var other *run.NetworkError
		if !errors.As(err, &other) {
			t.Errorf("%s: the error is %v, want a NetworkError", name, err)
			continue
		}
		for _, want := range append(c.want, first.Dir) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error %q lacks %q", name, err, want)
			}
		}
	}
}

// The gradients of the whole batch: with micro-batches, normalization would have other statistics.
func TestOwnNetworkWithBatchNormalizationTrainsOnWholeBatches(t *testing.T) {
	needBackend(t)
	r := ownRecipe("normalized")
	r.Model.Dropout = 0
	net := models.Network{Name: "normalized", Logits: func(n *layers.Net, images *Node) *Node {
		x := n.Relu("relu", n.BatchNorm("norm", n.Conv("conv", images, 8)))
		return n.Dense("logits", n.GlobalAveragePool("average", x), fashion.NumClasses)
	}}
	stated := net
	stated.WholeBatch = true // which changes nothing
	a, b := fitOwn(t, "derived", r, net), fitOwn(t, "stated", r, stated)
	if a.History[1].Loss != b.History[1].Loss || a.History[1].ValidationLoss != b.History[1].ValidationLoss {
		t.Errorf("the losses are %v and %v, want the same: the library did not see the normalization", a.History[1].Loss, b.History[1].Loss)
	}
}

func TestOwnNetworkWithFrozenLayersKeepsTheirValues(t *testing.T) {
	needBackend(t)
	net := models.Network{Name: "frozen", Logits: func(n *layers.Net, images *Node) *Node {
		n.Freeze(func(layer string) bool { return layer == "conv1" || layer == "conv2" })
		return wide(n, images)
	}}
	r := fitOwn(t, "frozen", ownRecipe("frozen"), net)
	if want := 49*16*10 + 10; r.Record.Parameters != want {
		t.Errorf("%d parameters are trained, want the head's %d", r.Record.Parameters, want)
	}
	first, _, err := r.LoadCheckpoint(run.Last)
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range first.Tensors {
		if strings.HasPrefix(tensor.Name, "/optimizer/") && strings.Contains(tensor.Name, "conv1") {
			t.Errorf("the optimizer keeps %s of a frozen layer", tensor.Name)
		}
	}
}

func TestMistakeInANetworkIsReportedWithTheLayer(t *testing.T) {
	needBackend(t)
	for name, c := range map[string]struct {
		build models.Build
		want  []string
	}{
		"two heads": {func(n *layers.Net, images *Node) *Node {
			x := n.Flatten("flatten", images)
			n.Dense("first head", x, fashion.NumClasses)
			return n.Dense("second head", x, fashion.NumClasses)
		}, []string{`"first head"`, "does not reach the logits"}},
		"the same name twice": {func(n *layers.Net, images *Node) *Node {
			x := n.Conv("conv", n.Conv("conv", images, 1), 1)
			return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
		}, []string{`"conv"`, "name them differently"}},
		"the same name for two widths": {func(n *layers.Net, images *Node) *Node {
			x := n.Conv("conv", n.Conv("conv", images, 8), 8)
			return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
		}, []string{`"conv"`, "name them differently"}},
		"nine logits": {func(n *layers.Net, images *Node) *Node {
			return n.Dense("logits", n.Flatten("flatten", images), 9)
		}, []string{"[1 9]", `"logits"`, "want the logits"}},
		"no flattening": {func(n *layers.Net, images *Node) *Node {
			return n.Dense("logits", n.Conv("conv", images, 4), fashion.NumClasses)
		}, []string{`the dense layer "logits"`, "Flatten", `after the layer "conv", whose output is [B 28 28 4]`}},
		"an odd map": {func(n *layers.Net, images *Node) *Node {
			x := n.MaxPool("pool3", n.MaxPool("pool2", n.MaxPool("pool1", images)))
			return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
		}, []string{`after the layer "pool2"`}},
		"nothing": {func(*layers.Net, *Node) *Node { return nil }, []string{"returns no logits"}},
		"a panic of its own": {func(n *layers.Net, images *Node) *Node {
			n.Flatten("flatten", images)
			panic("no idea")
		}, []string{"no idea", `after the layer "flatten"`}},
		"what is not finite": {func(n *layers.Net, images *Node) *Node {
			x := n.Keep("logarithm", Log(n.Flatten("flatten", images))) // of the black background
			return n.Dense("logits", x, fashion.NumClasses)
		}, []string{`"logarithm"`, "not finite"}},
	} {
		r := ownRecipe("mistaken")
		r.Model.Dropout = 0
		_, err := train.Fit("mistake/"+strings.ReplaceAll(name, " ", "-"), r, nil, models.Network{Name: "mistaken", Logits: c.build})
		if err == nil {
			t.Errorf("%s: it was trained", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error %q lacks %q", name, err, want)
			}
		}
	}
	if _, err := train.Fit("taken", study.CNN(study.Smoke), nil, models.Network{Name: "cnn", Logits: wide}); err == nil || !strings.Contains(err.Error(), "another name") {
		t.Errorf("a network with the name of ours: %v", err)
	}
}

func TestHyperparametersOfAnOwnNetworkAreSearched(t *testing.T) {
	needBackend(t)
	net := models.Network{Name: "searched", ForModel: func(m recipes.Model) models.Build {
		return func(n *layers.Net, images *Node) *Node {
			x := n.MaxPool("pool", n.Relu("relu", n.Conv("conv", images, m.Filters)))
			return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
		}
	}}
	s, err := study.Search("cnn", study.Smoke, study.SearchBudget(study.Smoke))
	if err != nil {
		t.Fatal(err)
	}
	s.Base = ownRecipe("searched")
	s.Base.Model.Dropout, s.Base.Epochs = 0, s.Brackets[0].Rungs[0].Epochs
	s.Space = hyperband.Space[recipes.Recipe]{
		hyperband.Choice("filters", func(r *recipes.Recipe, v int) { r.Model.Filters = v }, 2, 4, 8),
		hyperband.LogRange("learning rate", func(r *recipes.Recipe, v float64) { r.Optimizer.LearningRate = v }, 1e-4, 1e-2),
	}
	found, err := train.Search(s, 1, nil, net)
	if err != nil {
		t.Fatal(err)
	}
	best := found.Ranking()[0].Config
	if best.Model.Name != "searched" || best.Model.Filters == 0 {
		t.Errorf("the best configuration is %+v", best.Model)
	}
}

func TestDropoutRateOfANetworkWithoutDropoutIsAnError(t *testing.T) {
	needBackend(t)
	linear := models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
	}}
	if _, err := train.Fit("linear", ownRecipe("linear"), nil, linear); err == nil || !strings.Contains(err.Error(), "model.dropout is 0.1, want 0 for linear, which has no dropout layer") {
		t.Errorf("the error is %v", err)
	}
}
