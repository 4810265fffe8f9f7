package main

import (
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/pictures"
)

func predictCommand() command {
	return command{
		name: "predict", summary: "say what garments photos show", arguments: "FILE|DIR...",
		text: `Says what garment each photo shows, with the probabilities of the three likeliest classes: a class, or "not sure", or "none of these" if nothing among the
training images is similar, each with the reason. In a folder it classifies all pictures, those of its subfolders too. Files that cannot be used are named, and the exit code
is then 1.`,
		example: "predict testdata/photos/boot-on-wood.png -json",
		define: func(f *flag.FlagSet) prepare {
			asJSON := f.Bool("json", false, "print JSON")
			asCSV := f.Bool("csv", false, "print CSV, a line for each file")
			name := addRun(f)
			return func(files []string) (work, error) {
				if len(files) == 0 {
					return nil, errors.New("name one photo or more")
				}
				print := printPredicted
				switch {
				case *asJSON && *asCSV:
					return nil, errors.New("prints JSON or CSV, not both")
				case *asJSON:
					print = func(_ io.Writer, list []predicted) error { return writeJSON(list) }
				case *asCSV:
					print = csvPredicted
				}
				return func(context.Context) error { return predict(files, *name, print) }, nil
			}
		},
	}
}

func warn(err error) { fmt.Fprintln(os.Stderr, "warning:", err) }

// predicted is a file with its prediction.
type predicted struct {
	File     string             `json:"file"`
	Error    string             `json:"error,omitempty"`    // why there is no prediction
	Warnings []string           `json:"warnings,omitempty"` // what is wrong with it, though there is one
	Class    string             `json:"class,omitempty"`
	Decision demo.Decision      `json:"decision,omitempty"`
	Reason   string             `json:"reason,omitempty"`  // why the class is not accepted
	Unsure   bool               `json:"unsure,omitempty"`  // the class is not accepted; a key of earlier versions
	Top      []classProbability `json:"top,omitempty"`     // the three most probable classes
	Members  map[string]float64 `json:"members,omitempty"` // probability of the first class by each
}

type classProbability struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// predict prints the predictions of files, and of those in folders. A file that cannot be used is reported in its place, and is the error at the end.
func predict(named []string, name string, print func(io.Writer, []predicted) error) error {
	files, bad := inFolders(named)
	all := len(files) + bad
	ensemble, err := openEnsemble(name)
	if err != nil {
		return err
	}
	training, err := dataset.Train(ensemble.Data)
	if err == nil {
		err = ensemble.AddNeighbours(training, 2000) // fewer than the page's, which has time: a decision close to a threshold may differ
	}
	if err != nil {
		warn(fmt.Errorf("it is not checked whether training images are similar: %w", err))
	}
	var list []predicted
	for some := range slices.Chunk(files, 64) { // their pictures take memory
		predictions, err := ensemble.PredictFiles(some)
		if err != nil {
			return err
		}
		for _, p := range predictions {
			if p.Err != nil {
				bad++
			}
			for _, text := range p.Warnings {
				warn(fmt.Errorf("%s: %s", p.Path, text))
			}
			list = append(list, newPredicted(ensemble, p))
		}
	}
	if err = print(os.Stdout, list); err == nil && bad > 0 {
		return fmt.Errorf("%d of %d files and folders could not be used", bad, all)
	}
	return err
}

// inFolders lists files, and in place of each folder the pictures in it. It warns of folders without any and of what else it leaves out, and counts that.
func inFolders(named []string) (files []string, bad int) {
	for _, path := range named {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			files = append(files, path) // one that is not there is named in its place
			continue
		}
		list, left := pictures.Find(path)
		for _, err := range left {
			warn(err)
		}
		files, bad = append(files, list...), bad+len(left)
	}
	return files, bad
}

// csvPredicted prints a line for each file, in the format of RFC 4180.
func csvPredicted(w io.Writer, list []predicted) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"file", "class", "probability", "decision", "reason", "second", "second_probability", "error"}}
	for _, p := range list {
		row := []string{p.File, p.Class, "", string(p.Decision), p.Reason, "", "", p.Error}
		if len(p.Top) > 1 {
			row[2], row[5], row[6] = fmt.Sprintf("%.4f", p.Top[0].Probability), p.Top[1].Class, fmt.Sprintf("%.4f", p.Top[1].Probability)
		}
		rows = append(rows, row)
	}
	return c.WriteAll(rows)
}

// newPredicted is a file for the output.
func newPredicted(ensemble *demo.Ensemble, f demo.File) predicted {
	p := predicted{File: f.Path, Warnings: f.Warnings}
	if f.Err != nil {
		p.Error = f.Err.Error()
		return p
	}
	ranking := demo.Ranking(f.Probabilities)
	p.Class, p.Decision, p.Reason, p.Unsure, p.Members = ensemble.Classes.Name(ranking[0]), f.Decision, f.Reason, f.Decision != demo.Classified, map[string]float64{}
	for _, class := range ranking[:min(3, len(ranking))] {
		p.Top = append(p.Top, classProbability{ensemble.Classes.Name(class), float64(f.Probabilities[class])})
	}
	for i, m := range f.Members {
		p.Members[ensemble.Members[i].Title] = float64(m[ranking[0]])
	}
	return p
}

// printPredicted prints a line for each file: its class, or why there is none, and the next two classes.
func printPredicted(w io.Writer, list []predicted) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "file\tanswer\tprobability\tthen\treason\t")
	for _, p := range list {
		if p.Error != "" {
			fmt.Fprintf(t, "%s\t-\t\t%s\t\t\n", text.Line(p.File), text.Line(p.Error))
			continue
		}
		answer := p.Class
		if p.Unsure {
			answer = fmt.Sprintf("%s (%s?)", p.Decision, p.Class)
		}
		var then []string
		for _, c := range p.Top[1:] {
			then = append(then, fmt.Sprintf("%s %.3f", c.Class, c.Probability))
		}
		fmt.Fprintf(t, "%s\t%s\t%.3f\t%s\t%s\t\n", text.Line(p.File), answer, p.Top[0].Probability, strings.Join(then, ", "), p.Reason)
	}
	return t.Flush()
}
