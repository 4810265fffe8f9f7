package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// clusterVariable names the program that follows what a cluster does, which kernel-setup builds where -cluster asks for it.
const clusterVariable = "FASHIONLAB_CLUSTER"

// clusterOptions are the flags of search and train that are about a cluster.
type clusterOptions struct {
	address, kind string
	bucket        string // of train
}

func (c *clusterOptions) define(f *flag.FlagSet, prefix string) {
	f.StringVar(&c.address, "cluster", "", prefix+"have the workers of a cluster train; the `address` of its server, such as 127.0.0.1:7233")
	f.StringVar(&c.kind, "kind", "", "with -cluster: the kind of workers, as its first `letters`, where there are several")
}

// check checks the flags of search.
func (c clusterOptions) check(o searchOptions) error {
	switch {
	case c.address == "" && c.kind != "":
		return errors.New("-kind belongs to -cluster")
	case c.address == "":
		return nil
	case o.curves:
		return errors.New("-curves measures the trained models here: leave out -cluster")
	case o.workers != 1:
		return errors.New("-workers is for a search on this machine; a cluster has as many as there are")
	}
	return nil
}

// search has a cluster do a search, in whose journal it then finds what was measured.
func (c clusterOptions) search(ctx context.Context, s hyperband.Search[recipes.Recipe], o searchOptions) (none hyperband.State[recipes.Recipe], err error) {
	err = c.call(ctx, "search", map[string]any{"spec": map[string]any{"model": o.model, "profile": o.profile, "budget": o.budget}, "journal": s.Journal})
	if err != nil {
		return none, err
	}
	return s.Read()
}

// train has a cluster train runs, and fetches them.
func (c clusterOptions) train(ctx context.Context, list []study.Variant) error {
	type run struct {
		Name   string         `json:"name"`
		Epochs int            `json:"epochs"`
		Recipe recipes.Recipe `json:"recipe"`
	}
	runs := []run{}
	for _, v := range list {
		runs = append(runs, run{v.Run, v.Recipe.Epochs, v.Recipe})
	}
	return c.call(ctx, "train", map[string]any{"runs": runs, "bucket": c.bucket})
}

// call has the cluster's program do something, which it is told on its standard input. It is a program of its own, so that this one does not link Temporal.
func (c clusterOptions) call(ctx context.Context, what string, request map[string]any) error {
	program := os.Getenv(clusterVariable)
	if program == "" {
		return fmt.Errorf("-cluster needs a program of its own, which %s builds", kernelSetup)
	}
	request["address"], request["kind"] = c.address, c.kind
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, what)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), parent.Setting())
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}
