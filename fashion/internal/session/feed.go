package session

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/recipes"
)

// The first inputs of every training graph, in this order. They stay on the device for an epoch, but for the position.
const (
	InImages   = iota // uint8 [N, D]
	InLabels          // int32 [N]
	InOrder           // the epoch's order, int32 [S*B], positions in the training split
	InPosition        // number of the step in the epoch, int32
	Ins               // how many they are
)

// Feed is what the steps of an epoch read.
type Feed struct {
	Steps int
	data  Training
	order *tensors.Tensor // int32 [steps*batch]
	rows  *tensors.Tensor // float32 [steps*batch, augment.EncodedSize], what each image of the order drew; nil without augmentation

	Soft *tensors.Tensor // float32 [N, classes], labels of teachers; nil without
}

// NewFeed prepares an epoch, 1 for the first.
func NewFeed(data Training, recipe recipes.Recipe, epoch int) Feed {
	list := data.order(recipe.Batch, recipe.Seed, epoch)
	f := Feed{Steps: len(list) / recipe.Batch, data: data, order: tensors.FromFlatDataAndDimensions(list, len(list))}
	columns := augment.EncodedSize(recipe.Augmentation)
	if columns == 0 {
		return f
	}
	drawn, d := make([]augment.Parameters, len(list)), recipe.Model.Shape.Dimensions()
	for k, i := range list {
		drawn[k] = augment.Draw(recipe.Augmentation, recipe.Seed, epoch, data.Indices[i])
	}
	f.rows = tensors.FromFlatDataAndDimensions(augment.Encode(recipe.Augmentation, drawn, d[0], d[1]), len(list), columns)
	return f
}

// Inputs are the inputs of the graph for a step of the epoch, 0 for the first: those above, those that a graph has more, soft labels where there are, and with augmentation what the
// images drew, float32 [S*B, columns].
func (f Feed) Inputs(position int, more ...any) []any {
	in := append([]any{f.data.images, f.data.labels, f.order, int32(position)}, more...)
	if f.Soft != nil {
		in = append(in, f.Soft)
	}
	if f.rows != nil {
		in = append(in, f.rows)
	}
	return in
}

// Shapes are the shapes of Inputs.
func (f Feed) Shapes(more ...shapes.Shape) []shapes.Shape {
	list := append([]shapes.Shape{f.data.images.Shape(), f.data.labels.Shape(), f.order.Shape(), shapes.Make(dtypes.Int32)}, more...)
	if f.Soft != nil {
		list = append(list, f.Soft.Shape())
	}
	if f.rows != nil {
		list = append(list, f.rows.Shape())
	}
	return list
}

// Free gives the memory back, but for that of soft labels.
func (f Feed) Free() {
	f.order.FinalizeAll()
	if f.rows != nil {
		f.rows.FinalizeAll()
	}
}
