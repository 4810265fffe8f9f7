package onnx

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Input is an input of a graph, [batch, dims...].
func Input(g *Graph, name string, dtype dtypes.DType, dims ...int) *Node {
	return Parameter(g, name, shapes.Make(dtype, slices.Concat([]int{batch}, dims)...))
}

// Encode builds a graph, whose output gets a name, and returns its file. The parameters, in single precision, are those of the graph's parameters that have their
// names; the others are inputs. build uses layers of the form layers.ForExport.
func Encode(output string, parameters []run.Tensor, metadata map[string]string, build func(g *Graph) *Node) ([]byte, error) {
	b := &backend{values: map[string][]float32{}}
	for _, t := range parameters {
		flat := make([]float32, len(t.Data)/4)
		if _, err := binary.Decode(t.Data, binary.LittleEndian, flat); err != nil {
			return nil, err
		}
		b.values[t.Name] = flat
	}
	err := layers.Catch(func() error {
		g := NewGraph(b, output)
		defer g.Finalize()
		return g.Compile(build(g))
	})
	if !errors.Is(err, errRecorded) {
		return nil, err
	}
	v, err := b.main.whole(b.main.outputs[0])
	if err != nil {
		return nil, err
	}
	return encode(output, b.main.asGraph(v), metadata)
}
