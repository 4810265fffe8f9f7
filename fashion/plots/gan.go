package plots

import (
	"fmt"
	"slices"

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

// GANCurves shows the training of a GAN by epoch: the losses of both networks, the accuracy of the discriminator, and the Fréchet distance of the
// generated images to real ones.
func GANCurves(history []run.Epoch, epochs int) Figure {
	const width, height, top = 720.0, 290.0, 48.0
	epochs = max(epochs, len(history), 2)
	subtitle, description := "no epoch is finished yet", "No epoch is finished yet."
	if len(history) > 0 {
		last, best := history[len(history)-1], run.Closest(history)
		subtitle = fmt.Sprintf("least Fréchet distance to real images: %.2f in epoch %d", best.Synthesis.FrechetDistance, best.Epoch)
		if last.Synthesis.ModeCollapse() {
			subtitle += fmt.Sprintf("; mode collapse in the last epoch: intra-class diversity %.2f", last.Synthesis.Diversity)
		}
		description = fmt.Sprintf("Three line charts over %d epochs. The losses end at %.3f (discriminator) and %.3f (generator); the accuracy of the discriminator ends at %.2f; "+
			"the Fréchet distance to real images goes from %.2f to %.2f.", len(history), last.Loss, last.Synthesis.GeneratorLoss, last.Accuracy,
			history[0].Synthesis.FrechetDistance, last.Synthesis.FrechetDistance)
	}
	discriminator, generator := curve{name: "discriminator", style: training.style}, curve{name: "generator", style: validation.style}
	return Figure{Title: "Training of a GAN", Subtitle: subtitle, Description: description, Width: width, Height: height,
		Body: func(c draw.Canvas) {
			curveKey(c, width-204, 16, discriminator)
			curveKey(c, width-92, 16, generator)
			losses := epochPanel(epochs, "loss")
			addCurve(losses, history, func(e run.Epoch) float64 { return e.Loss }, discriminator)
			addCurve(losses, history, func(e run.Epoch) float64 { return e.Synthesis.GeneratorLoss }, generator)
			accuracy := epochPanel(epochs, "discriminator accuracy")
			addCurve(accuracy, history, func(e run.Epoch) float64 { return e.Accuracy }, discriminator)
			distance := epochPanel(epochs, "distance (log)")
			addCurve(distance, withDistance(history), func(e run.Epoch) float64 { return e.Synthesis.FrechetDistance }, generator)
			leaveRoom(&losses.Y)
			leaveRoom(&accuracy.Y)
			logarithmic(&distance.Y, 1.25)
			sideBySide(c, top, losses, accuracy, distance)
		},
	}
}

// withDistance are the epochs whose images have a Fréchet distance.
func withDistance(history []run.Epoch) []run.Epoch {
	return slices.DeleteFunc(slices.Clone(history), func(e run.Epoch) bool { return !(e.Synthesis.FrechetDistance > 0) })
}
