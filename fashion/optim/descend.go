package optim

import (
	"fmt"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Surface is a function of two parameters, built as a graph. It is elementwise: x and y are scalars or tensors of one shape, which is that of the result.
type Surface func(x, y *Node) *Node

// Point is a pair of parameters and the surface's value there.
type Point struct{ X, Y, Value float64 }

// Descend takes steps of an optimizer's update rule down a surface, with the gradient by automatic differentiation, in float32, as in a training; the learning rate is
// constant. It returns the points before the first step and after each. It needs no plugin. own must contain the user-defined update rule that o names, if any.
func Descend(f Surface, o recipes.Optimizer, x, y float64, steps int, own ...OwnRule) ([]Point, error) {
	rule, err := New(o, own...)
	if err != nil {
		return nil, err
	}
	if f == nil || steps < 0 {
		return nil, fmt.Errorf("descending for %d steps, want 0 or more, and a surface", steps)
	}
	state := []any{[]float32{float32(x), float32(y)}}
	for range rule.Slots {
		state = append(state, make([]float32, 2))
	}
	path := make([]Point, 0, steps+1)
	err = onHost(func(in []*Node) []*Node { // scalars, parameters [2], slots
		p := in[1]
		value := f(Slice(p, AxisElem(0)), Slice(p, AxisElem(1)))
		moved, slots := rule.Update(p, Gradient(ReduceAllSum(value), p)[0], in[2:], in[0])
		return append([]*Node{ReduceAllSum(value), moved}, slots...)
	}, func(call func(in ...any) ([]any, error)) error {
		for step := range steps + 1 {
			at := state[0].([]float32)
			out, err := call(append([]any{rule.Inputs(step+1, o.LearningRate)}, state...)...)
			if err != nil {
				return err
			}
			path = append(path, Point{float64(at[0]), float64(at[1]), float64(out[0].(float32))})
			state = out[1:]
		}
		return nil
	})
	return path, err
}

// Heights returns the values of a surface on a grid, as float32 computes them: row i has those at ys[i], for each of xs.
func Heights(f Surface, xs, ys []float64) ([][]float64, error) {
	var rows [][]float64
	err := onHost(func(in []*Node) []*Node { return []*Node{f(in[0], in[1])} }, func(call func(in ...any) ([]any, error)) error {
		for _, y := range ys {
			atX, atY := make([]float32, len(xs)), make([]float32, len(xs))
			for i, x := range xs {
				atX[i], atY[i] = float32(x), float32(y)
			}
			out, err := call(atX, atY)
			if err != nil {
				return err
			}
			row := make([]float64, len(xs))
			for i, v := range out[0].([]float32) {
				row[i] = float64(v)
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// onHost compiles a graph for GoMLX's backend in pure Go and hands it over, as a function of Go values.
func onHost(build func(in []*Node) []*Node, use func(call func(in ...any) ([]any, error)) error) error {
	backend, err := gobackend.New("")
	if err != nil {
		return err
	}
	defer backend.Finalize()
	return layers.Catch(func() error {
		exec, err := NewExec(backend, build)
		if err != nil {
			return err
		}
		return use(func(in ...any) ([]any, error) {
			out, err := exec.Call(in...)
			if err != nil {
				return nil, err
			}
			values := make([]any, len(out))
			for i, t := range out {
				values[i] = t.Value()
				t.FinalizeAll()
			}
			return values, nil
		})
	})
}
