package infer

import (
	"fmt"
	"slices"

	"fashionlab/fashion"
)

// Occlusion explains a model's logits of images by covering parts of them: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks" (2014). A
// black square, side pixels wide, is laid over every second position at which its middle is within the image, so that some are partly over the border. A pixel's value is by how much the logit of a class falls, as a mean
// over the squares that cover the pixel; where it rises instead, 0. Each map is divided by its maximum. There is a class for each image, or none for those that the model predicts
// for the whole images.
func (m *Model) Occlusion(images []fashion.Image, side int, classes ...fashion.Label) (Explanation, error) {
	return m.OcclusionOf(fashion.Set{Images: images}, side, classes...)
}

// OcclusionOf is Occlusion for the images of a set, which needs no labels.
func (m *Model) OcclusionOf(images fashion.Set, side int, classes ...fashion.Label) (Explanation, error) {
	size := m.Shape().Dimensions()[0]
	if side < 2 || side > size {
		return Explanation{}, fmt.Errorf("squares of %d pixels, want 2 to %d", side, size)
	}
	if err := m.checkClasses(classes, images.Len()); err != nil {
		return Explanation{}, err
	}
	whole, err := m.LogitsOf(images)
	if err != nil {
		return Explanation{}, err
	}
	covered, squares := fashion.Set{Shape: m.Shape()}, squaresOf(side, size)
	for i := range images.Len() {
		for _, s := range squares {
			covered.Append(s.cover(images.At(i), size), 0)
		}
	}
	logits, err := m.LogitsOf(covered)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Classes: orPredicted(classes, whole)}
	for i, row := range whole {
		class := e.Classes[i]
		falls, covers := make([]float32, size*size), make([]float32, size*size)
		for k, s := range squares {
			fall := row[class] - logits[i*len(squares)+k][class]
			for _, p := range s {
				falls[p], covers[p] = falls[p]+fall, covers[p]+1
			}
		}
		for p := range falls {
			falls[p] = max(falls[p]/covers[p], 0)
		}
		e.Maps = append(e.Maps, upToOne(falls))
	}
	e.Probability = probabilitiesOf(e.Classes, whole)
	return e, nil
}

// square is the positions that one covers.
type square []int

// squaresOf are those of a side at every second position whose middle is in an image of that size.
func squaresOf(side, size int) (list []square) {
	for y := -side / 2; y <= size-(side+1)/2; y += 2 {
		for x := -side / 2; x <= size-(side+1)/2; x += 2 {
			var s square
			for row := max(y, 0); row < min(y+side, size); row++ {
				for column := max(x, 0); column < min(x+side, size); column++ {
					s = append(s, row*size+column)
				}
			}
			list = append(list, s)
		}
	}
	return list
}

// cover is a copy of an image of that size with the square in black.
func (s square) cover(image fashion.Picture, size int) fashion.Picture {
	image = slices.Clone(image)
	channels := len(image) / (size * size)
	for _, p := range s {
		clear(image[p*channels : (p+1)*channels])
	}
	return image
}
