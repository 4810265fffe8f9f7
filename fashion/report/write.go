package report

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
)

// Options say in which forms Write writes a report.
type Options struct {
	JSON bool   // instead of the table
	HTML string // file for the page with figures too; none: ""
}

// Write collects the results of both stores (see Collect) and prints them, and writes the page if a file is named. What was left out, and the page's file, is said
// in messages.
func Write(w, messages io.Writer, local, published run.Store, o Options) error {
	lines, unreadable := Collect(local, published)
	if unreadable != nil {
		fmt.Fprintln(messages, "left out:", unreadable)
	}
	if o.HTML != "" {
		generators, err := Generators(local, published)
		if err != nil {
			return err
		}
		root, err := local.Root()
		if err != nil {
			return err
		}
		publishedRoot, err := published.Root()
		if err != nil {
			return err
		}
		var page bytes.Buffer
		if err := HTML(&page, lines, generators, relative(root), relative(publishedRoot)); err != nil {
			return err
		}
		if err := disk.WriteFile(o.HTML, page.Bytes()); err != nil {
			return err
		}
		fmt.Fprintln(messages, "wrote", o.HTML)
	}
	if o.JSON {
		return JSON(w, lines)
	}
	return Print(w, lines)
}

// relative names a folder of the module without the place of the module; another one stays as it is.
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
