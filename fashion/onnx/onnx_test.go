package onnx

import (
	"slices"
	"testing"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"google.golang.org/protobuf/proto"
)

// written is the file of a graph of images [batch, 2, 3].
func written(t *testing.T, build func(x *Node) *Node) *protos.ModelProto {
	t.Helper()
	data, err := Encode("y", nil, map[string]string{"key": "value"}, func(g *Graph) *Node { return build(Input(g, "x", dtypes.Float32, 2, 3)) })
	if err != nil {
		t.Fatal(err)
	}
	m := &protos.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// kinds are the operators of a file in order.
func kinds(m *protos.ModelProto) (list []string) {
	for _, n := range m.Graph.Node {
		list = append(list, n.OpType)
	}
	return list
}

func TestTheBatchIsSymbolic(t *testing.T) {
	m := written(t, func(x *Node) *Node { return Reshape(AddScalar(x, 1), -1, 6) })
	in, out := m.Graph.Input[0].Type.GetTensorType().Shape.Dim, m.Graph.Output[0].Type.GetTensorType().Shape.Dim
	if in[0].GetDimParam() != "batch" || in[2].GetDimValue() != 3 || out[0].GetDimParam() != "batch" || out[1].GetDimValue() != 6 {
		t.Errorf("the input is %v and the output %v, want [batch, 2, 3] and [batch, 6]", in, out)
	}
	if m.Graph.Output[0].Name != "y" || m.MetadataProps[0].Key != "key" || m.OpsetImport[0].Version != operatorSet {
		t.Errorf("the output is %q, the metadata are %v and the operator sets %v", m.Graph.Output[0].Name, m.MetadataProps, m.OpsetImport)
	}
}

func TestWhatTheOutputDoesNotNeedIsNotWritten(t *testing.T) {
	m := written(t, func(x *Node) *Node {
		Exp(x)
		return MaxScalar(Transpose(Transpose(x, 1, 2), 1, 2), 0)
	})
	if got := kinds(m); !slices.Equal(got, []string{"Relu"}) {
		t.Errorf("the operators are %q, want Relu alone: permuting twice is nothing", got)
	}
}

func TestSeveralOperationsAreOneWhereONNXHasIt(t *testing.T) {
	for want, build := range map[string]func(x *Node) *Node{
		"ReduceMean": func(x *Node) *Node { return ReduceMean(x, 1) },
		"Relu":       func(x *Node) *Node { return Max(x, ScalarZero(x.Graph(), x.DType())) },
		"MatMul": func(x *Node) *Node {
			return Dot(x, Const(x.Graph(), [][]float32{{1}, {2}, {3}})).General([]int{2}, nil, []int{0}, nil)
		},
	} {
		if got := kinds(written(t, build)); !slices.Equal(got, []string{want}) {
			t.Errorf("the operators are %q, want %s", got, want)
		}
	}
	gemm := written(t, func(x *Node) *Node {
		flat := Reshape(x, -1, 6)
		kernel := Const(x.Graph(), [][]float32{{1}, {2}, {3}, {4}, {5}, {6}})
		return Add(Dot(flat, kernel).Product(), Const(x.Graph(), [][]float32{{7}}))
	})
	if got := kinds(gemm); !slices.Equal(got, []string{"Reshape", "Gemm"}) {
		t.Errorf("the operators are %q, want Reshape and Gemm", got)
	}
}

func TestWhatDependsOnTheBatchIsAnError(t *testing.T) {
	for name, build := range map[string]func(x *Node) *Node{
		"part":    func(x *Node) *Node { return Slice(x, AxisRange(0, 5)) },
		"reduced": func(x *Node) *Node { return ReduceSum(x, 0) },
	} {
		if _, err := Encode("y", nil, nil, func(g *Graph) *Node { return build(Input(g, "x", dtypes.Float32, 2, 3)) }); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
