package train

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
)

// series is as many training steps in one execution as a backend does best: a loop in the graph, whose state are all variables. A GPU then does not wait between two steps for
// the host, which hands hundreds of buffers over for each execution. The steps are those of stepGraph.
type series struct {
	length int
	exec   *model.Exec
}

// mostSteps of an execution: a training stops and reports between two executions only, and with more the host's time between them is no longer seen.
const mostSteps = 32

// seriesLength is the number of steps of an execution, of so many of an epoch: one on the CPU, where an execution costs little beside a step. The last execution of an epoch has steps
// that do nothing, as few as can be.
func seriesLength(form layers.Form, steps int) int {
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

// newSeries makes the graph of so many steps.
func (p *program) newSeries(length int) (*series, error) {
	s := &series{length: length}
	var err error
	s.exec, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node { return p.seriesGraph(in, length) })
	return s, err
}

// inputs are the shapes of the inputs of several steps, given those of one.
func (s *series) inputs(ofOne []shapes.Shape) []shapes.Shape {
	list := slices.Clone(ofOne)
	for _, i := range []int{inKeys, inScalars} {
		list[i] = shapes.Make(list[i].DType, append([]int{s.length}, list[i].Dimensions...)...)
	}
	return list
}

// seriesGraph does so many steps from a position of the epoch on and returns their metrics, [length, 2]. Keys and scalars have a row for each. A step beyond the epoch changes nothing.
func (p *program) seriesGraph(in []*Node, length int) *Node {
	g, perEpoch := in[session.InPosition].Graph(), p.steps()
	variables := slices.SortedFunc(p.store.IterVariables(), func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	state := []*Node{ConstTensor(g, tensors.FromScalar(int32(0))), ConstTensor(g, tensors.FromShape(shapes.Make(dtypes.Float32, length, metricsShape.Size())))}
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
		return []*Node{LessThan(parameters(g)[step], ConstTensor(g, tensors.FromScalar(int32(length))))}
	})
	var changed []int
	body := NewClosure(g, func(g *Graph) []*Node {
		next := parameters(g)
		i := next[step]
		row := func(x *Node) *Node {
			return Reshape(DynamicSlice(x, []*Node{i, ScalarZero(g, dtypes.Int32)}, []int{1, x.Shape().Dimensions[1]}), -1)
		}
		now := slices.Clone(next[inputs:first])
		now[session.InPosition], now[inKeys], now[inScalars] = Add(now[session.InPosition], i), row(now[inKeys]), row(now[inScalars])
		for k, v := range variables {
			v.SetNodeValue(next[first+k])
		}
		next[metrics] = DynamicUpdateSlice(next[metrics], Reshape(p.stepGraph(nil, now), 1, -1), []*Node{i, ScalarZero(g, dtypes.Int32)})
		isStep := LessThan(now[session.InPosition], Scalar(g, dtypes.Int32, perEpoch))
		for k, v := range variables {
			value := v.NodeValue(g)
			if value == next[first+k] {
				continue
			}
			changed = append(changed, k)
			if perEpoch%length != 0 {
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

// measured are the metrics of a step: the sum of the batch's losses in nats and the number of images that are classified correctly.
type measured struct{ loss, correct float64 }

// together is how many steps one execution does.
func (p *program) together() int {
	if p.series == nil {
		return 1
	}
	return p.series.length
}

// execute does a step for each rate, at most together, from a position of the epoch on. The first is the training's step of that number, from 0 on.
func (p *program) execute(f session.Feed, position, step int, rates []float64) ([]measured, error) {
	if p.series == nil {
		loss, correct, err := p.train(f, position, step, rates[0])
		return []measured{{loss, correct}}, err
	}
	var keys []uint32
	var scalars []float32
	for i := range p.series.length {
		at := min(i, len(rates)-1) // beyond the epoch nothing is done
		keys = append(keys, p.keys(step+at)...)
		scalars = append(scalars, p.scalars(step+at, rates[at])...)
	}
	rows := p.series.length
	k, s := tensors.FromFlatDataAndDimensions(keys, rows, len(keys)/rows), tensors.FromFlatDataAndDimensions(scalars, rows, len(scalars)/rows)
	defer k.FinalizeAll()
	defer s.FinalizeAll()
	out, err := p.series.exec.Call1(f.Inputs(position, k, s)...)
	if err != nil {
		return nil, fmt.Errorf("training steps %d to %d: %w", step+1, step+len(rates), err)
	}
	done, err := metricsOf(out)
	if err != nil {
		return nil, fmt.Errorf("training steps %d to %d: %w", step+1, step+len(rates), err)
	}
	return done[:len(rates)], nil
}

// metricsOf are those of the steps of an execution, which returned them as one tensor. It is freed.
func metricsOf(out *tensors.Tensor) (list []measured, err error) {
	defer out.FinalizeAll()
	values, err := tensors.CopyFlatData[float32](out)
	for v := range slices.Chunk(values, metricsShape.Size()) {
		list = append(list, measured{float64(v[0]), float64(v[1])})
	}
	return list, err
}
