package train

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// variables are a model's parameters and what its optimizer keeps for each.
type variables struct {
	store *model.Store
	model string // its name, for errors
	built models.Built
}

// snapshot copies the parameters and the optimizer's slots, sorted by name.
func (p variables) snapshot() ([]run.Tensor, error) {
	var list []run.Tensor
	for v := range p.store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return nil, err
		}
		data, err := binary.Append(nil, binary.LittleEndian, flat)
		if err != nil {
			return nil, err
		}
		list = append(list, run.Tensor{Name: v.Path(), DType: "F32", Shape: v.Shape().Dimensions, Data: data})
	}
	slices.SortFunc(list, func(a, b run.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// restore sets every variable from a checkpoint. All must be there, with their shapes, and no other: anything else
// was written by another version of the model.
func (p variables) restore(list []run.Tensor) error {
	return p.set(list, func(string) bool { return true })
}

// restoreParameters is restore for the parameters alone, all that predicting needs.
func (p variables) restoreParameters(list []run.Tensor) error {
	return p.set(list, func(path string) bool {
		_, ours := layers.ParameterAt(path)
		return ours
	})
}

// set gives the wanted variables the values of a checkpoint.
func (p variables) set(list []run.Tensor, wanted func(path string) bool) error {
	left := map[string]*model.Variable{}
	for v := range p.store.IterVariables() {
		if wanted(v.Path()) {
			left[v.Path()] = v
		}
	}
	for _, t := range list {
		if !wanted(t.Name) {
			continue
		}
		v, ok := left[t.Name]
		if !ok {
			return fmt.Errorf("checkpoint has a tensor %s, which the model %s has not", t.Name, p.model)
		}
		delete(left, t.Name)
		if !slices.Equal(t.Shape, v.Shape().Dimensions) {
			return fmt.Errorf("checkpoint's tensor %s has the shape %v, want %v", t.Name, t.Shape, v.Shape().Dimensions)
		}
		flat, err := floats(t)
		if err != nil {
			return fmt.Errorf("checkpoint's %w", err)
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(flat, t.Shape...)); err != nil {
			return fmt.Errorf("checkpoint's tensor %s: %w", t.Name, err)
		}
	}
	for name := range left {
		return fmt.Errorf("checkpoint lacks the tensor %s", name)
	}
	return nil
}

// trained lists the names of the trained parameters, sorted.
func (p variables) trained() (names []string) {
	for v := range p.store.IterVariables() {
		if v.Trainable {
			names = append(names, v.Path())
		}
	}
	slices.Sort(names)
	return names
}

// addSlots makes what a rule keeps for each of the parameters of those names, zero.
func (p variables) addSlots(names []string, rule optim.UpdateRule) {
	for _, name := range names {
		shape := p.store.GetVariable(name).Shape()
		for _, slot := range rule.Slots {
			p.store.VariableWithValue(slotPath(name, slot), tensors.FromShape(shape)).SetTrainable(false)
		}
	}
}

// slotPath is where the optimizer's tensor for a parameter is kept.
func slotPath(parameter, slot string) string { return "/optimizer/" + slot + parameter }

// count is the number of values of the parameters of those names.
func (p variables) count(names []string) (n int) {
	for _, name := range names {
		n += p.store.GetVariable(name).Shape().Size()
	}
	return n
}

// move changes a parameter by its gradient, as a rule with its scalars says, by a share of the rule's step.
func (p variables) move(name string, gradient *Node, rule optim.UpdateRule, scalars *Node, share float64) {
	g, parameter := gradient.Graph(), p.store.GetVariable(name)
	slots := make([]*Node, len(rule.Slots))
	for i, slot := range rule.Slots {
		slots[i] = p.store.GetVariable(slotPath(name, slot)).NodeValue(g)
	}
	value := parameter.NodeValue(g)
	updated, slots := rule.Update(value, gradient, slots, scalars)
	if share != 1 {
		updated = Add(value, MulScalar(Sub(updated, value), share))
	}
	parameter.SetNodeValue(updated)
	for i, slot := range rule.Slots {
		p.store.GetVariable(slotPath(name, slot)).SetNodeValue(slots[i])
	}
}
