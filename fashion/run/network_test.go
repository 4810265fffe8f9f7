package run

import (
	"errors"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
)

func network(layers ...NetworkLayer) Network { return Network{Layers: layers, Operations: "a"} }

func TestNetworksDifferByTheirLayersInOrder(t *testing.T) {
	conv, pool, head := NetworkLayer{Name: "conv", Type: "Conv2D", Shape: []int{28, 28, 8}, Parameters: 80}, NetworkLayer{Name: "pool", Type: "MaxPooling2D", Shape: []int{14, 14, 8}},
		NetworkLayer{Name: "head", Type: "Dense", Shape: []int{10}, Parameters: 90}
	wider := conv
	wider.Shape, wider.Parameters = []int{28, 28, 16}, 160
	frozen := conv
	frozen.Fixed = 80
	otherwise := network(conv, head)
	otherwise.Operations = "b"
	for name, c := range map[string]struct {
		a, b Network
		want []string
	}{
		"equal":              {network(conv, head), network(conv, head), nil},
		"wider":              {network(conv, head), network(wider, head), []string{"conv: Conv2D, output [28 28 8], 80 parameters != conv: Conv2D, output [28 28 16], 160 parameters"}},
		"a layer more":       {network(conv, head), network(conv, pool, head), []string{"none != pool: MaxPooling2D, output [14 14 8], 0 parameters"}},
		"a layer less":       {network(conv, pool, head), network(conv, head), []string{"pool: MaxPooling2D, output [14 14 8], 0 parameters != none"}},
		"the first gone":     {network(conv, head), network(head), []string{"conv: Conv2D, output [28 28 8], 80 parameters != none"}},
		"frozen":             {network(conv, head), network(frozen, head), []string{"conv: Conv2D, output [28 28 8], 80 parameters != conv: Conv2D, output [28 28 8], 80 parameters, 80 non-trainable"}},
		"in another order":   {network(conv, pool), network(pool, conv), []string{"none != pool", "pool: MaxPooling2D"}},
		"computed otherwise": {network(conv, head), otherwise, []string{"activation"}},
		"not known":          {network(conv, head), Network{Layers: network(conv, head).Layers}, nil},
	} {
		got := diffNetworks(c.a, c.b)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: difference %d is %q, want %q", name, i, got[i], want)
			}
		}
	}
}

func TestNetworkOfARunMayChangeUntilAnEpochIsFinished(t *testing.T) {
	r, err := Begin(t.TempDir(), recipes.Recipe{Model: recipes.Model{Name: "own"}, Data: recipes.Data{Validation: 0.2}, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 1}, Epochs: 2, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first, second := network(NetworkLayer{Name: "a"}), network(NetworkLayer{Name: "b"})
	if err := errors.Join(r.KeepNetwork(first), r.KeepNetwork(second)); err != nil {
		t.Fatal(err)
	}
	if got, found, err := r.LoadNetwork(); err != nil || !found || got.Layers[0].Name != "b" {
		t.Errorf("kept is %+v, %v (%v)", got, found, err)
	}
	if err := r.SaveHistory([]Epoch{{Epoch: 1}}); err != nil {
		t.Fatal(err)
	}
	var other *NetworkError
	if err := r.KeepNetwork(first); !errors.As(err, &other) || !strings.Contains(err.Error(), r.Dir) {
		t.Errorf("after an epoch another network gives %v, want a NetworkError with the folder", err)
	}
	if err := r.KeepNetwork(second); err != nil {
		t.Error(err)
	}
}
