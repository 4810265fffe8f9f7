package export

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/images"
	"google.golang.org/protobuf/proto"
)

// evaluate computes a file's output by GoMLX's operations, from what the ONNX standard says of each operator (https://onnx.ai/onnx/operators).
func evaluate(t *testing.T, file []byte, inputs map[string]*tensors.Tensor) *tensors.Tensor {
	t.Helper()
	m := parse(t, file)
	var names []string
	var values []any
	for _, i := range m.Graph.Input {
		names, values = append(names, i.Name), append(values, inputs[i.Name])
	}
	out, err := ExecOnce(goBackend(t), func(in []*Node) *Node {
		e := evaluation{map[string]*Node{}, map[string]*protos.TensorProto{}}
		for i, name := range names {
			e.values[name] = in[i]
		}
		for _, c := range m.Graph.Initializer {
			e.constants[c.Name] = c
			if c.DataType == int32(protos.TensorProto_FLOAT) {
				e.values[c.Name] = ConstTensor(in[0].Graph(), tensors.FromFlatDataAndDimensions(numbers[float32](c), integersOf(c.Dims)...))
			}
		}
		for _, n := range m.Graph.Node {
			e.values[n.Output[0]] = e.node(n)
		}
		return e.values[m.Graph.Output[0].Name]
	}, values...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parse(t *testing.T, file []byte) *protos.ModelProto {
	t.Helper()
	m := &protos.ModelProto{}
	if err := proto.Unmarshal(file, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// operators counts a file's operators.
func operators(m *protos.ModelProto) map[string]int {
	counts := map[string]int{}
	for _, n := range m.Graph.Node {
		counts[n.OpType]++
	}
	return counts
}

func numbers[T any](c *protos.TensorProto) []T {
	var size int
	if c.DataType == int32(protos.TensorProto_INT64) {
		size = 8
	} else {
		size = 4
	}
	list := make([]T, len(c.RawData)/size)
	if _, err := binary.Decode(c.RawData, binary.LittleEndian, list); err != nil {
		panic(err)
	}
	return list
}

func integersOf(list []int64) (ints []int) {
	for _, i := range list {
		ints = append(ints, int(i))
	}
	return ints
}

type evaluation struct {
	values    map[string]*Node
	constants map[string]*protos.TensorProto
}

func (e evaluation) node(n *protos.NodeProto) *Node {
	in := func(i int) *Node { return e.values[n.Input[i]] }
	list := func(i int) []int { return integersOf(numbers[int64](e.constants[n.Input[i]])) }
	a := map[string]*protos.AttributeProto{}
	for _, attribute := range n.Attribute {
		a[attribute.Name] = attribute
	}
	ints := func(name string) []int { return integersOf(a[name].GetInts()) }
	switch n.OpType {
	case "Add":
		return pair(Add, in(0), in(1))
	case "Sub":
		return pair(Sub, in(0), in(1))
	case "Mul":
		return pair(Mul, in(0), in(1))
	case "Div":
		return pair(Div, in(0), in(1))
	case "Max":
		return pair(Max, in(0), in(1))
	case "GreaterOrEqual":
		return pair(GreaterOrEqual, in(0), in(1))
	case "Equal":
		return pair(Equal, in(0), in(1))
	case "Less":
		return pair(LessThan, in(0), in(1))
	case "Where":
		shape := Add(ConvertDType(in(0), dtypes.Float32), pair(Add, in(1), in(2))).Shape().Dimensions
		return Where(BroadcastToDims(in(0), shape...), BroadcastToDims(in(1), shape...), BroadcastToDims(in(2), shape...))
	case "Relu":
		return MaxScalar(in(0), 0)
	case "Sigmoid":
		return Sigmoid(in(0))
	case "Tanh":
		return Tanh(in(0))
	case "Erf":
		return Erf(in(0))
	case "Sqrt":
		return Sqrt(in(0))
	case "Softmax":
		return Softmax(in(0), int(a["axis"].I))
	case "Cast":
		if a["to"].I == int64(protos.TensorProto_UINT8) {
			return ConvertDType(in(0), dtypes.Uint8)
		}
		return ConvertDType(in(0), dtypes.Float32)
	case "Reshape":
		return Reshape(in(0), list(1)...)
	case "Expand":
		dims := slices.Clone(list(1))
		for i, d := range in(0).Shape().Dimensions {
			dims[i] = max(dims[i], d)
		}
		return BroadcastToDims(in(0), dims...)
	case "Transpose":
		return TransposeAllAxes(in(0), ints("perm")...)
	case "Concat":
		var all []*Node
		for i := range n.Input {
			all = append(all, in(i))
		}
		return Concatenate(all, int(a["axis"].I))
	case "Slice":
		return sliced(in(0), list(1), list(2), list(3), list(4))
	case "Pad":
		pads, axes := list(1), make([]PadAxis, in(0).Rank())
		for i := range axes {
			axes[i] = PadAxis{Start: pads[i], End: pads[i+len(axes)]}
		}
		return Pad(in(0), in(2), axes...)
	case "ReduceMean":
		return ReduceMean(in(0), ints("axes")...)
	case "ReduceMax":
		return ReduceMax(in(0), ints("axes")...)
	case "ReduceSum":
		return ReduceSum(in(0), list(1)...)
	case "MatMul":
		return Dot(in(0), in(1)).General([]int{in(0).Rank() - 1}, nil, []int{0}, nil)
	case "Gemm":
		return Add(Dot(in(0), in(1)).Product(), ExpandAxes(in(2), 0))
	case "Einsum":
		return Einsum(string(a["equation"].S), in(0), in(1))
	case "Conv":
		c := Convolve(in(0), in(1)).ChannelsAxis(images.ChannelsFirst).StridePerAxis(ints("strides")...).PaddingPerDim(paddings(ints("pads")))
		y := c.ChannelGroupCount(max(int(a["group"].GetI()), 1)).Done()
		return Add(y, Reshape(in(2), 1, -1, 1, 1))
	case "MaxPool":
		p := MaxPool(in(0)).ChannelsAxis(images.ChannelsFirst).WindowPerAxis(ints("kernel_shape")...).StridePerAxis(ints("strides")...)
		return p.PaddingPerDim(paddings(ints("pads"))).Done()
	case "BatchNormalization":
		channels := make([]int, in(0).Rank())
		for i := range channels {
			channels[i] = 1
		}
		channels[1] = -1
		v := func(i int) *Node { return Reshape(in(i), channels...) }
		return Add(Mul(Div(Sub(in(0), v(3)), Sqrt(AddScalar(v(4), a["epsilon"].F))), v(1)), v(2))
	case "LayerNormalization":
		x := Sub(in(0), ReduceAndKeep(in(0), ReduceMean, -1))
		x = Div(x, Sqrt(AddScalar(ReduceAndKeep(Square(x), ReduceMean, -1), a["epsilon"].F)))
		return Add(Mul(x, ExpandLeftToRank(in(1), x.Rank())), ExpandLeftToRank(in(2), x.Rank()))
	}
	panic(fmt.Errorf("the test knows no operator %s", n.OpType))
}

// pair aligns the operands at the last axis, as ONNX does.
func pair(f func(a, b *Node) *Node, a, b *Node) *Node {
	rank := max(a.Rank(), b.Rank())
	if a.Rank() > 0 {
		a = ExpandLeftToRank(a, rank)
	}
	if b.Rank() > 0 {
		b = ExpandLeftToRank(b, rank)
	}
	return f(a, b)
}

// paddings turns starts and ends into pairs.
func paddings(list []int) [][2]int {
	if list == nil {
		return [][2]int{{0, 0}, {0, 0}}
	}
	return [][2]int{{list[0], list[2]}, {list[1], list[3]}}
}

func sliced(x *Node, starts, ends, axes, steps []int) *Node {
	specs := make([]SliceAxisSpec, x.Rank())
	for i := range specs {
		specs[i] = AxisRange()
	}
	for i, axis := range axes {
		if steps[i] < 0 { // a whole axis backwards
			x = Reverse(x, axis)
			continue
		}
		specs[axis] = AxisRange(starts[i], ends[i]).Stride(steps[i])
	}
	return Slice(x, specs...)
}
