package infer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Explanation shows where in images a model sees classes.
type Explanation struct {
	Layer       string          // whose output is weighted; "" for maps of the pixels themselves
	Classes     []fashion.Label // the class that each image's map is for
	Probability []float32       // of that class
	Features    [][]float32     // a row for each image, see Model.Features; nil for Occlusion
	Maps        [][]float32     // row by row as the image, a value for each pixel: 0 where nothing speaks for the class, 1 where most does; all 0 if nothing does
}

// fewestPositions is the least height times width of a map that says where something is.
const fewestPositions = 16

// GradCAM explains a model's logits of images by Grad-CAM: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
// Gradient-based Localization" (2017). The channels of a layer's output A, [H, W, C], are added up, each with the mean over the map of the
// gradient of a class's logit y; what speaks against the class counts as 0:
//
//	map = ReLU(sum_c a_c A_c), a_c = mean_hw(dy / dA_hwc)
//
// The map is enlarged bilinearly to the image and divided by its maximum. The layer is the last one whose map has 16 positions or more; a network without one is an error. There is
// a class for each image, or none for those that the model predicts, with test-time augmentation where the recipe asks for it; the map is always that of the image as it is.
func (m *Model) GradCAM(images []fashion.Image, classes ...fashion.Label) (Explanation, error) {
	return m.GradCAMOf(fashion.Set{Images: images}, classes...)
}

// GradCAMOf is GradCAM for the images of a set, which needs no labels.
func (m *Model) GradCAMOf(images fashion.Set, classes ...fashion.Label) (Explanation, error) {
	if err := m.checkClasses(classes, images.Len()); err != nil {
		return Explanation{}, err
	}
	images.Labels = classes
	var e Explanation
	explain := func(n *layers.Net, x *Node, labels ...*Node) []*Node {
		logits := m.network.Predict(n, m.recipe.Model, x)
		layer := lastMap(n.Outputs())
		if layer.Value == nil {
			panic(fmt.Errorf("no layer of %s has a map of %d positions or more; use Occlusion", m.recipe.Model.Name, fewestPositions))
		}
		m.explained = layer.Name
		explained := Where(LessThan(labels[0], ScalarZero(x.Graph(), dtypes.Int32)), ArgMax(logits, -1, dtypes.Int32), labels[0])
		chosen := ReduceAllSum(Mul(logits, OneHot(explained, logits.Shape().Dimensions[1], logits.DType()))) // images do not depend on each other
		maps := classActivation(firstRows(layer.Value, x), firstRows(Gradient(chosen, layer.Value)[0], x))
		maps = m.network.OverImage(maps)
		return []*Node{logits, Reshape(maps, maps.Shape().Dimensions[0], -1), m.features(n, x)}
	}
	var logits [][]float32
	err := m.inBatches(gradCAM, images, explain, func(out []*tensors.Tensor, n int) {
		e.Layer = m.explained
		logits = append(logits, rows(out[0], n)...)
		for _, values := range rows(out[1], n) {
			e.Maps = append(e.Maps, upToOne(values))
		}
		e.Features = append(e.Features, rows(out[2], n)...)
	})
	if err != nil {
		return Explanation{}, err
	}
	e.Classes = orPredicted(classes, logits)
	e.Probability = probabilitiesOf(e.Classes, logits)
	return e, nil
}

// checkClasses reports classes that are not one for each of n images, if there are any, or that the model does not have.
func (m *Model) checkClasses(classes []fashion.Label, n int) error {
	if len(classes) != 0 && len(classes) != n {
		return fmt.Errorf("%d classes for %d images, want one for each, or none for those that the model predicts", len(classes), n)
	}
	for i, class := range classes {
		if count := cmp.Or(m.recipe.Model.Classes, fashion.NumClasses); int(class) >= count {
			return fmt.Errorf("image %d: class %d, want one of 0 to %d", i, class, count-1)
		}
	}
	return nil
}

// orPredicted returns the classes, or where there are none those with the highest logits.
func orPredicted(classes []fashion.Label, logits [][]float32) []fashion.Label {
	if len(classes) != 0 {
		return classes
	}
	for _, row := range logits {
		classes = append(classes, run.ArgMax(row))
	}
	return classes
}

// probabilitiesOf are those of a class for each row of logits, which it turns into probabilities.
func probabilitiesOf(classes []fashion.Label, logits [][]float32) (list []float32) {
	softmaxAll(logits)
	for i, row := range logits {
		list = append(list, row[classes[i]])
	}
	return list
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
