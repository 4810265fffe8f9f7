package plots

import (
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// enlarged is how many pixels wide a pixel of the data set is drawn, so that no viewer smooths it away.
const enlarged = 2

// picture returns an item as an image, dark on light: the data set's black background would be a block of ink.
func picture(img fashion.Image) image.Image {
	return drawn(fashion.Set{Images: []fashion.Image{img}}, 0)
}

// drawn returns an image of a set, a grey one as picture does.
func drawn(s fashion.Set, i int) image.Image {
	if s.Shape.Channels == 3 {
		return s.Shape.Image(s.At(i))
	}
	pixels, side := s.At(i), s.Shape.Dimensions()[0]
	out := image.NewGray(image.Rect(0, 0, side*enlarged, side*enlarged))
	for y := range side * enlarged {
		for x := range side * enlarged {
			out.SetGray(x, y, color.Gray{255 - pixels[y/enlarged*side+x/enlarged]})
		}
	}
	return out
}

// drawImage draws a picture in a square given by its left, top and side in points.
func drawImage(c draw.Canvas, img image.Image, x, y, side float64) {
	low, high := ink.At(c, x, y+side), ink.At(c, x+side, y)
	c.DrawImage(vg.Rectangle{Min: low, Max: high}, img)
}

// MeanImages shows the mean of each class's images, which have the shape of Fashion-MNIST.
func MeanImages(s fashion.Set) Figure {
	sums := make([][fashion.Pixels]int, s.Classes.Len())
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
		list = append(list, tile{picture(mean), []line{{s.Classes.Name(fashion.Label(class)), ink.Words(ink.Sans(9.5), ink.Black, -0.5, -1)}}})
	}
	f := tiles("The mean image of each class", fmt.Sprintf("of %d images", s.Len()), "no images", 5, list)
	f.Description = "Ten blurred pictures, one for each class: what the images of a class have in common. Shirt, Pullover and Coat are similar."
	if s.Classes != nil {
		f.Description = "Blurred pictures, one for each class: what the images of a class have in common."
	}
	return f
}

// Misclassified shows up to limit of the misclassified images, those with the highest loss: the lowest probability of the true class. The indices
// of the predictions are positions in the set; it is an error if a label differs.
func Misclassified(s fashion.Set, p run.Predictions, limit int) (Figure, error) {
	errors := metrics.Errors(p)
	shown := errors[:min(max(limit, 0), len(errors))]
	for _, e := range shown {
		if e.Index < 0 || int(e.Index) >= s.Len() || s.Labels[e.Index] != e.True {
			return Figure{}, fmt.Errorf("prediction %d is of image %d, a %s, which is not in this set of %d images", e.Row, e.Index, p.Classes.Name(e.True), s.Len())
		}
	}
	var list []tile
	for _, e := range shown {
		list = append(list, tile{drawn(s, int(e.Index)), []line{
			{"true " + p.Classes.Name(e.True), ink.Words(ink.Bold(9), ink.Black, -0.5, -1)},
			{"predicted " + p.Classes.Name(e.Predicted), ink.Words(ink.Sans(9), ink.Vermilion, -0.5, -1)},
			{"P(true) " + probability(e.TrueProbability), ink.Words(ink.Sans(9), ink.Grey, -0.5, -1)},
		}})
	}
	f := tiles("Misclassified images with the highest loss",
		fmt.Sprintf("%d of %d errors among %d images, lowest probability of the true class first", len(shown), len(errors), len(p.Labels)), "no errors", 6, list)
	f.Description = fmt.Sprintf("Pictures of the %d of %d misclassified items with the lowest probability of the true class, "+
		"each with its true class, the predicted class and that probability.", len(shown), len(errors))
	return f, nil
}

// probability formats a probability briefly near 0, too.
func probability(p float32) string {
	if p < 0.0005 {
		return "< 0.0005"
	}
	return fmt.Sprintf("%.3f", p)
}
