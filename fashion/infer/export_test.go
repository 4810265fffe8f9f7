package infer

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

const (
	LargeBatch = largeBatch
	SmallBatch = smallBatch
)

// Store holds the parameters of a model.
func (m *Model) Store() *model.Store { return m.store }

// LastMapName is the name of the layer that Grad-CAM explains a network by.
func LastMapName(outputs []layers.Output) string { return lastMap(outputs).Name }

// LastMaps are the values of the map that Grad-CAM explains images by, [N, H, W, C].
func (m *Model) LastMaps(images []fashion.Image) (all []float32, err error) {
	err = m.inBatches("last map", fashion.Set{Images: images}, func(n *layers.Net, x *Node, _ ...*Node) []*Node {
		m.network.Build(n, x)
		return []*Node{lastMap(n.Outputs()).Value}
	}, func(out []*tensors.Tensor, _ int) { all = append(all, tensors.MustCopyFlatData[float32](out[0])...) })
	return all, err
}

// AwaitConstants waits until the graph of n images has its parameters as constants, if it is to get them, and reports whether it has.
func (m *Model) AwaitConstants(n int) bool {
	if c := m.constantsFor(n); c != nil {
		c.compile.Wait()
	}
	return m.HasConstants(n)
}

// HasConstants reports whether the graph of n images has its parameters as constants.
func (m *Model) HasConstants(n int) bool {
	c := m.constantsFor(n)
	return c != nil && c.exec.Load() != nil
}

// CallsForConstants is after how many calls for few images it is to get them.
const CallsForConstants = callsForConstants
