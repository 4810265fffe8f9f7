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

// Live returns a reporter for train.Fit that keeps one figure and one line up to date: the curves after each epoch,
// and where the training is. At its end the figure stays in the notebook. Outside a notebook it prints lines.
func Live() func(run.Progress) {
	if !gonbui.IsNotebook {
		return printed()
	}
	id := gonbui.UniqueId()
	shown, svg := -1, ""
	return func(p run.Progress) {
		if len(p.History) != shown {
			shown = len(p.History)
			var err error
			if svg, err = plots.LearningCurves(p.History, p.Recipe.Epochs).SVG(); err != nil {
				svg = html.EscapeString(err.Error())
			}
		}
		content := svg + "<p>" + html.EscapeString(Line(p)) + "</p>"
		if p.Stage == "done" {
			gonbui.UpdateHTML(id, "")
			gonbui.DisplaySVG(svg)
			gonbui.Sync()
			return
		}
		gonbui.UpdateHTML(id, content)
	}
}

// printed reports once per epoch on standard error.
func printed() func(run.Progress) {
	last := ""
	return func(p run.Progress) {
		if key := fmt.Sprint(p.Stage, p.Epoch); key != last {
			last = key
			fmt.Fprintln(os.Stderr, Line(p))
		}
	}
}

// Line describes a training's progress: epoch, step, images per second, time left.
func Line(p run.Progress) string {
	switch p.Stage {
	case "compiling":
		return "Compiling the graphs for XLA ..."
	case "done":
		return fmt.Sprintf("Trained %d epochs.", len(p.History))
	}
	s := fmt.Sprintf("Epoch %d of %d, step %d of %d (%s): loss %.4f, accuracy %.4f", p.Epoch, p.Recipe.Epochs, p.Step, p.Steps, p.Stage, p.Loss, p.Accuracy)
	if p.ImagesPerSecond > 0 {
		s += fmt.Sprintf("; %.0f images/s, %v left", p.ImagesPerSecond, p.Left.Round(time.Second))
	}
	return s
}
