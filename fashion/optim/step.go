package optim

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// SlotPath is where a store keeps a rule's tensor for a parameter.
func SlotPath(parameter, slot string) string { return "/optimizer/" + slot + parameter }

// AddSlots adds the rule's slots for parameters of a store, all zero.
func (r UpdateRule) AddSlots(store *model.Store, parameters []string) {
	for _, name := range parameters {
		shape := store.GetVariable(name).Shape()
		for _, slot := range r.Slots {
			store.VariableWithValue(SlotPath(name, slot), tensors.FromShape(shape)).SetTrainable(false)
		}
	}
}

// Inputs is the vector of scalars that the graph of a step reads, float32 [NumScalars]. Steps count from 1.
func (r UpdateRule) Inputs(step int, rate float64) []float32 {
	list := make([]float32, r.NumScalars)
	for i, s := range r.Scalars(step, rate) {
		list[i] = float32(s)
	}
	return list
}

// Step updates a parameter of a store, and its slots, by its gradient. The parameter moves by a fraction of the rule's step, 1 for all of it.
func (r UpdateRule) Step(store *model.Store, parameter string, gradient, scalars *Node, fraction float64) {
	g, variable := gradient.Graph(), store.GetVariable(parameter)
	slots := make([]*Node, len(r.Slots))
	for i, slot := range r.Slots {
		slots[i] = store.GetVariable(SlotPath(parameter, slot)).NodeValue(g)
	}
	value := variable.NodeValue(g)
	updated, slots := r.Update(value, gradient, slots, scalars)
	if fraction != 1 {
		updated = Add(value, MulScalar(Sub(updated, value), fraction))
	}
	variable.SetNodeValue(updated)
	for i, slot := range r.Slots {
		store.GetVariable(SlotPath(parameter, slot)).SetNodeValue(slots[i])
	}
}
