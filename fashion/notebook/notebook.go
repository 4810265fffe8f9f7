// Package notebook shows the study in the cells of a GoNB notebook: figures, tables, sentences, and the curves of a
// training while it works. What it shows is saved in the notebook and needs nothing from outside. It loads no backend.
//
// GoNB loses what is still in its pipe when a cell's program ends. So each function here waits until its output has arrived. In a program that no GoNB kernel started, sentences and
// tables are printed as text, and of figures what they show; plots.Figure's SVG is the figure itself.
package notebook

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/janpfeifer/gonb/gonbui"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
)

// Show shows figures, one under the other.
func Show(figures ...plots.Figure) error {
	for _, f := range figures {
		img, err := image(f)
		if err != nil {
			return err
		}
		if !gonbui.IsNotebook {
			fmt.Printf("[figure] %s. %s\n", f.Title, f.Description)
			continue
		}
		gonbui.DisplayHTML(img)
	}
	gonbui.Sync()
	return nil
}

// image returns a figure as an HTML image with its alternative text. Viewers that strip SVG from notebooks that they
// do not trust, GitHub and JupyterLab among them, still show an image.
func image(f plots.Figure) (string, error) {
	svg, err := f.SVG()
	if err != nil {
		return "", err
	}
	width, _ := f.Size()
	return fmt.Sprintf(`<img alt="%s" width="%.0f" style="max-width:100%%;height:auto" src="data:image/svg+xml;base64,%s">`,
		html.EscapeString(f.Title+". "+f.Description), width*4/3, base64.StdEncoding.EncodeToString([]byte(svg))), nil
}

// Table shows rows under a header. Cells are text.
func Table(header []string, rows [][]string) {
	if !gonbui.IsNotebook {
		printTable(os.Stdout, header, rows)
		return
	}
	var b strings.Builder
	row := func(tag string, cells []string) {
		b.WriteString("<tr>")
		for _, c := range cells {
			fmt.Fprintf(&b, `<%s style="text-align:left">%s</%s>`, tag, html.EscapeString(c), tag)
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<table>\n<thead>")
	row("th", header)
	b.WriteString("</thead>\n<tbody>\n")
	for _, cells := range rows {
		row("td", cells)
	}
	b.WriteString("</tbody>\n</table>")
	gonbui.DisplayHTML(b.String())
	gonbui.Sync()
}

// printTable prints a table as text.
func printTable(out io.Writer, header []string, rows [][]string) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, cells := range append([][]string{header}, rows...) {
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush() // what is printed is as good as standard output takes it
}

// Say shows a sentence, formatted as fmt.Sprintf does.
func Say(format string, args ...any) {
	if !gonbui.IsNotebook {
		fmt.Printf(format+"\n", args...)
		return
	}
	gonbui.DisplayMarkdown(fmt.Sprintf(format, args...))
	gonbui.Sync()
}

// Compare says what accuracy a slide prints, a fraction, and what a run measured on the test images, with its 95% interval (Wilson).
func Compare(title string, slide float64, r *run.Run, test run.Predictions) {
	ours := metrics.Accuracy(test)
	verdict := "the slide's value lies inside the interval: no significant difference"
	switch {
	case slide < ours.Low:
		verdict = "this run is better than the slide"
	case slide > ours.High:
		verdict = "this run is worse than the slide"
	}
	if r.Published {
		title += ", a published run that was not made on this machine"
	}
	Say("**%s.** The slide says %.4f; this run measured **%.4f** on %d test images (95%% interval %.4f to %.4f): %s.\n\n"+
		"Trained %d epochs in %.0f s on %s; seed %d; the model is that of %s.",
		title, slide, ours.Value, len(test.Labels), ours.Low, ours.High, verdict,
		len(r.History), r.Record.Seconds, r.Record.Devices(), r.Recipe.Seed, r.KeptEpoch())
}

// ByClass shows precision, recall with its 95% interval, and F1 of each class.
func ByClass(c metrics.Confusion) {
	var rows [][]string
	for _, s := range c.ByClass() {
		recall := metrics.Wilson(c.Counts[s.Class][s.Class], s.Support)
		rows = append(rows, []string{c.Classes.Name(s.Class), fmt.Sprintf("%.4f", s.Precision), recall.String(), fmt.Sprintf("%.4f", s.F1), fmt.Sprint(s.Support)})
	}
	rows = append(rows, []string{"mean", "", "", fmt.Sprintf("%.4f", c.MacroF1()), fmt.Sprint(c.Total())})
	Table([]string{"class", "precision", "recall (95% interval)", "F1", "images"}, rows)
}

// Weightings compares choices of weights for an ensemble: the accuracy on the validation images, by which one is chosen, the accuracy on the test
// images, and the gain there over the member that is best on the validation images, with the p-value of McNemar's test.
func Weightings(members ensemble.Members, weightings []ensemble.Weighting) error {
	var rows [][]string
	best := ""
	for _, w := range weightings {
		e, err := members.Evaluate(w.Weights)
		if err != nil {
			return err
		}
		best = members[e.Best].Name
		rows = append(rows, []string{w.Name, plots.FormatWeights(e.Weights), fmt.Sprintf("%.4f", e.Validation.Value), e.Test.String(),
			e.Gain.Signed(), metrics.FormatP(e.McNemar.P)})
	}
	Table([]string{"weights", strings.Join(members.Names(), " / "), "validation", "test (95% interval)", "test, gain over " + best, "p"}, rows)
	return nil
}

// ByCost shows what each variant of a claim changes, the cheapest first, as far as the runs are there.
func ByCost(title string, j claims.Judgement) error {
	effects := j.ByCost()
	if n := len(j.Findings) - len(effects); n > 0 {
		Say("Not run yet with two seeds or more: %d of %d. This makes them: `%s`", n, len(j.Findings), j.Command())
	}
	if len(effects) == 0 {
		return nil
	}
	return Show(plots.Differences(title, claims.CostNote, effects))
}

// Claim shows a claim's verdict: what is compared, with intervals, the runs, and what is missing.
func Claim(j claims.Judgement) error {
	Say("**%s**", j.Summary())
	Table(j.Table())
	if effects := j.Effects(); len(effects) > 0 {
		if err := Show(plots.Differences("Comparisons that have a verdict", claims.FigureNote, effects)); err != nil {
			return err
		}
	}
	Say("%s", strings.Join(j.Notes(), "\n\n"))
	return nil
}
