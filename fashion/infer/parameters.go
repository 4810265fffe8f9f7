package infer

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Snapshot copies the variables of a store, sorted by path: the parameters, and what a training keeps beside them.
func Snapshot(store *model.Store) ([]run.Tensor, error) {
	var list []run.Tensor
	for v := range store.IterVariables() {
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

// NotFinite finds a value among a snapshot's parameters and running statistics that is not finite, and returns the name of its variable; "" if there is none. What an optimizer
// keeps beside them does not count: a second moment that overflows only stops its parameter.
func NotFinite(list []run.Tensor) (name string, value float64) {
	const exponent = 0x7f800000 // all ones in an infinity and in what is no number
	for _, t := range list {
		name, ours := layers.ParameterAt(t.Name)
		if !ours {
			continue
		}
		for data := t.Data; len(data) > 0; data = data[4:] {
			if bits := binary.LittleEndian.Uint32(data); bits&exponent == exponent {
				return name, float64(math.Float32frombits(bits))
			}
		}
	}
	return "", 0
}

// Restore sets every variable of a store from a checkpoint. All must be there, with their shapes, and no other: anything else was written by another
// version of the network.
func Restore(store *model.Store, list []run.Tensor) error {
	return restore(store, list, func(string) bool { return true })
}

// restoreParameters is Restore for the parameters alone, all that predicting needs.
func restoreParameters(store *model.Store, list []run.Tensor) error {
	return restore(store, list, func(path string) bool {
		_, ours := layers.ParameterAt(path)
		return ours
	})
}

// restore gives the wanted variables the values of a checkpoint.
func restore(store *model.Store, list []run.Tensor, wanted func(path string) bool) error {
	left := map[string]*model.Variable{}
	for v := range store.IterVariables() {
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
			return fmt.Errorf("checkpoint has a tensor %s, which the network has not", t.Name)
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

// TrainablePaths lists the paths of a store's trained parameters, sorted.
func TrainablePaths(store *model.Store) (paths []string) {
	for v := range store.IterVariables() {
		if v.Trainable {
			paths = append(paths, v.Path())
		}
	}
	slices.Sort(paths)
	return paths
}

// VariablePaths lists the paths of a model's variables in a store, sorted: the parameters, trained or not, and running statistics.
func VariablePaths(store *model.Store) (paths []string) {
	for v := range store.IterVariables() {
		if _, ours := layers.ParameterAt(v.Path()); ours {
			paths = append(paths, v.Path())
		}
	}
	slices.Sort(paths)
	return paths
}

// parametersAmong are those of a store's variables that are the network's.
func parametersAmong(list []run.Tensor) []run.Tensor {
	return slices.DeleteFunc(list, func(t run.Tensor) bool {
		_, ours := layers.ParameterAt(t.Name)
		return !ours
	})
}

// CountValues is the number of values of the variables of those paths.
func CountValues(store *model.Store, paths []string) (n int) {
	for _, path := range paths {
		n += store.GetVariable(path).Shape().Size()
	}
	return n
}
