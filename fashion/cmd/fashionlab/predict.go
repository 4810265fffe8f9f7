package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/demo"
)

func predictCommand() command {
	return command{
		name: "predict", summary: "say what garments photos show", arguments: "FILE...",
		text: `Says what garment each photo shows, with the probabilities of the three likeliest classes. A "?" means low confidence. Files that cannot
be used are named, and the exit code is then 1.`,
		example: "predict testdata/photos/cmyk.jpg -json",
		define: func(f *flag.FlagSet) prepare {
			asJSON := f.Bool("json", false, "print JSON")
			return func(files []string) (work, error) {
				if len(files) == 0 {
					return nil, errors.New("name one photo or more")
				}
				return func(context.Context) error { return predict(files, *asJSON) }, nil
			}
		},
	}
}

func warn(err error) { fmt.Fprintln(os.Stderr, "warning:", err) }

// predicted is a file with what the panel says about it.
type predicted struct {
	File    string             `json:"file"`
	Error   string             `json:"error,omitempty"` // why there is no answer
	Class   string             `json:"class,omitempty"`
	Unsure  bool               `json:"unsure,omitempty"`
	Top     []chance           `json:"top,omitempty"`     // the three most probable classes
	Members map[string]float64 `json:"members,omitempty"` // what each says of the first class
}

type chance struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// predict prints what the panel says about files. A file that cannot be used is reported in its place, and is the error at the end.
func predict(files []string, asJSON bool) error {
	panel, err := demo.Open(warn)
	if err != nil {
		return err
	}
	var list []predicted
	bad := 0
	for some := range slices.Chunk(files, 64) { // their pictures take memory
		answers, err := panel.Ask(some)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.Err != nil {
				bad++
			}
			list = append(list, newPredicted(panel, a))
		}
	}
	if asJSON {
		err = writeJSON(list)
	} else {
		err = printPredicted(os.Stdout, list)
	}
	if err == nil && bad > 0 {
		return fmt.Errorf("%d of %d files could not be used", bad, len(files))
	}
	return err
}

// newPredicted puts an answer into words.
func newPredicted(panel *demo.Panel, f demo.File) predicted {
	p := predicted{File: f.Path}
	if f.Err != nil {
		p.Error = f.Err.Error()
		return p
	}
	ranking := demo.Ranking(f.Vote)
	p.Class, p.Unsure, p.Members = ranking[0].String(), f.Unsure, map[string]float64{}
	for _, class := range ranking[:3] {
		p.Top = append(p.Top, chance{class.String(), float64(f.Vote[class])})
	}
	for i, m := range f.Members {
		p.Members[panel.Members[i].Title] = float64(m[ranking[0]])
	}
	return p
}

// printPredicted prints a line for each file: its class, or why there is none, and the next two classes.
func printPredicted(w io.Writer, list []predicted) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "file\tclass\tprobability\tthen\t")
	for _, p := range list {
		if p.Error != "" {
			fmt.Fprintf(t, "%s\t-\t\t%s\t\n", p.File, p.Error)
			continue
		}
		class := p.Class
		if p.Unsure {
			class += "?"
		}
		var then []string
		for _, c := range p.Top[1:] {
			then = append(then, fmt.Sprintf("%s %.3f", c.Class, c.Probability))
		}
		fmt.Fprintf(t, "%s\t%s\t%.3f\t%s\t\n", p.File, class, p.Top[0].Probability, strings.Join(then, ", "))
	}
	return t.Flush()
}
