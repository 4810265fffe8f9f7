package train

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// ObserverRun is the name of the published run by whose eyes generated images are measured: the same on every machine, so that the measures can be compared.
const ObserverRun = "full/residual"

// Observer returns the model of ObserverRun.
func Observer() (*Model, error) {
	r, err := run.Published().Open(ObserverRun)
	if err != nil {
		return nil, fmt.Errorf("generated images are measured by a published run: %w", err)
	}
	return Load(r)
}

// Observation is how a model sees images.
type Observation struct {
	run.Predictions             // without labels and indices
	Features        [][]float32 // of each image: what the last layer works on
}

// Lead is by how much a class is more probable for an image than any other; negative if another is.
func (o Observation) Lead(i int, class fashion.Label) float32 {
	other := float32(math.Inf(-1))
	for c, p := range o.Probabilities[i] {
		if c != int(class) {
			other = max(other, p)
		}
	}
	return o.Probabilities[i][class] - other
}

// Observe returns how a model sees images.
func (m *Model) Observe(images []fashion.Image) (o Observation, err error) {
	observe := func(n *layers.Net, images *Node) []*Node {
		logits := m.program.network.On(n, images)
		return []*Node{beforeLast(n), Softmax(logits)}
	}
	err = m.inBatches("observation", fashion.Set{Images: images}, observe, func(out []*tensors.Tensor, images int) {
		o.Features = append(o.Features, rows(out[0], images)...)
		for _, row := range rows(out[1], images) {
			o.Probabilities = append(o.Probabilities, [fashion.NumClasses]float32(row))
		}
	})
	return o, err
}
