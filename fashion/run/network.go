package run

import (
	"fmt"
	"slices"
	"strings"
)

const networkFile = "network.json"

// Network is what a run's network was found to be when it was built: the code itself is not kept.
type Network struct {
	Layers     []NetworkLayer `json:"layers"`
	Operations string         `json:"operations,omitempty"` // a digest of what is computed, between the layers too
}

// NetworkLayer is a layer of a network.
type NetworkLayer struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Shape      []int  `json:"shape"` // of its output, the batch left out
	Parameters int    `json:"parameters,omitempty"`
	Fixed      int    `json:"fixed,omitempty"` // of the parameters, those that are not trained
}

// String is for example "conv1: Conv2D, output [28 28 32], 320 parameters".
func (l NetworkLayer) String() string {
	text := fmt.Sprintf("%s: %s, output %v, %d parameters", l.Name, l.Type, l.Shape, l.Parameters)
	if l.Fixed > 0 {
		text += fmt.Sprintf(", %d non-trainable", l.Fixed)
	}
	return text
}

// NetworkError is a run of another network than the one at hand.
type NetworkError struct {
	Dir         string
	Differences []string // the layers that differ, as "on disk != at hand"
}

func (e *NetworkError) Error() string {
	s := fmt.Sprintf("%s holds a run of another network (on disk != at hand):", e.Dir)
	for _, d := range e.Differences {
		s += "\n  " + d
	}
	return s + "\nchoose another name, hand the run's own network over, or remove the folder to train anew"
}

// diffNetworks lists the layers in which two networks differ, or that they compute otherwise between the same layers.
func diffNetworks(a, b Network) (differences []string) {
	same := func(x, y NetworkLayer) bool { return x.String() == y.String() }
	i, j := 0, 0
	for i < len(a.Layers) || j < len(b.Layers) {
		switch {
		case i < len(a.Layers) && j < len(b.Layers) && same(a.Layers[i], b.Layers[j]):
			i, j = i+1, j+1
		case i < len(a.Layers) && j < len(b.Layers) && a.Layers[i].Name == b.Layers[j].Name:
			differences = append(differences, fmt.Sprintf("%v != %v", a.Layers[i], b.Layers[j]))
			i, j = i+1, j+1
		case i < len(a.Layers) && !slices.ContainsFunc(b.Layers[min(j, len(b.Layers)):], func(l NetworkLayer) bool { return l.Name == a.Layers[i].Name }):
			differences = append(differences, fmt.Sprintf("%v != none", a.Layers[i]))
			i++
		case j < len(b.Layers):
			differences = append(differences, fmt.Sprintf("none != %v", b.Layers[j]))
			j++
		default:
			differences = append(differences, fmt.Sprintf("%v != none", a.Layers[i]))
			i++
		}
	}
	if versionA, versionB := digestVersion(a.Operations), digestVersion(b.Operations); len(differences) == 0 && versionA == versionB && a.Operations != b.Operations {
		differences = append(differences, "the layers are the same, and what is computed between them is not, such as an activation")
	}
	return differences
}

// digestVersion is what a digest begins with, up to a colon: digests of different versions cannot be compared. Those of the first version have none, and an empty digest
// has one of its own.
func digestVersion(digest string) string {
	if digest == "" {
		return "none"
	}
	version, _, versioned := strings.Cut(digest, ":")
	if !versioned {
		return ""
	}
	return version
}

// LoadNetwork reads what the run's network is. A run that was made before networks were kept has none: found is false.
func (r *Run) LoadNetwork() (n Network, found bool, err error) {
	err = r.readJSON(networkFile, &n)
	return n, err == nil && n.Layers != nil, err
}

// CheckNetwork reports a network that is not the run's, if that is known.
func (r *Run) CheckNetwork(n Network) error {
	kept, found, err := r.LoadNetwork()
	if err != nil || !found {
		return err
	}
	if differences := diffNetworks(kept, n); len(differences) > 0 {
		return &NetworkError{r.Dir, differences}
	}
	return nil
}

// KeepNetwork keeps what the run's network is. Another one than before is an error, unless no epoch has been finished.
func (r *Run) KeepNetwork(n Network) error {
	if r.hasEpochs() {
		if err := r.CheckNetwork(n); err != nil {
			return err
		}
	}
	return r.saveJSON(networkFile, n)
}
