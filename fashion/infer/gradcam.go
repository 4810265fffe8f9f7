package infer

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Explanation shows where in images a model sees the classes that it predicts.
type Explanation struct {
	Layer       string          // whose output is weighted; "" for maps of the pixels themselves
	Predicted   []fashion.Label // of each image
	Probability []float32       // of the predicted class
	Features    [][]float32     // a row for each image, see Model.Features; nil for Occlusion
	Maps        [][]float32     // row by row as the image, a value for each pixel: 0 where nothing speaks for the class, 1 where most does; all 0 if nothing does
}

// fewestPositions is the least height times width of a map that says where something is.
const fewestPositions = 16

// GradCAM explains a model's predictions for images by Grad-CAM: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
// Gradient-based Localization" (2017). The channels of a layer's output A, [H, W, C], are added up, each with the mean over the map of the
// gradient of the predicted class's logit y; what speaks against the class counts as 0:
//
//	map = ReLU(sum_c a_c A_c), a_c = mean_hw(dy / dA_hwc)
//
// The map is enlarged bilinearly to the image and divided by its maximum. The layer is the last one whose map has 16 positions or more; a network without one is an error. With test-time augmentation the class is the
// one that is predicted with it, and the map is that of the image as it is.
func (m *Model) GradCAM(images []fashion.Image) (Explanation, error) {
	return m.GradCAMOf(fashion.Set{Images: images})
}

// GradCAMOf is GradCAM for the images of a set, which needs no labels.
func (m *Model) GradCAMOf(images fashion.Set) (Explanation, error) {
	var e Explanation
	explain := func(n *layers.Net, x *Node) []*Node {
		logits := m.network.Predict(n, m.recipe.Model, x)
		layer := lastMap(n.Outputs())
		if layer.Value == nil {
			panic(fmt.Errorf("no layer of %s has a map of %d positions or more; use Occlusion", m.recipe.Model.Name, fewestPositions))
		}
		m.explained = layer.Name
		predicted := ArgMax(logits, -1, dtypes.Int32)
		chosen := ReduceAllSum(Mul(logits, OneHot(predicted, logits.Shape().Dimensions[1], logits.DType()))) // images do not depend on each other
		maps := classActivation(firstRows(layer.Value, x), firstRows(Gradient(chosen, layer.Value)[0], x))
		maps = m.network.OverImage(maps)
		return []*Node{logits, Reshape(maps, maps.Shape().Dimensions[0], -1), m.features(n, x)}
	}
	var probabilities [][]float32
	err := m.inBatches("Grad-CAM", images, explain, func(out []*tensors.Tensor, n int) {
		e.Layer = m.explained
		probabilities = append(probabilities, rows(out[0], n)...)
		for _, values := range rows(out[1], n) {
			e.Maps = append(e.Maps, upToOne(values))
		}
		e.Features = append(e.Features, rows(out[2], n)...)
	})
	if err != nil {
		return Explanation{}, err
	}
	softmaxAll(probabilities)
	for _, row := range probabilities {
		class := run.ArgMax(row)
		e.Predicted, e.Probability = append(e.Predicted, class), append(e.Probability, row[class])
	}
	return e, nil
}

// lastMap is the last output of enough positions, under the name of the first layer that gives it: dropout, say, only hands it on.
func lastMap(outputs []layers.Output) (last layers.Output) {
	for _, o := range outputs {
		if d := o.Value.Shape().Dimensions; len(d) == 4 && d[1]*d[2] >= fewestPositions && o.Value != last.Value {
			last = o
		}
	}
	return last
}

// classActivation adds up the channels of x, [B, H, W, C], by their mean gradients: [B, H, W, 1], 0 where it is negative.
func classActivation(x, gradient *Node) *Node {
	weights := ReduceAndKeep(gradient, ReduceMean, 1, 2) // [B, 1, 1, C]
	return layers.Relu(ReduceAndKeep(Mul(x, weights), ReduceSum, 3))
}

// upToOne divides a map by its maximum, if that is not 0.
func upToOne(values []float32) []float32 {
	if highest := slices.Max(values); highest > 0 {
		for i := range values {
			values[i] /= highest
		}
	}
	return values
}
