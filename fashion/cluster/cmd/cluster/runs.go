package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"fashionlab/fashion/cluster"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// trainRuns has a cluster train runs, and fetches each from the bucket when it is trained.
func trainRuns(ctx context.Context, in io.Reader) error {
	var r request
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return fmt.Errorf("standard input is no request of the command train: %w", err)
	}
	b, err := openBucket(ctx, r.Bucket)
	if err != nil {
		return err
	}
	defer b.Close()
	artifacts, err := cluster.NewArtifacts(ctx, b)
	if err != nil {
		return fmt.Errorf("the bucket: %w", err)
	}
	c, err := cluster.Connect(r.Address)
	if err != nil {
		return err
	}
	defer c.Close()
	said := ""
	client := cluster.Client[recipes.Recipe]{
		Temporal: c, Revision: revision, Kind: r.Kind, Bucket: artifacts.ID, Say: func(text string) { fmt.Fprintln(os.Stderr, text) },
		Doing: func(list []cluster.Doing) {
			text := ""
			for _, d := range list {
				text += fmt.Sprintf("  %v\n", d)
			}
			if text != said {
				fmt.Fprint(os.Stderr, text)
			}
			said = text
		},
	}
	return client.Train(ctx, r.Runs, func(trained cluster.Run[recipes.Recipe]) error { return fetch(ctx, artifacts, trained) })
}

// fetch puts a trained run among this machine's, unless it is there.
func fetch(ctx context.Context, a cluster.Artifacts, trained cluster.Run[recipes.Recipe]) error {
	if r, err := run.Local().Open(trained.Name); err == nil && r.Finished() {
		return nil
	}
	dir, err := run.Local().Path(trained.Name)
	if err != nil {
		return err
	}
	if err := disk.MkdirAll(dir); err != nil {
		return err
	}
	lock, err := disk.NewLock(dir) // nobody trains it here
	if err != nil {
		return err
	}
	defer lock.Close()
	prefix, err := trained.Prefix()
	if err != nil {
		return err
	}
	var corrupt []error
	epochs, err := a.Restore(ctx, prefix, dir, func(err error) { corrupt = append(corrupt, err) })
	if err == nil && epochs < trained.Epochs {
		err = errors.Join(append([]error{fmt.Errorf("%s: the bucket has %d of %d epochs, from which the training resumes here", trained.Name, epochs, trained.Epochs)}, corrupt...)...)
	}
	return err
}
