// Package answers writes what predict finds in files: as a table, as CSV and as JSON.
package answers

import (
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/text"
)

// Answer is a file with its prediction.
type Answer struct {
	File     string             `json:"file"`
	Error    string             `json:"error,omitempty"`    // why there is no prediction
	Warnings []string           `json:"warnings,omitempty"` // what is wrong with it, though there is one
	Class    string             `json:"class,omitempty"`
	Decision demo.Decision      `json:"decision,omitempty"`
	Reason   string             `json:"reason,omitempty"`  // why the class is not accepted
	Unsure   bool               `json:"unsure,omitempty"`  // the class is not accepted; a key of earlier versions
	Top      []Probable         `json:"top,omitempty"`     // the three most probable classes
	Members  map[string]float64 `json:"members,omitempty"` // probability of the first class by each
}

// Probable is a class and how probable it is.
type Probable struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// CSV prints a line for each file, in the format of RFC 4180.
func CSV(w io.Writer, list []Answer) error {
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

// Of is the answer of an ensemble for a file.
func Of(ensemble *demo.Ensemble, f demo.File) Answer {
	p := Answer{File: f.Path, Warnings: f.Warnings}
	if f.Err != nil {
		p.Error = f.Err.Error()
		return p
	}
	ranking := demo.Ranking(f.Probabilities)
	p.Class, p.Decision, p.Reason, p.Unsure, p.Members = ensemble.Classes.Name(ranking[0]), f.Decision, f.Reason, f.Decision != demo.Classified, map[string]float64{}
	for _, class := range ranking[:min(3, len(ranking))] {
		p.Top = append(p.Top, Probable{ensemble.Classes.Name(class), float64(f.Probabilities[class])})
	}
	for i, m := range f.Members {
		p.Members[ensemble.Members[i].Title] = float64(m[ranking[0]])
	}
	return p
}

// Print prints a line for each file: its class, or why there is none, and the next two classes.
func Print(w io.Writer, list []Answer) error {
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
