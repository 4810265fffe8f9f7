package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute-onnx/support/protos"
	"github.com/gomlx/compute/dtypes"
	"google.golang.org/protobuf/proto"
)

// The versions of the format: the operator set has had layer normalization since 17, and the file format is the one that came with it.
const (
	operatorSet = 17
	irVersion   = 8
)

// batchName is the name of the symbolic length of the batch.
const batchName = "batch"

// file makes the file of a graph's output. Only what it needs is written.
type file struct {
	graph *protos.GraphProto
	names map[*op]string
	used  map[string]bool
	err   error // the first
}

// encode returns the file of an output of that name.
func encode(output string, v *value, metadata map[string]string) ([]byte, error) {
	if v.op.kind == "" {
		return nil, errors.New("the output depends on no operation")
	}
	w := &file{graph: &protos.GraphProto{Name: "network"}, names: map[*op]string{v.op: output}, used: map[string]bool{output: true}}
	w.write(v.op)
	w.graph.Output = []*protos.ValueInfoProto{w.info(output, v)}
	if w.err != nil {
		return nil, w.err
	}
	model := &protos.ModelProto{IrVersion: irVersion, OpsetImport: []*protos.OperatorSetIdProto{{Version: operatorSet}}, ProducerName: "fashionlab", Graph: w.graph}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		model.MetadataProps = append(model.MetadataProps, &protos.StringStringEntryProto{Key: key, Value: metadata[key]})
	}
	return proto.MarshalOptions{Deterministic: true}.Marshal(model)
}

// write writes an operation after those that it needs, and gives it a name if it has none.
func (w *file) write(o *op) {
	for _, v := range o.in {
		if _, written := w.names[v.op]; !written {
			w.name(v)
			w.write(v.op)
		}
	}
	switch {
	case o.flat != nil:
		w.graph.Initializer = append(w.graph.Initializer, w.tensor(o))
	case o.kind == "":
		w.graph.Input = append(w.graph.Input, w.info(w.names[o], plain(o.shape, o)))
	default:
		node := &protos.NodeProto{OpType: o.kind, Name: w.names[o], Output: []string{w.names[o]}}
		for _, v := range o.in {
			node.Input = append(node.Input, w.names[v.op])
		}
		for _, a := range o.attributes {
			node.Attribute = append(node.Attribute, a.proto())
		}
		w.graph.Node = append(w.graph.Node, node)
	}
}

// name names what makes a value: by the input, parameter or layer, or by the kind of operation.
func (w *file) name(v *value) {
	name := v.op.name
	switch {
	case name == "" && v.isConstant():
		name = "constant"
	case name == "":
		name = strings.ToLower(v.op.kind)
	}
	unique := name
	for i := 2; w.used[unique]; i++ {
		unique = fmt.Sprintf("%s_%d", name, i)
	}
	w.used[unique], w.names[v.op] = true, unique
}

// info describes an input or output.
func (w *file) info(name string, v *value) *protos.ValueInfoProto {
	to, err := dataType(v.shape.DType)
	w.refuse(err)
	shape := &protos.TensorShapeProto{}
	for _, axis := range v.order {
		dim := &protos.TensorShapeProto_Dimension{Value: &protos.TensorShapeProto_Dimension_DimValue{DimValue: int64(v.dims[axis])}}
		if isBatch(v.dims[axis]) {
			dim.Value = &protos.TensorShapeProto_Dimension_DimParam{DimParam: batchName}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	return &protos.ValueInfoProto{Name: name, Type: &protos.TypeProto{Value: &protos.TypeProto_TensorType{TensorType: &protos.TypeProto_Tensor{ElemType: int32(to), Shape: shape}}}}
}

// tensor is a constant.
func (w *file) tensor(o *op) *protos.TensorProto {
	to, err := dataType(o.shape.DType)
	w.refuse(err)
	t := &protos.TensorProto{Name: w.names[o], DataType: int32(to)}
	for _, d := range o.shape.Dimensions {
		t.Dims = append(t.Dims, int64(d))
	}
	t.RawData, err = binary.Append(nil, binary.LittleEndian, o.flat)
	w.refuse(err)
	return t
}

// refuse keeps the first error.
func (w *file) refuse(err error) {
	if w.err == nil {
		w.err = err
	}
}

// proto is the attribute as it is written.
func (a attribute) proto() *protos.AttributeProto {
	p := &protos.AttributeProto{Name: a.name}
	switch v := a.value.(type) {
	case int:
		p.Type, p.I = protos.AttributeProto_INT, int64(v)
	case float32:
		p.Type, p.F = protos.AttributeProto_FLOAT, v
	case string:
		p.Type, p.S = protos.AttributeProto_STRING, []byte(v)
	case []int:
		p.Type = protos.AttributeProto_INTS
		for _, i := range v {
			p.Ints = append(p.Ints, int64(i))
		}
	default:
		panic(fmt.Errorf("the attribute %s is a %T", a.name, v)) // a mistake of this package
	}
	return p
}

// dataType is ONNX's number of a type.
func dataType(dtype dtypes.DType) (protos.TensorProto_DataType, error) {
	switch dtype {
	case dtypes.Float32:
		return protos.TensorProto_FLOAT, nil
	case dtypes.Int32:
		return protos.TensorProto_INT32, nil
	case dtypes.Int64:
		return protos.TensorProto_INT64, nil
	case dtypes.Uint8:
		return protos.TensorProto_UINT8, nil
	case dtypes.Bool:
		return protos.TensorProto_BOOL, nil
	}
	return 0, fmt.Errorf("the type %s has no form in ONNX here", dtype)
}
