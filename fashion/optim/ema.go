package optim

import (
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// averageSlot is where the exponential moving average (EMA) of a variable is kept.
const averageSlot = "average"

// EMAPath is where a store keeps the average of a variable.
func EMAPath(variable string) string { return SlotPath(variable, averageSlot) }

// EMAOf is the inverse of the path of an average: that of the variable. ok is false for a path that is no average's.
func EMAOf(path string) (variable string, ok bool) {
	return strings.CutPrefix(path, EMAPath(""))
}

// AddEMA adds the exponential moving averages of variables of a store, which begin at their values. It sets those that are there to the values.
func AddEMA(store *model.Store, paths []string) error {
	for _, path := range paths {
		value, err := store.GetVariable(path).Value()
		if err != nil {
			return err
		}
		first, err := value.LocalClone()
		if err != nil {
			return err
		}
		if average := store.GetVariable(EMAPath(path)); average != nil {
			err = average.SetValue(first)
		} else {
			store.VariableWithValue(EMAPath(path), first).SetTrainable(false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// EMARate is the fraction by which the averages move towards the present values in a step, 0 for the first: 1 - decay, and more in the first steps, so that the
// initial values are soon forgotten: 1 - (1+step)/(10+step), as in TensorFlow's ExponentialMovingAverage.
func EMARate(decay float64, step int) float32 {
	return float32(1 - min(decay, float64(1+step)/float64(10+step)))
}

// UpdateEMA updates the averages of variables: average += rate * (value - average), with a scalar rate (Polyak and Juditsky, "Acceleration of Stochastic Approximation by
// Averaging", 1992; with this decay Tarvainen and Valpola, "Mean teachers are better role models", 2017). A variable that the graph has changed counts as it is now.
func UpdateEMA(store *model.Store, paths []string, rate *Node) {
	for _, path := range paths {
		average := store.GetVariable(EMAPath(path))
		now := store.GetVariable(path).NodeValue(rate.Graph())
		before := average.NodeValue(rate.Graph())
		average.SetNodeValue(Add(before, Mul(Sub(now, before), rate)))
	}
}

// WithEMA lists the variables of a store that have averages, sorted.
func WithEMA(store *model.Store) (paths []string) {
	for v := range store.IterVariables() {
		if path, ok := EMAOf(v.Path()); ok {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// EMA is the average of a variable as a node.
func EMA(g *Graph, store *model.Store, path string) *Node {
	return store.GetVariable(EMAPath(path)).NodeValue(g)
}
