// Package steploop does several training steps in one execution: a loop in the graph.
package steploop

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

// Loop is as many training steps in one execution as a backend does best: a loop in the graph, whose state are all variables. A GPU then does not wait between two steps for
// the host, which hands hundreds of buffers over for each execution.
type Loop struct {
	Length   int   // steps of an execution
	PerEpoch int   // steps of an epoch; those beyond it change nothing
	Position int   // the input that is the number of the first step in the epoch
	Rows     []int // the inputs that have a row for each step
	Metrics  int   // numbers that a step returns
}

// mostSteps of an execution: a training stops and reports between two executions only, and with more the host's time between them is no longer seen.
const mostSteps = 32

// LengthFor is the number of steps of an execution, of so many of an epoch: one on the CPU, where an execution costs little beside a step. The last execution of an epoch has steps
// that do nothing, as few as can be.
func LengthFor(form layers.Form, steps int) int {
	if form != layers.ForGPU {
		return 1
	}
	best := min(steps, mostSteps)
	idle := func(length int) int { return (length - steps%length) % length }
	for length := best; length > mostSteps/2; length-- {
		if idle(length) < idle(best) {
			best = length
		}
	}
	return best
}

// Shapes are the shapes of the inputs of the execution, given those of one step.
func (l Loop) Shapes(ofOne []shapes.Shape) []shapes.Shape {
	list := slices.Clone(ofOne)
	for _, i := range l.Rows {
		list[i] = shapes.Make(list[i].DType, l.Dimensions(list[i].Dimensions...)...)
	}
	return list
}

// Dimensions are those of an input that has a row for each step, given those of one step.
func (l Loop) Dimensions(ofOne ...int) []int {
	if l.Length == 1 {
		return ofOne
	}
	return append([]int{l.Length}, ofOne...)
}

// Graph does the steps from a position of the epoch on and returns their metrics, [Length, Metrics]; of a single step [Metrics].
func (l Loop) Graph(store *model.Store, in []*Node, oneStep func(in []*Node) *Node) *Node {
	if l.Length == 1 {
		return oneStep(in)
	}
	g := in[l.Position].Graph()
	variables := slices.SortedFunc(store.IterVariables(), func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	state := []*Node{ConstTensor(g, tensors.FromScalar(int32(0))), ConstTensor(g, tensors.FromShape(shapes.Make(dtypes.Float32, l.Length, l.Metrics)))}
	state = append(state, in...) // a closure sees nothing else with go-xla
	for _, v := range variables {
		state = append(state, v.NodeValue(g))
	}
	const step, metrics, inputs = 0, 1, 2 // the state's: the step's number in the execution, the metrics so far, the first input
	first := inputs + len(in)             // variable
	parameters := func(g *Graph) (list []*Node) {
		for i, x := range state {
			list = append(list, Parameter(g, "state"+strconv.Itoa(i), x.Shape()))
		}
		return list
	}
	// GoMLX keeps scalar constants for the whole graph, but one that was made in a closure is seen in there only. So the closure that makes some comes last, and the others have tensors.
	condition := NewClosure(g, func(g *Graph) []*Node {
		return []*Node{LessThan(parameters(g)[step], ConstTensor(g, tensors.FromScalar(int32(l.Length))))}
	})
	var changed []int
	body := NewClosure(g, func(g *Graph) []*Node {
		next := parameters(g)
		i := next[step]
		now := slices.Clone(next[inputs:first])
		now[l.Position] = Add(now[l.Position], i)
		for _, k := range l.Rows {
			d := slices.Clone(now[k].Shape().Dimensions)
			d[0] = 1
			at := slices.Repeat([]*Node{ScalarZero(g, dtypes.Int32)}, len(d))
			at[0] = i
			now[k] = Reshape(DynamicSlice(now[k], at, d), d[1:]...)
		}
		for k, v := range variables {
			v.SetNodeValue(next[first+k])
		}
		next[metrics] = DynamicUpdateSlice(next[metrics], Reshape(oneStep(now), 1, -1), []*Node{i, ScalarZero(g, dtypes.Int32)})
		isStep := LessThan(now[l.Position], Scalar(g, dtypes.Int32, l.PerEpoch))
		for k, v := range variables {
			value := v.NodeValue(g)
			if value == next[first+k] {
				continue
			}
			changed = append(changed, k)
			if l.PerEpoch%l.Length != 0 {
				value = Where(isStep, value, next[first+k])
			}
			next[first+k] = value
		}
		next[step] = AddScalar(i, 1)
		return next
	})
	after := While(condition, body, state...)
	for k, v := range variables { // one whose node is another than at the beginning counts as changed
		v.SetNodeValue(state[first+k])
	}
	for _, k := range changed {
		variables[k].SetNodeValue(after[first+k])
	}
	return after[metrics]
}

// MetricsOf are those of the steps of an execution, which returned them as one tensor: so many for each step. It is freed.
func MetricsOf(out *tensors.Tensor, ofOne int) ([][]float32, error) {
	defer out.FinalizeAll()
	values, err := tensors.CopyFlatData[float32](out)
	return slices.Collect(slices.Chunk(values, ofOne)), err
}
