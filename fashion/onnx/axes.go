package onnx

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// inOrder is a value with its axes in an order.
func (f *function) inOrder(v *value, order []int) *value {
	if slices.Equal(v.order, order) {
		return v
	}
	perm := permuted(inverse(v.order), order) // of the tensor as it is in the file
	dims := permuted(v.dims, v.order)
	if v.isConstant() {
		return &value{v.shape, v.dims, order, &op{name: v.op.name, flat: transposed(v.op.flat, dims, perm), shape: withDims(v.shape, permuted(dims, perm))}}
	}
	long := func(order []int) []int {
		return slices.DeleteFunc(slices.Clone(order), func(axis int) bool { return v.dims[axis] == 1 })
	}
	if slices.Equal(long(v.order), long(order)) { // only axes of length 1 move
		return &value{v.shape, v.dims, order, reshapeOp(v, permuted(v.dims, order))}
	}
	return &value{v.shape, v.dims, order, &op{kind: "Transpose", in: []*value{v}, attributes: []attribute{{"perm", perm}}}}
}

// asGraph is a value with its axes in the order of the graph.
func (f *function) asGraph(v *value) *value { return f.inOrder(v, identity(v.shape.Rank())) }

// whole is a value that is repeated along no axis.
func (f *function) whole(v *value) (*value, error) {
	if slices.Equal(v.dims, v.shape.Dimensions) {
		return v, nil
	}
	target := make([]int, len(v.dims))
	for i, axis := range v.order {
		target[i] = 1 // keeps the length
		if v.dims[axis] != v.shape.Dimensions[axis] {
			target[i] = v.shape.Dimensions[axis]
		}
	}
	if slices.ContainsFunc(target, isBatch) {
		return nil, fmt.Errorf("a value is repeated for each image to the shape %v, which has no form in ONNX here", v.shape.Dimensions)
	}
	return &value{v.shape, v.shape.Dimensions, v.order, &op{kind: "Expand", in: []*value{v, integers(target)}}}, nil
}

// reshapeOp gives a tensor other lengths, those of the file.
func reshapeOp(v *value, dims []int) *op {
	target := slices.Clone(dims)
	for i, d := range target {
		if isBatch(d) {
			target[i] = -1
		}
	}
	from := v
	if v.op.kind == "Reshape" {
		from = v.op.in[0] // the values in between are in the same order
	}
	return &op{kind: "Reshape", in: []*value{from, integers(target)}}
}

// Reshape gives a tensor other axes.
func (f *function) Reshape(x compute.Value, dims ...int) (compute.Value, error) {
	v := x.(*value)
	shape := withDims(v.shape, dims)
	if shape.Size() != v.shape.Size() {
		return nil, fmt.Errorf("the shape %v is reshaped to %v", v.shape.Dimensions, dims)
	}
	if slices.Equal(dims, v.shape.Dimensions) {
		return v, nil
	}
	v, err := f.whole(v)
	if err != nil {
		return nil, err
	}
	v = f.asGraph(v)
	if v.isConstant() {
		return plain(shape, &op{name: v.op.name, flat: v.op.flat, shape: shape}), nil
	}
	batches := func(dims []int) (n int) {
		for _, d := range dims {
			if isBatch(d) {
				n++
			}
		}
		return n
	}
	if batches(dims) != batches(v.shape.Dimensions) || batches(dims) > 1 {
		return nil, fmt.Errorf("reshaping %v to %v mixes the batch with other axes", v.shape.Dimensions, dims)
	}
	return plain(shape, reshapeOp(v, dims)), nil
}

// Transpose permutes the axes, which changes nothing in the file.
func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	v, place := x.(*value), inverse(permutation)
	return &value{withDims(v.shape, permuted(v.shape.Dimensions, permutation)), permuted(v.dims, permutation), permuted(place, v.order), v.op}, nil
}

// BroadcastInDim repeats a tensor along new axes and along those of length 1. An elementwise operation of ONNX does that itself.
func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	v := x.(*value)
	dims := make([]int, shape.Rank())
	for i := range dims {
		dims[i] = 1
	}
	for i, axis := range axes {
		dims[axis] = v.shape.Dimensions[i]
	}
	expanded, err := f.Reshape(v, dims...)
	if err != nil {
		return nil, err
	}
	e := expanded.(*value)
	return &value{withDims(v.shape, shape.Dimensions), e.dims, e.order, e.op}, nil
}

// Concatenate joins tensors along an axis.
func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	first := operands[0].(*value)
	dims := slices.Clone(first.shape.Dimensions)
	dims[axis] = 0
	o := &op{kind: "Concat", attributes: []attribute{{"axis", slices.Index(first.order, axis)}}}
	for _, operand := range operands {
		v, err := f.whole(operand.(*value))
		if err != nil {
			return nil, err
		}
		dims[axis] += v.shape.Dimensions[axis]
		o.in = append(o.in, f.inOrder(v, first.order))
	}
	return &value{withDims(first.shape, dims), dims, first.order, o}, nil
}

// Slice takes a part of each axis.
func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(v.shape.Dimensions)
	var from, to, axes, steps []int
	for i, d := range v.shape.Dimensions {
		stride := 1
		if len(strides) > 0 {
			stride = strides[i]
		}
		if starts[i] == 0 && limits[i] == d && stride == 1 {
			continue
		}
		if isBatch(d) {
			return nil, fmt.Errorf("a part of the batch is taken, images %d to %d of %d", starts[i], limits[i], d)
		}
		dims[i] = (limits[i] - starts[i] + stride - 1) / stride
		from, to, axes, steps = append(from, starts[i]), append(to, limits[i]), append(axes, slices.Index(v.order, i)), append(steps, stride)
	}
	if axes == nil {
		return v, nil
	}
	return &value{withDims(v.shape, dims), dims, v.order, sliceOp(v, from, to, axes, steps)}, nil
}

func sliceOp(v *value, from, to, axes, steps []int) *op {
	return &op{kind: "Slice", in: []*value{v, integers(from), integers(to), integers(axes), integers(steps)}}
}

// Reverse reverses axes: a slice backwards.
func (f *function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	var from, to, at, steps []int
	for _, axis := range axes {
		if isBatch(v.dims[axis]) {
			return nil, fmt.Errorf("the batch is reversed")
		}
		from, to, at, steps = append(from, v.dims[axis]-1), append(to, -v.dims[axis]-1), append(at, slices.Index(v.order, axis)), append(steps, -1)
	}
	return &value{v.shape, v.dims, v.order, sliceOp(v, from, to, at, steps)}, nil
}

// Pad adds a border of one value.
func (f *function) Pad(x, fill compute.Value, axes ...compute.PadAxis) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(v.dims)
	before, after := make([]int, len(dims)), make([]int, len(dims))
	for axis, p := range axes {
		if p.Interior != 0 || isBatch(dims[axis]) && (p.Start != 0 || p.End != 0) {
			return nil, fmt.Errorf("the shape %v is padded by %+v, which has no form in ONNX here", dims, axes)
		}
		before[axis], after[axis] = p.Start, p.End
		dims[axis] += p.Start + p.End
	}
	pads := integers(append(permuted(before, v.order), permuted(after, v.order)...))
	return &value{withDims(v.shape, dims), dims, v.order, &op{kind: "Pad", in: []*value{v, pads, fill.(*value)}}}, nil
}

// withDims is a shape with other lengths.
func withDims(s shapes.Shape, dims []int) shapes.Shape { return shapes.Make(s.DType, dims...) }

// transposed permutes the axes of an array.
func transposed(flat any, dims, perm []int) any {
	switch flat := flat.(type) {
	case []float32:
		return transpose(flat, dims, perm)
	case []int32:
		return transpose(flat, dims, perm)
	case []int64:
		return transpose(flat, dims, perm)
	case []uint8:
		return transpose(flat, dims, perm)
	case []bool:
		return transpose(flat, dims, perm)
	}
	panic(fmt.Errorf("an array of %T", flat)) // constant makes no other
}

func transpose[T any](flat []T, dims, perm []int) []T {
	stride := make([]int, len(dims)) // of the axes as they are
	for i, n := len(dims)-1, 1; i >= 0; i-- {
		stride[i], n = n, n*dims[i]
	}
	out, at := make([]T, 0, len(flat)), make([]int, len(dims)) // at is the position in the new order
	for range flat {
		from := 0
		for i, axis := range perm {
			from += at[i] * stride[axis]
		}
		out = append(out, flat[from])
		for i := len(at) - 1; i >= 0; i-- {
			if at[i]++; at[i] < dims[perm[i]] {
				break
			}
			at[i] = 0
		}
	}
	return out
}
