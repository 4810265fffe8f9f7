package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// unary is an operation on each element.
func (f *function) unary(kind string, x compute.Value) (compute.Value, error) {
	v := x.(*value)
	return &value{v.shape, v.dims, v.order, &op{kind: kind, in: []*value{v}}}, nil
}

func (f *function) Abs(x compute.Value) (compute.Value, error)        { return f.unary("Abs", x) }
func (f *function) Ceil(x compute.Value) (compute.Value, error)       { return f.unary("Ceil", x) }
func (f *function) Erf(x compute.Value) (compute.Value, error)        { return f.unary("Erf", x) }
func (f *function) Exp(x compute.Value) (compute.Value, error)        { return f.unary("Exp", x) }
func (f *function) Floor(x compute.Value) (compute.Value, error)      { return f.unary("Floor", x) }
func (f *function) Log(x compute.Value) (compute.Value, error)        { return f.unary("Log", x) }
func (f *function) Logistic(x compute.Value) (compute.Value, error)   { return f.unary("Sigmoid", x) }
func (f *function) LogicalNot(x compute.Value) (compute.Value, error) { return f.unary("Not", x) }
func (f *function) Neg(x compute.Value) (compute.Value, error)        { return f.unary("Neg", x) }
func (f *function) Round(x compute.Value) (compute.Value, error)      { return f.unary("Round", x) }
func (f *function) Sign(x compute.Value) (compute.Value, error)       { return f.unary("Sign", x) }
func (f *function) Sqrt(x compute.Value) (compute.Value, error)       { return f.unary("Sqrt", x) }
func (f *function) Tanh(x compute.Value) (compute.Value, error)       { return f.unary("Tanh", x) }

// Identity is its operand.
func (f *function) Identity(x compute.Value) (compute.Value, error) { return x, nil }

// Rsqrt is 1/sqrt(x).
func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	root, _ := f.unary("Sqrt", x) // never an error
	return f.unary("Reciprocal", root)
}

// ConvertDType converts each element.
func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	v := x.(*value)
	if v.shape.DType == dtype {
		return v, nil
	}
	to, err := dataType(dtype)
	if err != nil {
		return nil, err
	}
	return &value{shapes.Make(dtype, v.shape.Dimensions...), v.dims, v.order, &op{kind: "Cast", in: []*value{v}, attributes: []attribute{{"to", int(to)}}}}, nil
}

// aligned brings operands of an elementwise operation to one order of axes. Those of length 1 are repeated by ONNX.
func (f *function) aligned(operands ...compute.Value) (in []*value, dims, order []int) {
	var first *value // whose order it is: the largest that is no constant
	rank := func(v *value) int { return v.shape.Rank() }
	better := func(a, b *value) bool {
		if rank(a) != rank(b) {
			return rank(a) > rank(b)
		}
		if a.isConstant() != b.isConstant() {
			return b.isConstant()
		}
		return withDims(a.shape, a.dims).Size() > withDims(b.shape, b.dims).Size()
	}
	for _, o := range operands {
		if v := o.(*value); first == nil || better(v, first) {
			first = v
		}
	}
	dims = slices.Clone(first.dims)
	for _, o := range operands {
		v := o.(*value)
		if rank(v) > 0 {
			v = f.inOrder(v, first.order)
			for axis, d := range v.dims {
				dims[axis] = max(dims[axis], d)
			}
		}
		in = append(in, v)
	}
	return in, dims, first.order
}

// binary is an operation on each pair of elements.
func (f *function) binary(kind string, operation compute.OpType, a, b compute.Value) (compute.Value, error) {
	shape, err := shapeinference.BinaryOp(operation, a.(*value).shape, b.(*value).shape)
	if err != nil {
		return nil, err
	}
	in, dims, order := f.aligned(a, b)
	return &value{shape, dims, order, &op{kind: kind, in: in}}, nil
}

func (f *function) Sub(a, b compute.Value) (compute.Value, error) {
	return f.binary("Sub", compute.OpTypeSub, a, b)
}
func (f *function) Min(a, b compute.Value) (compute.Value, error) {
	return f.binary("Min", compute.OpTypeMin, a, b)
}
func (f *function) Pow(a, b compute.Value) (compute.Value, error) {
	return f.binary("Pow", compute.OpTypePow, a, b)
}
func (f *function) LogicalAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary("And", compute.OpTypeLogicalAnd, a, b)
}
func (f *function) LogicalOr(a, b compute.Value) (compute.Value, error) {
	return f.binary("Or", compute.OpTypeLogicalOr, a, b)
}

// Max is the larger element; that of a tensor and zero is ReLU.
func (f *function) Max(a, b compute.Value) (compute.Value, error) {
	if zero, ok := b.(*value).scalar(); ok && zero == 0 {
		return f.unary("Relu", a)
	}
	return f.binary("Max", compute.OpTypeMax, a, b)
}

// Mul is the product. That of a sum over axes and one over their size is a mean.
func (f *function) Mul(a, b compute.Value) (compute.Value, error) {
	if factor, ok := b.(*value).scalar(); ok {
		if mean := meanOf(a.(*value), func(n int) bool { return factor == 1/float32(n) }); mean != nil {
			return mean, nil
		}
	}
	return f.binary("Mul", compute.OpTypeMul, a, b)
}

// Div is the quotient. That of a sum over axes and their size is a mean.
func (f *function) Div(a, b compute.Value) (compute.Value, error) {
	if divisor, ok := b.(*value).scalar(); ok {
		if mean := meanOf(a.(*value), func(n int) bool { return divisor == float32(n) }); mean != nil {
			return mean, nil
		}
	}
	return f.binary("Div", compute.OpTypeDiv, a, b)
}

// Add is the sum. That of a convolution or a matrix product and a constant for each channel is one operation with a bias.
func (f *function) Add(a, b compute.Value) (compute.Value, error) {
	if v := withBias(a.(*value), b.(*value)); v != nil {
		return v, nil
	}
	return f.binary("Add", compute.OpTypeAdd, a, b)
}

// compare is a comparison of each pair of elements.
func (f *function) compare(kind string, operation compute.OpType, a, b compute.Value) (compute.Value, error) {
	shape, err := shapeinference.ComparisonOp(operation, a.(*value).shape, b.(*value).shape)
	if err != nil {
		return nil, err
	}
	in, dims, order := f.aligned(a, b)
	return &value{shape, dims, order, &op{kind: kind, in: in}}, nil
}

func (f *function) Equal(a, b compute.Value) (compute.Value, error) {
	return f.compare("Equal", compute.OpTypeEqual, a, b)
}
func (f *function) GreaterThan(a, b compute.Value) (compute.Value, error) {
	return f.compare("Greater", compute.OpTypeGreaterThan, a, b)
}
func (f *function) GreaterOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare("GreaterOrEqual", compute.OpTypeGreaterOrEqual, a, b)
}
func (f *function) LessThan(a, b compute.Value) (compute.Value, error) {
	return f.compare("Less", compute.OpTypeLessThan, a, b)
}
func (f *function) LessOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare("LessOrEqual", compute.OpTypeLessOrEqual, a, b)
}

// Where chooses each element from one of two tensors.
func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	shape, err := shapeinference.Where(condition.(*value).shape, onTrue.(*value).shape, onFalse.(*value).shape)
	if err != nil {
		return nil, err
	}
	in, dims, order := f.aligned(condition, onTrue, onFalse)
	return &value{shape, dims, order, &op{kind: "Where", in: in}}, nil
}
