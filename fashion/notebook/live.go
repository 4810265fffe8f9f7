package notebook

import (
	"fmt"
	"html"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
)

// Live returns a reporter for train.Fit and gan.Fit that keeps one figure and one line up to date: the curves after each epoch, and the progress. Both
// are removed at the end: the run has the history, and a cell that shows it can be run again without training. Outside a notebook it prints lines on
// standard error.
func Live() func(run.Progress) {
	if !gonbui.IsNotebook {
		return printed()
	}
	id := gonbui.UniqueId()
	shown, curves := -1, ""
	return func(p run.Progress) {
		if p.Stage == "done" {
			gonbui.UpdateHTML(id, "")
			gonbui.Sync()
			return
		}
		if len(p.History) != shown {
			shown = len(p.History)
			var err error
			if curves, err = image(progressFigure(p)); err != nil {
				curves = html.EscapeString(err.Error())
			}
		}
		gonbui.UpdateHTML(id, curves+"<p>"+html.EscapeString(progressLine(p))+"</p>")
	}
}

// progressFigure is the figure of a training under way: the latest samples of a GAN, or the curves.
func progressFigure(p run.Progress) plots.Figure {
	switch {
	case len(p.Samples) > 0:
		return plots.Generated(p.Samples, len(p.History))
	case p.Recipe.IsGAN(): // resumed
		return plots.GANCurves(p.History, p.Recipe.Epochs)
	}
	return plots.LearningCurves(p.History, p.Recipe.Epochs)
}

// printed reports on standard error: once per epoch, and each tenth of the synthetic images.
func printed() func(run.Progress) {
	last := ""
	return func(p run.Progress) {
		key := fmt.Sprint(p.Stage, p.Epoch)
		if p.Stage == "synthesizing" && p.Steps > 0 { // the longest work without an epoch
			key += fmt.Sprint(10 * p.Step / p.Steps)
		}
		if key != last {
			last = key
			fmt.Fprintln(os.Stderr, progressLine(p))
		}
	}
}

// progressLine describes a training's progress: epoch, step, images per second, time left.
func progressLine(p run.Progress) string {
	switch p.Stage {
	case "synthesizing":
		s := "Making the synthetic images"
		if p.Steps > 0 {
			s += fmt.Sprintf(", %d of %d", p.Step, p.Steps)
		}
		return s + ", then compiling the graphs for XLA ..."
	case "compiling":
		return "Compiling the graphs for XLA ..."
	case "done":
		return fmt.Sprintf("Trained %d epochs.", len(p.History)) + warning(p.History)
	}
	s := fmt.Sprintf("Epoch %d of %d, step %d of %d (%s): loss %.4f, accuracy %.4f", p.Epoch, p.Recipe.Epochs, p.Step, p.Steps, p.Stage, p.Loss, p.Accuracy)
	if p.ImagesPerSecond > 0 {
		s += fmt.Sprintf("; %.0f images/s, %v left", p.ImagesPerSecond, p.TimeLeft.Round(time.Second))
	}
	return s + warning(p.History)
}

// warning says what is wrong with the last epoch; "" if nothing is.
func warning(history []run.Epoch) string {
	if len(history) == 0 {
		return ""
	}
	switch last := run.LastOf(history); {
	case last.Synthesis.ModeCollapse():
		return fmt.Sprintf("; MODE COLLAPSE: intra-class diversity %.2f", last.Synthesis.Diversity)
	case last.Exploded():
		return fmt.Sprintf("; THE LOSS HAS EXPLODED: %.2g nats; the learning rate %.2g is too high", last.Loss, last.LearningRate)
	}
	return ""
}
