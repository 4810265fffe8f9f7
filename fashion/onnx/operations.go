package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
)

// channelsFirst is the order in which ONNX's convolutions and poolings have the axes of [B, H, W, C].
var channelsFirst = []int{0, 3, 1, 2}

// ConvGeneral is a convolution.
func (f *function) ConvGeneral(x, kernel compute.Value, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int, inputDilations, kernelDilations []int, channelGroups, batchGroups int) (compute.Value, error) {
	shape, err := shapeinference.ConvGeneral(x.(*value).shape, kernel.(*value).shape, axes, strides, paddings, inputDilations, kernelDilations, max(channelGroups, 1), max(batchGroups, 1))
	if err != nil {
		return nil, err
	}
	if batchGroups > 1 || slices.ContainsFunc(inputDilations, func(d int) bool { return d > 1 }) {
		return nil, fmt.Errorf("a convolution with dilated input or groups of the batch has no form in ONNX")
	}
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	k, err := f.whole(kernel.(*value))
	if err != nil {
		return nil, err
	}
	k = f.inOrder(k, append([]int{axes.KernelOutputChannels, axes.KernelInputChannels}, axes.KernelSpatial...))
	v = f.inOrder(v, append([]int{axes.InputBatch, axes.InputChannels}, axes.InputSpatial...))
	o := &op{kind: "Conv", in: []*value{v, k}, name: layerOf(k)}
	if len(strides) == 0 {
		strides = slices.Repeat([]int{1}, len(axes.InputSpatial))
	}
	o.attributes = append(o.attributes, attribute{"kernel_shape", permuted(k.shape.Dimensions, axes.KernelSpatial)}, attribute{"strides", strides})
	if len(paddings) > 0 {
		o.attributes = append(o.attributes, attribute{"pads", startsAndEnds(paddings)})
	}
	if len(kernelDilations) > 0 {
		o.attributes = append(o.attributes, attribute{"dilations", kernelDilations})
	}
	if channelGroups > 1 {
		o.attributes = append(o.attributes, attribute{"group", channelGroups})
	}
	return &value{shape, shape.Dimensions, append([]int{axes.OutputBatch, axes.OutputChannels}, axes.OutputSpatial...), o}, nil
}

// startsAndEnds are paddings as ONNX wants them: all starts, then all ends.
func startsAndEnds(paddings [][2]int) (list []int) {
	for side := range 2 {
		for _, p := range paddings {
			list = append(list, p[side])
		}
	}
	return list
}

// layerOf is the name of the layer to which a parameter belongs; "" for another value.
func layerOf(v *value) string {
	if i := strings.LastIndexByte(v.op.name, '/'); i >= 0 && v.isConstant() {
		return v.op.name[:i]
	}
	return ""
}

// DotGeneral is a matrix product, or any other product that sums over axes.
func (f *function) DotGeneral(a compute.Value, contractA, batchA []int, b compute.Value, contractB, batchB []int, config compute.DotGeneralConfig) (compute.Value, error) {
	x, err := f.whole(a.(*value))
	if err != nil {
		return nil, err
	}
	y, err := f.whole(b.(*value))
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.DotGeneral(x.shape, contractA, batchA, y.shape, contractB, batchB, config)
	if err != nil {
		return nil, err
	}
	x, y = f.asGraph(x), f.asGraph(y)
	if len(batchA) == 0 && y.shape.Rank() == 2 && slices.Equal(contractB, []int{0}) && slices.Equal(contractA, []int{x.shape.Rank() - 1}) {
		return plain(shape, &op{kind: "MatMul", in: []*value{x, y}, name: layerOf(y)}), nil
	}
	return plain(shape, &op{kind: "Einsum", in: []*value{x, y}, attributes: []attribute{{"equation", equation(x.shape.Rank(), contractA, batchA, y.shape.Rank(), contractB, batchB)}}}), nil
}

// equation is Einstein's notation of DotGeneral.
func equation(rankA int, contractA, batchA []int, rankB int, contractB, batchB []int) string {
	a, b := make([]byte, rankA), make([]byte, rankB)
	var out []byte
	next := byte('a')
	both := func(axesA, axesB []int) (letters []byte) {
		for i := range axesA {
			a[axesA[i]], b[axesB[i]] = next, next
			letters = append(letters, next)
			next++
		}
		return letters
	}
	rest := func(letters []byte) {
		for i := range letters {
			if letters[i] == 0 {
				letters[i] = next
				out = append(out, next)
				next++
			}
		}
	}
	out = both(batchA, batchB)
	both(contractA, contractB)
	rest(a)
	rest(b)
	return fmt.Sprintf("%s,%s->%s", a, b, out)
}

// withBias is a convolution or a matrix product with a constant of each channel; nil if v is neither or b is not such.
func withBias(v, b *value) *value {
	channels := v.shape.Rank() - 1
	if !b.isConstant() || channels < 0 || len(v.op.in) != 2 || len(b.dims) == 0 || b.dims[len(b.dims)-1] != v.shape.Dimensions[channels] || withDims(b.shape, b.dims).Size() != v.shape.Dimensions[channels] {
		return nil
	}
	bias := plain(withDims(b.shape, []int{v.shape.Dimensions[channels]}), &op{name: b.op.name, flat: b.op.flat, shape: withDims(b.shape, []int{v.shape.Dimensions[channels]})})
	o := &op{kind: v.op.kind, in: append(slices.Clone(v.op.in), bias), attributes: v.op.attributes, name: v.op.name}
	switch {
	case v.op.kind == "Conv" && v.order[1] == channels:
	case v.op.kind == "MatMul" && channels == 1:
		o.kind = "Gemm"
	default:
		return nil
	}
	return &value{v.shape, v.dims, v.order, o}
}

// BatchNormForInference is batch normalization by the running statistics.
func (f *function) BatchNormForInference(x, scale, offset, mean, variance compute.Value, epsilon float32, channels int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	order := []int{0, channels}
	for axis := range v.shape.Rank() {
		if axis != 0 && axis != channels {
			order = append(order, axis)
		}
	}
	in := []*value{f.inOrder(v, order)}
	for _, parameter := range []compute.Value{scale, offset, mean, variance} {
		in = append(in, parameter.(*value))
	}
	return &value{v.shape, v.dims, order, &op{kind: "BatchNormalization", in: in, attributes: []attribute{{"epsilon", epsilon}}, name: layerOf(in[1])}}, nil
}

// FusedLayerNorm is layer normalization of the last axis.
func (f *function) FusedLayerNorm(x compute.Value, axes []int, epsilon float64, gamma, beta compute.Value) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(axes, []int{v.shape.Rank() - 1}) || gamma == nil || beta == nil {
		return nil, fmt.Errorf("layer normalization of the axes %v of %v has no form in ONNX here", axes, v.shape.Dimensions)
	}
	scale := gamma.(*value)
	o := &op{kind: "LayerNormalization", in: []*value{f.asGraph(v), scale, beta.(*value)}, attributes: []attribute{{"axis", -1}, {"epsilon", float32(epsilon)}}, name: layerOf(scale)}
	return plain(v.shape, o), nil
}

// FusedSoftmax is the softmax along an axis.
func (f *function) FusedSoftmax(x compute.Value, axis int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	return &value{v.shape, v.dims, v.order, &op{kind: "Softmax", in: []*value{v}, attributes: []attribute{{"axis", slices.Index(v.order, axis)}}}}, nil
}

// ReduceWindow is max pooling of [B, H, W, C].
func (f *function) ReduceWindow(x compute.Value, reduction compute.ReduceOpType, window, strides, inputDilations, windowDilations []int, paddings [][2]int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.ReduceWindow(v.shape, window, strides, inputDilations, windowDilations, paddings)
	if err != nil {
		return nil, err
	}
	dilated := func(d int) bool { return d > 1 }
	if reduction != compute.ReduceOpMax || len(window) != 4 || window[0] != 1 || window[3] != 1 || slices.ContainsFunc(inputDilations, dilated) || slices.ContainsFunc(windowDilations, dilated) {
		return nil, fmt.Errorf("the reduction %s of windows %v has no form in ONNX here", reduction, window)
	}
	if strides == nil {
		strides = window
	}
	o := &op{kind: "MaxPool", in: []*value{f.inOrder(v, channelsFirst)}, attributes: []attribute{{"kernel_shape", window[1:3]}, {"strides", strides[1:3]}}}
	if len(paddings) == 4 {
		o.attributes = append(o.attributes, attribute{"pads", startsAndEnds(paddings[1:3])})
	}
	return &value{shape, shape.Dimensions, channelsFirst, o}, nil
}

// reduce is a reduction over axes, all if none is named.
func (f *function) reduce(kind string, x compute.Value, axes []int) (compute.Value, error) {
	v, err := f.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		axes = identity(v.shape.Rank())
	}
	if slices.ContainsFunc(axes, func(axis int) bool { return isBatch(v.dims[axis]) }) {
		return nil, fmt.Errorf("a reduction of %v over the axes %v includes the batch", v.shape.Dimensions, axes)
	}
	var dims, order, at []int
	place := make([]int, v.shape.Rank()) // of the axes that are left
	for axis, d := range v.dims {
		if !slices.Contains(axes, axis) {
			place[axis] = len(dims)
			dims = append(dims, d)
		}
	}
	for i, axis := range v.order {
		if slices.Contains(axes, axis) {
			at = append(at, i)
		} else {
			order = append(order, place[axis])
		}
	}
	o := &op{kind: kind, in: []*value{v}, attributes: []attribute{{"keepdims", 0}}}
	if kind == "ReduceSum" {
		o.in = append(o.in, integers(at))
	} else {
		o.attributes = append(o.attributes, attribute{"axes", at})
	}
	return &value{withDims(v.shape, dims), dims, order, o}, nil
}

func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceSum", x, axes)
}
func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMax", x, axes)
}
func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMin", x, axes)
}

// meanOf is the mean in place of a sum over n elements that is divided by n; nil for anything else.
func meanOf(v *value, byCount func(n int) bool) *value {
	if v.op.kind != "ReduceSum" {
		return nil
	}
	x := v.op.in[0]
	if !byCount(x.shape.Size() / max(v.shape.Size(), 1)) {
		return nil
	}
	var at []int
	for _, i := range v.op.in[1].op.flat.([]int64) {
		at = append(at, int(i))
	}
	return &value{v.shape, v.dims, v.order, &op{kind: "ReduceMean", in: []*value{x}, attributes: []attribute{{"axes", at}, {"keepdims", 0}}}}
}
