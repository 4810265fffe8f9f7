package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	results "fashionlab/fashion/report"
	"fashionlab/fashion/run"
)

// report prints what the slides say beside what was measured, and writes it as a page if asked to.
func report(_ context.Context, l layout, o options) error {
	root, err := runsRoot(l)
	if err != nil {
		return err
	}
	lines, unreadable := results.Collect(root, l.published())
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	if o.html != "" {
		generators, err := results.Generators(root, l.published())
		if err != nil {
			return err
		}
		var page bytes.Buffer
		if err := results.HTML(&page, lines, generators, l.relative(root), l.relative(l.published())); err != nil {
			return err
		}
		if err := run.WriteFile(o.html, page.Bytes()); err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "wrote", o.html)
	}
	if o.json {
		return results.JSON(os.Stdout, lines)
	}
	return results.Print(os.Stdout, lines)
}

// runsRoot is the folder of runs that the notebooks use.
func runsRoot(l layout) (string, error) {
	if os.Getenv(run.RootVariable) != "" {
		return run.Root()
	}
	return filepath.Join(l.root, "runs"), nil
}

// relative names a folder of the module without the place of the module; another one stays as it is.
func (l layout) relative(dir string) string {
	name, err := filepath.Rel(l.root, dir)
	if err != nil || !filepath.IsLocal(name) {
		return dir
	}
	return filepath.ToSlash(name)
}
