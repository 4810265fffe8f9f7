package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"fashionlab/fashion/dataset"
	"fashionlab/fashion/internal/text"
)

// ownRuns lists the tested runs of this machine on data sets of one's own, by data set. They have no slide, and are compared with nothing.
func ownRuns(s Stores) ([]Line, error) {
	lines, unreadable := tested(s.Local, true)
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(dataName(a), dataName(b)), cmp.Compare(a.run.Recipe.Data.Set, b.run.Recipe.Data.Set))
	})
	return lines, unreadable
}

// dataName is the name of the data set of a run; a dash for one that has none, or is no longer kept on this machine.
func dataName(l Line) string {
	source, err := dataset.Open(l.run.Recipe.Data.Set)
	if err != nil || source.Name == "" {
		return "-"
	}
	return source.Name
}

// ownHeader names the columns of ownRow.
var ownHeader = []string{"data set", "digest", "classes", "training images", "model", "test accuracy (95% interval)", "epochs", "time", "run"}

// ownRow is a run on a data set of one's own, as cells of a table.
func ownRow(l Line) []string {
	return []string{dataName(l), fmt.Sprintf("%.12s", l.run.Recipe.Data.Set), fmt.Sprint(l.run.Record.Classes.Len()), text.Thousands(l.Images), l.Title, l.Test.String(), l.epochs(), l.time().String(), l.Run}
}

// printOwn prints the runs on data sets of one's own under the results table; nothing without any.
func printOwn(w io.Writer, lines []Line) error {
	if len(lines) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nOn data sets of your own, each with its own test images:")
	return text.Table(w, append([][]string{ownHeader}, ownRows(lines)...))
}

func ownRows(lines []Line) (rows [][]string) {
	for _, l := range lines {
		rows = append(rows, ownRow(l))
	}
	return rows
}
