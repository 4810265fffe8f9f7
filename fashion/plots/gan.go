package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// Generated shows what a GAN made after an epoch, an equal number of images of each class, class by class.
func Generated(images []fashion.Image, epoch int) Figure {
	perClass := len(images) / fashion.NumClasses
	s := fashion.Set{Images: images[:perClass*fashion.NumClasses]}
	for i := range s.Images {
		s.Labels = append(s.Labels, fashion.Label(i/perClass))
	}
	f := gallery("Generated items", fmt.Sprintf("after epoch %d, each column from the same noise in every epoch", epoch), 42, classRows(s, perClass))
	f.Description = fmt.Sprintf("A table of generated grey pictures: ten rows, one for each class, with %d items each, after epoch %d.", perClass, epoch)
	return f
}

// Contest shows how the two networks of a GAN fare by epoch: their losses, how much the discriminator tells rightly, and how far the images are from real ones.
// floor is the distance of real images from others, a line below which no images can be expected; 0 for none.
func Contest(history []run.Epoch, epochs int, floor float64) Figure {
	const width, height, top = 720.0, 290.0, 48.0
	epochs = max(epochs, len(history), 2)
	second, description := "no epoch is finished yet", "No epoch is finished yet."
	if len(history) > 0 {
		last, best := history[len(history)-1], run.Closest(history)
		second = fmt.Sprintf("the images are closest to real ones in epoch %d: distance %.2f", best.Epoch, best.Synthesis.Distance)
		if last.Synthesis.Collapsed() {
			second += fmt.Sprintf("; at the end they have collapsed: those of a class are alike, spread %.2f", last.Synthesis.Spread)
		}
		description = fmt.Sprintf("Three line charts over %d epochs. The losses end at %.3f (discriminator) and %.3f (generator); the discriminator tells %.0f%% rightly at the end; "+
			"the distance to real images goes from %.2f to %.2f.", len(history), last.Loss, last.Synthesis.GeneratorLoss, 100*last.Accuracy,
			history[0].Synthesis.Distance, last.Synthesis.Distance)
	}
	discriminator, generator := curve{"discriminator", training.style}, curve{"generator", validation.style}
	return Figure{Title: "Two networks against each other", subtitle: second, Description: description, width: width, height: height,
		body: func(c draw.Canvas) {
			curveKey(c, width-204, 16, discriminator)
			curveKey(c, width-92, 16, generator)
			losses := epochPanel(epochs, "loss")
			addCurve(losses, history, func(e run.Epoch) float64 { return e.Loss }, discriminator)
			addCurve(losses, history, func(e run.Epoch) float64 { return e.Synthesis.GeneratorLoss }, generator)
			told := epochPanel(epochs, "told rightly by the discriminator")
			addCurve(told, history, func(e run.Epoch) float64 { return e.Accuracy }, discriminator)
			distance := epochPanel(epochs, "distance (log)")
			addCurve(distance, measured(history), func(e run.Epoch) float64 { return e.Synthesis.Distance }, generator)
			if floor > 0 {
				dotted := draw.LineStyle{Color: grey, Width: vg.Points(1), Dashes: []vg.Length{vg.Points(1), vg.Points(2)}}
				distance.Add(&plotter.Line{XYs: plotter.XYs{{X: 1, Y: floor}, {X: float64(epochs), Y: floor}}, LineStyle: dotted})
			}
			leaveRoom(&losses.Y)
			leaveRoom(&told.Y)
			logarithmic(&distance.Y, oneTwoFive{}, 1.25)
			sideBySide(c, top, losses, told, distance)
		},
	}
}

// measured are the epochs whose images have a distance.
func measured(history []run.Epoch) []run.Epoch {
	return slices.DeleteFunc(slices.Clone(history), func(e run.Epoch) bool { return !(e.Synthesis.Distance > 0) })
}

// oneTwoFive puts ticks of a logarithmic axis on 1, 2 and 5 times the powers of ten.
type oneTwoFive struct{}

func (oneTwoFive) Ticks(low, high float64) (ticks []plot.Tick) {
	for power := math.Floor(math.Log10(low)); power <= math.Log10(high); power++ {
		for _, digit := range []float64{1, 2, 5} {
			if v := digit * math.Pow(10, power); v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: fmt.Sprintf("%g", v)})
			}
		}
	}
	return ticks
}
