package infer

import (
	"fmt"

	"fashionlab/fashion"
)

// Occlusion explains a model's logits of images by covering parts of them: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks" (2014). A
// black square, side pixels wide, is laid over every second position, also partly over the border. A pixel's value is by how much the logit of a class falls, as a mean
// over the squares that cover the pixel; where it rises instead, 0. Each map is divided by its maximum. There is a class for each image, or none for those that the model predicts
// for the whole images.
func (m *Model) Occlusion(images []fashion.Image, side int, classes ...fashion.Label) (Explanation, error) {
	if side < 2 || side > fashion.Side {
		return Explanation{}, fmt.Errorf("squares of %d pixels, want 2 to %d", side, fashion.Side)
	}
	if err := m.checkClasses(classes, len(images)); err != nil {
		return Explanation{}, err
	}
	whole, err := m.Logits(images)
	if err != nil {
		return Explanation{}, err
	}
	var covered []fashion.Image
	squares := squaresOf(side)
	for _, image := range images {
		for _, s := range squares {
			covered = append(covered, s.cover(image))
		}
	}
	logits, err := m.Logits(covered)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{Classes: orPredicted(classes, whole)}
	for i, row := range whole {
		class := e.Classes[i]
		var falls, covers [fashion.Pixels]float32
		for k, s := range squares {
			fall := row[class] - logits[i*len(squares)+k][class]
			for _, p := range s {
				falls[p], covers[p] = falls[p]+fall, covers[p]+1
			}
		}
		for p := range falls {
			falls[p] = max(falls[p]/covers[p], 0)
		}
		e.Maps = append(e.Maps, upToOne(falls[:]))
	}
	e.Probability = probabilitiesOf(e.Classes, whole)
	return e, nil
}

// square is the pixels that one covers.
type square []int

// squaresOf are those of a side at every second position whose middle is in the image.
func squaresOf(side int) (list []square) {
	for y := -side / 2; y <= fashion.Side-(side+1)/2; y += 2 {
		for x := -side / 2; x <= fashion.Side-(side+1)/2; x += 2 {
			var s square
			for row := max(y, 0); row < min(y+side, fashion.Side); row++ {
				for column := max(x, 0); column < min(x+side, fashion.Side); column++ {
					s = append(s, row*fashion.Side+column)
				}
			}
			list = append(list, s)
		}
	}
	return list
}

// cover is the image with the square in black.
func (s square) cover(image fashion.Image) fashion.Image {
	for _, p := range s {
		image[p] = 0
	}
	return image
}
