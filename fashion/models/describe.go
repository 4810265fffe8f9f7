package models

import "fashionlab/fashion/run"

// Describe is what a run keeps of a network. What is computed between the layers is kept for networks of one's own only: the study's may be written otherwise from one
// version to the next.
func (b Built) Describe(own bool) run.Network {
	var n run.Network
	for _, l := range b.Layers {
		n.Layers = append(n.Layers, run.NetworkLayer{Name: l.Name, Type: l.Type, Shape: l.Shape, Parameters: l.Parameters, Fixed: l.Fixed})
	}
	if own {
		n.Operations = b.Operations
	}
	return n
}
