// Package photobench measures how photos are prepared and classified.
package photobench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// unseenFrom is the first validation image whose photos are classified: those before it set the thresholds of decisions and were looked at when the preparation was written.
const unseenFrom = 2000

// pictures is the number of out-of-distribution pictures of a kind.
const pictures = 200

// Print measures how an ensemble classifies photos of n validation images in each condition, and prints a table. all are the images that its members were split from.
func Print(ctx context.Context, out, progress io.Writer, e *demo.Ensemble, all fashion.Set, n int) error {
	set, err := unseen(e, all, n)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	percent := func(count int) string { return fmt.Sprintf("%.1f", 100*float64(count)/float64(set.Len())) }
	fmt.Fprintf(out, "photos of %d validation images, in %%\n", set.Len())
	fmt.Fprintln(w, "condition\tcontrast\tcorrect\trefused\tnot sure\tnone of these\tconfidently wrong\t")
	conditions := slices.Concat([]scene.Condition{{Property: "white background", Scene: scene.Scenes()[0]}}, scene.Conditions(), scene.Contrasts())
	for i, c := range conditions {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(progress, "\r%d of %d ", i+1, len(conditions))
		o, err := e.Evaluate(c.Scene, set, 2)
		if err != nil {
			return err
		}
		contrast := ""
		if c.Scene.Item > 0 && c.Scene.Background == "grey" {
			contrast = fmt.Sprint(c.Contrast)
		}
		fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Property, c.Level, contrast, percent(o.Correct), percent(o.Refused), percent(o.NotSure), percent(o.NoneOfThese), percent(o.ConfidentlyWrong))
	}
	fmt.Fprintln(progress)
	if err := w.Flush(); err != nil {
		return err
	}
	return printDetection(out, e, set.Images)
}

// printDetection measures how well out-of-distribution pictures are told from items, and prints a table.
func printDetection(out io.Writer, e *demo.Ensemble, items []fashion.Image) error {
	list, alarms, err := e.Detect(items, demo.OutOfDistribution(pictures, 1))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nout-of-distribution pictures against these items, of which %d are not accepted\n", alarms)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tAUROC\t\t\taccepted, in %\t\t\tnone of these, in %\t")
	fmt.Fprintln(w, "kind\tmaximum softmax probability\tenergy\tcombined\tmaximum softmax probability\tenergy\tcombined\tcombined\t")
	for _, d := range list {
		percent := func(count int) string { return fmt.Sprintf("%.1f", 100*float64(count)/float64(d.Photos)) }
		fmt.Fprintf(w, "%s\t%.3f\t%.3f\t%.3f\t%s\t%s\t%s\t%s\t\n", d.Kind, d.Confidence.AUROC, d.Energy.AUROC, d.AUROC,
			percent(d.Confidence.Accepted), percent(d.Energy.Accepted), percent(d.Accepted), percent(d.NoneOfThese))
	}
	return w.Flush()
}

// unseen are n validation images of the first member, which set no threshold of a decision.
func unseen(e *demo.Ensemble, all fashion.Set, n int) (fashion.Set, error) {
	validation, err := e.Members[0].Run.Predictions(run.Validation)
	if err != nil {
		return fashion.Set{}, err
	}
	if most := len(validation.Indices) - unseenFrom; n > most {
		return fashion.Set{}, fmt.Errorf("-photos is %d, want at most %d: so many validation images chose no threshold", n, most)
	}
	var rows []int
	for _, i := range validation.Indices[unseenFrom : unseenFrom+n] {
		rows = append(rows, int(i))
	}
	return all.Take(rows), nil
}
