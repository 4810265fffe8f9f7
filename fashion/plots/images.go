package plots

import (
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// enlarged is how many pixels wide a pixel of the data set is drawn, so that no viewer smooths it away.
const enlarged = 2

// picture returns an item as an image, dark on light: the data set's black background would be a block of ink.
func picture(img fashion.Image) image.Image {
	out := image.NewGray(image.Rect(0, 0, fashion.Side*enlarged, fashion.Side*enlarged))
	for y := range fashion.Side * enlarged {
		for x := range fashion.Side * enlarged {
			out.SetGray(x, y, color.Gray{255 - img[y/enlarged*fashion.Side+x/enlarged]})
		}
	}
	return out
}

// place draws a picture in a square given by its left, top and side in points.
func place(c draw.Canvas, img image.Image, x, y, side float64) {
	low, high := at(c, x, y+side), at(c, x+side, y)
	c.DrawImage(vg.Rectangle{Min: low, Max: high}, img)
}

// SampleGrid shows the first items of each class, a row a class.
func SampleGrid(s fashion.Set, perClass int) Figure {
	f := gallery("Items of each class", "the first of each in the file, drawn dark on light", 42, classRows(s, perClass))
	f.Description = fmt.Sprintf("A table of grey pictures: ten rows, one for each class from T-shirt/top to Ankle boot, with %d items each.", perClass)
	return f
}

// classRows are up to so many images of each class of a set, a row a class.
func classRows(s fashion.Set, perClass int) []Row {
	rows := make([]Row, fashion.NumClasses)
	for class := range rows {
		rows[class].Name = fashion.Label(class).String()
	}
	for i, l := range s.Labels {
		if len(rows[l].Images) < perClass {
			rows[l].Images = append(rows[l].Images, s.Images[i])
		}
	}
	return rows
}

// MeanImages shows the mean of each class's images.
func MeanImages(s fashion.Set) Figure {
	var sums [fashion.NumClasses][fashion.Pixels]int
	for i, l := range s.Labels {
		for p, v := range s.Images[i] {
			sums[l][p] += int(v)
		}
	}
	var list []tile
	for class, n := range s.CountByClass() {
		if n == 0 {
			continue
		}
		var mean fashion.Image
		for p, v := range sums[class] {
			mean[p] = byte(v / n)
		}
		list = append(list, tile{mean, []line{{fashion.Label(class).String(), words(sans(9.5), ink, -0.5, -1)}}})
	}
	f := tiles("The mean image of each class", fmt.Sprintf("of %d images", s.Len()), "no images", 5, list)
	f.Description = "Ten blurred pictures, one for each class: what the images of a class have in common. Shirt, Pullover and Coat look alike."
	return f
}

// Misclassified shows the images of which a model was most wrong: those whose true class it gave the least
// probability. The predictions' indices are positions in the set.
func Misclassified(s fashion.Set, p run.Predictions, limit int) (Figure, error) {
	errors := metrics.Errors(p)
	shown := errors[:min(limit, len(errors))]
	for _, e := range shown {
		if e.Index < 0 || int(e.Index) >= s.Len() || s.Labels[e.Index] != e.True {
			return Figure{}, fmt.Errorf("prediction %d is of image %d, a %v, which is not in this set of %d images", e.Row, e.Index, e.True, s.Len())
		}
	}
	var list []tile
	for _, e := range shown {
		list = append(list, tile{s.Images[e.Index], []line{
			{"is " + e.True.String(), words(bold(9), ink, -0.5, -1)},
			{"called " + e.Predicted.String(), words(sans(9), vermilion, -0.5, -1)},
			{"P(true) " + probability(e.TrueProbability), words(sans(9), grey, -0.5, -1)},
		}})
	}
	f := tiles("What the model was most wrong about",
		fmt.Sprintf("%d of %d errors among %d images, least probability for the true class first", len(shown), len(errors), len(p.Labels)), "no errors", 6, list)
	f.Description = fmt.Sprintf("Pictures of the %d of %d misclassified items to whose true class the model gave the least probability, "+
		"each with its true class, the predicted class and that probability.", len(shown), len(errors))
	return f, nil
}

// probability is a probability in words that stay short near 0.
func probability(p float32) string {
	if p < 0.0005 {
		return "< 0.0005"
	}
	return fmt.Sprintf("%.3f", p)
}
