package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/internal/text"
)

// printTable writes the lines as a table for a terminal, under it a sentence on each ensemble, and the commands that make what was not run.
func printTable(w io.Writer, lines []Line) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "model\tslide\tours (95% interval)\twithout label errors\tepochs\tparameters\ttime\trun\tdevice")
	var sentences, missing strings.Builder
	for _, l := range lines {
		if l.Test == nil {
			fmt.Fprintf(t, "%s\t%s\tnot run\t\t\t\t\t\t\n", l.name(), l.slide())
			fmt.Fprintf(&missing, "%s, %s: %s\n", l.Title, l.lacks(), l.NotRun)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%s\t%s\t%v\t%s\t%s\n", l.name(), l.slide(), *l.Test, l.cleaned(), l.epochs(), text.Thousands(l.Parameters), l.time(), l.origin(), l.Device)
		if l.Ensemble != nil {
			fmt.Fprintf(&sentences, "\n%s\n", l.sentence())
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, either(labelsNote(lines) != "", "\n"+labelsNote(lines)+"\n", "")+sentences.String()+either(missing.Len() > 0, "\n", "")+missing.String())
	return err
}

// lacks says that a line was not run, before the command that makes it.
func (l Line) lacks() string {
	return "not run" + either(l.Model == ensembleModel, ", a member is missing", "")
}

// slide is the slide's value; a dash if there is none.
func (l Line) slide() string {
	if l.Slide == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4f", l.Slide)
}

// epochs is their number; nothing for an ensemble, which is not trained.
func (l Line) epochs() string {
	if l.Epochs == 0 {
		return ""
	}
	return fmt.Sprint(l.Epochs)
}
