package train

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// ObserverRun is the name of the published run by whose eyes generated images are measured: the same on every machine, so that the measures can be compared.
const ObserverRun = "full/residual"

// Observer returns the model of ObserverRun.
func Observer() (*Model, error) {
	r, err := run.OpenPublished(ObserverRun)
	if err != nil {
		return nil, fmt.Errorf("generated images are measured by a published run: %w", err)
	}
	return Load(r)
}

// Observe returns what a model's last layer works on for each of some images, [N, D], and the class that it predicts.
func (m *Model) Observe(images []fashion.Image) (features [][]float32, seen []fashion.Label, err error) {
	observe := func(n *layers.Net, images *Node) []*Node {
		logits := models.Logits(n, m.program.recipe.Model, images)
		return []*Node{beforeLast(n), ArgMax(logits, -1, dtypes.Int32)}
	}
	err = m.inBatches("observation", fashion.Set{Images: images}, observe, func(out []*tensors.Tensor, images int) {
		features = append(features, rows(out[0], images)...)
		for _, class := range tensors.MustCopyFlatData[int32](out[1])[:images] {
			seen = append(seen, fashion.Label(class))
		}
	})
	return features, seen, err
}
