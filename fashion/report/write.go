package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/claims"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/study"
)

// Options say in which forms Write writes a report.
type Options struct {
	JSON bool   // instead of the table
	HTML string // file for the page with the figures; "" writes none. Beside it the folder cards gets a model card of each published run
	CSV  string // file for the histories of all runs, a row for each epoch; "" writes none
}

// Write collects the results of both stores (see Collect), prints them to out with the verdicts on the claims, and writes the page and the histories if the options name files for them. messages get what was
// left out and the files. JSON has the results only. Runs on data sets of one's own have a table of their own, which JSON leaves out.
func Write(out, messages io.Writer, s Stores, o Options) error {
	lines, unreadable := Collect(s)
	own, _ := ownRuns(s) // what cannot be read, Collect reports
	if unreadable != nil {
		fmt.Fprintln(messages, "left out:", unreadable)
	}
	judged, err := claims.JudgeAll(study.Full, s.Published, s.Local)
	if err != nil {
		return err
	}
	if o.HTML != "" {
		gans, err := generators(s)
		if err != nil {
			return err
		}
		root, err := s.Local.Root()
		if err != nil {
			return err
		}
		publishedRoot, err := s.Published.Root()
		if err != nil {
			return err
		}
		var page bytes.Buffer
		if err := writeHTML(&page, lines, gans, own, judged, relative(root), relative(publishedRoot)); err != nil {
			return err
		}
		if err := disk.WriteOutput(o.HTML, page.Bytes()); err != nil {
			return err
		}
		fmt.Fprintln(messages, "wrote", o.HTML)
		folder := filepath.Join(filepath.Dir(o.HTML), cardsFolder)
		n, err := writeCards(folder, append(lines, gans...))
		if err != nil {
			return err
		}
		if n > 0 {
			fmt.Fprintf(messages, "wrote %d model cards to %s\n", n, folder)
		}
	}
	if o.CSV != "" {
		data, err := histories(s)
		if err != nil {
			return err
		}
		if err := disk.WriteOutput(o.CSV, data); err != nil {
			return err
		}
		fmt.Fprintln(messages, "wrote", o.CSV)
	}
	if o.JSON {
		return writeJSON(out, lines)
	}
	if err := printTable(out, lines); err != nil {
		return err
	}
	if err := printOwn(out, own); err != nil {
		return err
	}
	return printClaims(out, judged)
}

// relative names a folder of the module relative to it; another folder stays as it is.
func relative(dir string) string {
	module, err := fashion.ModuleRoot()
	if err != nil {
		return dir
	}
	name, err := filepath.Rel(module, dir)
	if err != nil || !filepath.IsLocal(name) {
		return dir
	}
	return filepath.ToSlash(name)
}
