package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"

	"fashionlab/fashion/layers"
)

// batch is the number of images for which a graph is built; see the package comment.
const batch = 1_000_003

// isBatch reports whether a size is that of the batch, or a multiple.
func isBatch(dim int) bool { return dim > 0 && dim%batch == 0 }

// backend is a GoMLX backend on which graphs can be built, not executed. A graph's parameters that have values here are constants of the file, all others its inputs.
type backend struct {
	notimplemented.Backend
	values map[string][]float32 // by the parameter's name
	main   *function            // of the last graph
}

func (*backend) Name() string        { return "onnx" }
func (b *backend) String() string    { return b.Name() }
func (*backend) Description() string { return "writes ONNX files" }
func (*backend) NumDevices() int     { return 1 }

// Builder begins a graph.
func (b *backend) Builder(name string) compute.Builder {
	refuse := func(op compute.OpType) error { return fmt.Errorf("the operation %s has no form in ONNX here", op) }
	build := &builder{name: name}
	build.main = &function{Function: notimplemented.Function{ErrFn: refuse}, builder: build, values: b.values}
	b.main = build.main
	return build
}

// builder holds a graph's one function.
type builder struct {
	notimplemented.Builder
	name string
	main *function
}

func (b *builder) Name() string                                  { return b.name }
func (b *builder) Main() compute.Function                        { return b.main }
func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) { return v.(*value).shape, nil }

// errRecorded says that a graph is complete: there is nothing to execute.
var errRecorded = errors.New("the graph is recorded")

// Compile ends the graph.
func (b *builder) Compile() (compute.Executable, error) { return nil, errRecorded }

// function records the operations of a graph.
type function struct {
	notimplemented.Function
	builder *builder
	values  map[string][]float32
	outputs []*value
}

func (f *function) Name() string                                { return compute.MainName }
func (f *function) Builder() compute.Builder                    { return f.builder }
func (f *function) Shape(v compute.Value) (shapes.Shape, error) { return v.(*value).shape, nil }

// Return records the outputs.
func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	for _, v := range outputs {
		f.outputs = append(f.outputs, v.(*value))
	}
	return nil
}

// value is a tensor of the graph. The tensor in the file may have its axes in another order, and may have length 1 along axes along which it is to be repeated.
type value struct {
	shape shapes.Shape
	dims  []int // in the shape's order; 1 where the tensor is repeated
	order []int // axis i of the tensor in the file is axis order[i] of the shape
	op    *op
}

// op is an operation of the file with one output, or a constant, or an input of the graph.
type op struct {
	kind       string // ONNX's name; "" for a constant and an input
	in         []*value
	attributes []attribute
	name       string // of the input or parameter; of an operation that of the layer, if it is known
	flat       any    // a constant's values, a slice in the order of the file
	shape      shapes.Shape
}

// attribute is a static argument of an operation: an int, a float32, a string or a []int.
type attribute struct {
	name  string
	value any
}

// Parameter records an input of the graph, or a parameter of the network.
func (f *function) Parameter(name string, shape shapes.Shape, _ *compute.ShardingSpec) (compute.Value, error) {
	if flat, ok := f.values[name]; ok {
		parameter, _ := layers.ParameterAt(name)
		return constant(parameter, flat, shape.Dimensions...)
	}
	return plain(shape, &op{name: name, shape: shape}), nil
}

// Constant records a constant.
func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	if slices.ContainsFunc(dims, isBatch) {
		return nil, fmt.Errorf("a constant has the shape %v, which depends on the batch", dims)
	}
	return constant("", flat, dims...)
}

// constant is a constant of that name, "" for none.
func constant(name string, flat any, dims ...int) (*value, error) {
	var dtype dtypes.DType
	switch flat.(type) {
	case []float32:
		dtype = dtypes.Float32
	case []int32:
		dtype = dtypes.Int32
	case []int64:
		dtype = dtypes.Int64
	case []uint8:
		dtype = dtypes.Uint8
	case []bool:
		dtype = dtypes.Bool
	default:
		return nil, fmt.Errorf("a constant is a %T, which has no form in ONNX here", flat)
	}
	shape := shapes.Make(dtype, dims...)
	return plain(shape, &op{name: name, flat: flat, shape: shape}), nil
}

// integers is a constant vector, as ONNX takes sizes and axes.
func integers(list []int) *value {
	flat := make([]int64, len(list))
	for i, n := range list {
		flat[i] = int64(n)
	}
	shape := shapes.Make(dtypes.Int64, len(list))
	return plain(shape, &op{flat: flat, shape: shape})
}

// plain is a value whose tensor in the file is as the graph has it.
func plain(shape shapes.Shape, o *op) *value {
	return &value{shape: shape, dims: shape.Dimensions, order: identity(shape.Rank()), op: o}
}

// isConstant reports whether the values are known.
func (v *value) isConstant() bool { return v.op.flat != nil }

// scalar is the value of a constant of one float32.
func (v *value) scalar() (float32, bool) {
	flat, ok := v.op.flat.([]float32)
	if !ok || len(flat) != 1 {
		return 0, false
	}
	return flat[0], true
}

// identity is 0, 1, ... n-1.
func identity(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// permuted is what a list has at the positions of an order.
func permuted(list, order []int) []int {
	out := make([]int, len(order))
	for i, axis := range order {
		out[i] = list[axis]
	}
	return out
}

// inverse undoes an order.
func inverse(order []int) []int {
	out := make([]int, len(order))
	for i, axis := range order {
		out[axis] = i
	}
	return out
}
