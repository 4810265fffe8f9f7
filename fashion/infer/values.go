package infer

import (
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// A training may keep another value of a variable for inference than the one that it trains with: the exponential moving average of a parameter (see optim.UpdateEMA), or the precise mean or variance of a
// batch normalization (see recipes.Recipe.PreciseBN) beside the running one.

// preciseSlot is where a store keeps the precise statistic of a running one.
const preciseSlot = "precise"

// preciseOf is the inverse of the path of a precise statistic: that of the running one.
func preciseOf(path string) (running string, ok bool) {
	return strings.CutPrefix(path, optim.SlotPath("", preciseSlot))
}

// UseInferenceValues makes a network use, for each variable that has a separate value for inference in a store, that value.
func UseInferenceValues(n *layers.Net, store *model.Store) {
	use := func(path string, value *Node) {
		name, _ := layers.ParameterAt(path)
		n.Use(name, value)
	}
	for _, path := range optim.WithEMA(store) {
		use(path, optim.EMA(n.Graph(), store, path))
	}
	for v := range store.IterVariables() {
		if path, ok := preciseOf(v.Path()); ok {
			use(path, v.NodeValue(n.Graph()))
		}
	}
}

// InferenceValues are a training's variables as a checkpoint of its model has them: a variable with a separate value for inference has that value.
func InferenceValues(list []run.Tensor) []run.Tensor {
	byName := map[string]run.Tensor{}
	for _, of := range []func(string) (string, bool){optim.EMAOf, preciseOf} {
		for _, t := range list {
			if path, ok := of(t.Name); ok {
				byName[path] = t
			}
		}
	}
	list = slices.Clone(list)
	for i, t := range list {
		if value, ok := byName[t.Name]; ok {
			list[i].Data = value.Data
		}
	}
	return list
}

// RunningStatistics reads the running means and variances of those paths, each [C], or their exponential moving averages where a store has them.
func RunningStatistics(store *model.Store, paths []string) ([][]float32, error) {
	values := make([][]float32, len(paths))
	for i, path := range paths {
		v := store.GetVariable(path)
		if average := store.GetVariable(optim.EMAPath(path)); average != nil {
			v = average
		}
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		if values[i], err = tensors.CopyFlatData[float32](value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// SetPreciseStatistics has inference use those values in place of the running means and variances of those paths.
func SetPreciseStatistics(store *model.Store, paths []string, values [][]float32) error {
	for i, path := range paths {
		value := tensors.FromFlatDataAndDimensions(values[i], len(values[i]))
		path = optim.SlotPath(path, preciseSlot)
		if v := store.GetVariable(path); v == nil {
			store.VariableWithValue(path, value).SetTrainable(false)
		} else if err := v.SetValue(value); err != nil {
			return err
		}
	}
	return nil
}
