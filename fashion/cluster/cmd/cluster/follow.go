package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion/cluster"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
)

// request is what the commands search and train want to be done, as JSON on standard input.
type request struct {
	Address string `json:"address"`
	Kind    string `json:"kind"`

	Spec    cluster.Spec `json:"spec"`    // of a search
	Journal string       `json:"journal"` // of a search

	Runs   []cluster.Run[recipes.Recipe] `json:"runs"`
	Bucket string                        `json:"bucket"` // from which trained runs are fetched
}

// follow has a cluster do a search, and keeps its journal.
func follow(ctx context.Context, in io.Reader) error {
	var r request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return fmt.Errorf("standard input is no request of the command search: %w", err)
	}
	s, err := r.Spec.Search()
	if err != nil {
		return err
	}
	s.Journal = r.Journal
	if err := disk.MkdirAll(filepath.Dir(s.Journal)); err != nil {
		return err
	}
	lock, err := disk.NewLock(filepath.Dir(s.Journal))
	if err != nil {
		return err
	}
	defer lock.Close()
	c, err := cluster.Connect(r.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	line, doing := "", ""
	show := func() { fmt.Fprintln(os.Stderr, line+doing) }
	client := cluster.Client[recipes.Recipe]{
		Temporal: c, Revision: revision, Kind: r.Kind, Say: func(text string) { fmt.Fprintln(os.Stderr, text) },
		Report: func(s hyperband.State[recipes.Recipe]) {
			if now := notebook.SearchLine(s); now != line {
				line = now
				show()
			}
		},
		Doing: func(list []cluster.Doing) {
			var b strings.Builder
			for _, d := range list {
				fmt.Fprintf(&b, "\n  %v", d)
			}
			if b.String() != doing {
				doing = b.String()
				show()
			}
		},
	}
	_, err = client.Follow(ctx, r.Spec, s)
	return err
}
