package infer

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// logitsOf is the graph of the logits alone, [B, classes].
func (m *Model) logitsOf(n *layers.Net, images *Node, _ ...*Node) []*Node {
	return []*Node{m.network.Predict(n, m.recipe.Model, images)}
}

// embeddingOf is the graph of the logits, [B, classes], and of the features, [B, D].
func (m *Model) embeddingOf(n *layers.Net, images *Node, _ ...*Node) []*Node {
	logits := m.network.Predict(n, m.recipe.Model, images)
	return []*Node{logits, m.features(n, images)}
}

// features are what the network's last dense layer or convolution reads of images, [B, D]; of test-time augmentation's rows only those of the images as they are.
func (m *Model) features(n *layers.Net, images *Node) *Node {
	read := n.HeadInput()
	if read == nil {
		panic(fmt.Errorf("the network %s has no dense layer or convolution, and so no features; build its logits with Net.Dense", m.network.Name))
	}
	if read.Rank() != 2 {
		read = Reshape(read, read.Shape().Dimensions[0], -1)
	}
	return firstRows(read, images)
}

// firstRows are as many rows of x as there are images.
func firstRows(x, images *Node) *Node {
	if b := images.Shape().Dimensions[0]; b < x.Shape().Dimensions[0] {
		return Slice(x, AxisRange(0, b))
	}
	return x
}

const (
	logits    = "logits"
	embedding = "logits and features"
	gradCAM   = "Grad-CAM"
)

// Compile compiles what Logits needs for n images, before they are there.
func (m *Model) Compile(n int) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	return layers.Catch(func() error {
		exec, err := m.exec(logits, n, m.logitsOf)
		if err != nil {
			return err
		}
		_, err = exec.Compile(shapes.Make(dtypes.Uint8, BatchFor(n), m.Shape().Bytes()))
		return err
	})
}

// Logits returns the logits, [N, classes], of images of the shape of Fashion-MNIST. For a model of another shape (see Shape) that is an error: use LogitsOf.
func (m *Model) Logits(images []fashion.Image) ([][]float32, error) {
	return m.LogitsOf(fashion.Set{Images: images})
}

// LogitsOf returns the logits, [N, classes], of the images of a set, which needs no labels. Images of another shape than the model reads are an error.
func (m *Model) LogitsOf(images fashion.Set) ([][]float32, error) {
	list := make([][]float32, 0, images.Len())
	err := m.inBatches(logits, images, m.logitsOf, func(out []*tensors.Tensor, n int) { list = append(list, rows(out[0], n)...) })
	return list, err
}

// Probabilities returns the probabilities, [N, classes], of images of the shape of Fashion-MNIST, see Logits. Each row sums to 1.
func (m *Model) Probabilities(images []fashion.Image) ([][]float32, error) {
	return m.ProbabilitiesOf(fashion.Set{Images: images})
}

// ProbabilitiesOf returns the probabilities, [N, classes], of the images of a set, see LogitsOf.
func (m *Model) ProbabilitiesOf(images fashion.Set) ([][]float32, error) {
	list, err := m.LogitsOf(images)
	softmaxAll(list)
	return list, err
}

// softmaxAll turns logits into probabilities, worked out in float64.
func softmaxAll(list [][]float32) {
	for i, row := range list {
		z := make([]float64, len(row))
		for class, v := range row {
			z[class] = float64(v)
		}
		for class, v := range metrics.Softmax(z, 1) {
			list[i][class] = float32(v)
		}
	}
}

// Predict returns the probabilities for each image of a set, with its labels; those of a set without any have none. The indices are the positions in the set.
func (m *Model) Predict(set fashion.Set) (run.Predictions, error) {
	if m.loaded {
		set.Classes = m.classes
	}
	if err := set.Check(); err != nil {
		return run.Predictions{}, err
	}
	probabilities, err := m.ProbabilitiesOf(set)
	if err != nil {
		return run.Predictions{}, err
	}
	p := run.Predictions{Labels: set.Labels, Probabilities: probabilities, Classes: set.Classes}
	for i := range set.Len() {
		p.Indices = append(p.Indices, int32(i))
	}
	return p, nil
}

// Embedding holds a model's probabilities, [N, classes], and features, [N, D], of images.
type Embedding struct {
	run.Predictions             // without labels and indices
	Features        [][]float32 // a row for each image, see Model.Features
}

// Margin is by how much a class is more probable for an image than any other; negative if another is.
func (e Embedding) Margin(i int, class fashion.Label) float32 {
	other := float32(0)
	for c, p := range e.Probabilities[i] {
		if c != int(class) {
			other = max(other, p)
		}
	}
	return e.Probabilities[i][class] - other
}

// Embed returns the probabilities and features of images of the shape of Fashion-MNIST, see Logits.
func (m *Model) Embed(images []fashion.Image) (Embedding, error) {
	return m.EmbedOf(fashion.Set{Images: images})
}

// EmbedOf returns the probabilities and features of the images of a set, see LogitsOf.
func (m *Model) EmbedOf(images fashion.Set) (e Embedding, err error) {
	e.Classes = m.classes
	err = m.inBatches(embedding, images, m.embeddingOf, func(out []*tensors.Tensor, n int) {
		e.Probabilities = append(e.Probabilities, rows(out[0], n)...)
		e.Features = append(e.Features, rows(out[1], n)...)
	})
	softmaxAll(e.Probabilities)
	return e, err
}

// Features returns what the model's last layer reads, a row for each image, [N, D]. The layer is the last dense layer or convolution; feature maps are flattened.
func (m *Model) Features(images []fashion.Image) ([][]float32, error) {
	return m.FeaturesOf(fashion.Set{Images: images})
}

// FeaturesOf is Features for the images of a set, which needs no labels.
func (m *Model) FeaturesOf(images fashion.Set) ([][]float32, error) {
	e, err := m.EmbedOf(images)
	return e.Features, err
}
