package train

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
)

// Explanation shows where in its images a model sees the classes that it predicts, and what its last layer works on.
type Explanation struct {
	Layer       string                    // whose output was weighed
	Predicted   []fashion.Label           // of each image
	Probability []float32                 // of the predicted class
	Features    [][]float32               // a row for each image, as the method Features gives them
	Maps        [][fashion.Pixels]float32 // row by row as the image: 0 where nothing speaks for the class, 1 where most does; all 0 if nothing does
}

// leastPlaces is the least height times width of a map that says where something is.
const leastPlaces = 16

// GradCAM explains a model's predictions for a set by Grad-CAM: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
// Gradient-based Localization" (2017). The channels of a layer's output A, [H, W, C], are added up, each with the mean over the map of the
// gradient of the predicted class's logit y; what speaks against the class counts as 0:
//
//	map = ReLU(sum_c a_c A_c), a_c = mean_hw(dy / dA_hwc)
//
// The map is enlarged bilinearly to the image and divided by its maximum. The layer is the last one whose map has 16 places or more.
func (m *Model) GradCAM(set fashion.Set) (Explanation, error) {
	var e Explanation
	explain := func(n *layers.Net, images *Node) []*Node {
		logits := m.program.network.On(n, images)
		layer := lastMap(n.Outputs())
		m.explained = layer.Name
		predicted := ArgMax(logits, -1, dtypes.Int32)
		chosen := ReduceAllSum(Mul(logits, OneHot(predicted, fashion.NumClasses, logits.DType()))) // images do not depend on each other
		maps := m.program.network.OverImage(classActivation(layer.Value, Gradient(chosen, layer.Value)[0]))
		return []*Node{predicted, ReduceMax(Softmax(logits), -1), Reshape(maps, -1, fashion.Pixels), beforeLast(n)}
	}
	err := m.inBatches("Grad-CAM", set, explain, func(out []*tensors.Tensor, images int) {
		e.Layer = m.explained
		predicted, maps := tensors.MustCopyFlatData[int32](out[0]), tensors.MustCopyFlatData[float32](out[2])
		for i := range images {
			e.Predicted = append(e.Predicted, fashion.Label(predicted[i]))
			e.Maps = append(e.Maps, upToOne([fashion.Pixels]float32(maps[i*fashion.Pixels:])))
		}
		e.Features = append(e.Features, rows(out[3], images)...)
		e.Probability = append(e.Probability, tensors.MustCopyFlatData[float32](out[1])[:images]...)
	})
	if err != nil {
		return Explanation{}, err
	}
	return e, nil
}

// lastMap is the last output of enough places, under the name of the first layer that gives it: dropout, say, only hands it on.
func lastMap(outputs []layers.Output) (last layers.Output) {
	for _, o := range outputs {
		if d := o.Value.Shape().Dimensions; len(d) == 4 && d[1]*d[2] >= leastPlaces && o.Value != last.Value {
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
func upToOne(values [fashion.Pixels]float32) [fashion.Pixels]float32 {
	if highest := slices.Max(values[:]); highest > 0 {
		for i := range values {
			values[i] /= highest
		}
	}
	return values
}

// Features returns what a model's last layer works on, a row for each image of a set, [N, D].
func (m *Model) Features(set fashion.Set) ([][]float32, error) {
	var all [][]float32
	features := func(n *layers.Net, images *Node) []*Node {
		m.program.network.On(n, images)
		return []*Node{beforeLast(n)}
	}
	err := m.inBatches("features", set, features, func(out []*tensors.Tensor, images int) { all = append(all, rows(out[0], images)...) })
	return all, err
}

// beforeLast is what a network's last layer works on, [B, D].
func beforeLast(n *layers.Net) *Node {
	outputs := n.Outputs()
	return outputs[len(outputs)-2].Value
}

// rows are the first rows of a matrix.
func rows(t *tensors.Tensor, n int) [][]float32 {
	values, width := tensors.MustCopyFlatData[float32](t), t.Shape().Dimensions[1]
	list := make([][]float32, n)
	for i := range list {
		list[i] = values[i*width : (i+1)*width : (i+1)*width]
	}
	return list
}
