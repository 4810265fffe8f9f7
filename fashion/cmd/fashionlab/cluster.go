package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/recipes"
)

// clusterVariable names the program that follows a search on a cluster, which kernel-setup builds where -cluster asks for it.
const clusterVariable = "FASHIONLAB_CLUSTER"

// clusterOptions are the flags of search that are about a cluster.
type clusterOptions struct{ address, kind string }

// check checks the flags.
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

// search has a cluster do a search, in whose journal it then finds what was measured. The program that follows the search is one of its own, so that this one does not link Temporal.
func (c clusterOptions) search(ctx context.Context, s hyperband.Search[recipes.Recipe], o searchOptions) (none hyperband.State[recipes.Recipe], err error) {
	program := os.Getenv(clusterVariable)
	if program == "" {
		return none, fmt.Errorf("-cluster needs a program of its own: %s search builds it", kernelSetup)
	}
	request, err := json.Marshal(map[string]any{
		"spec":    map[string]any{"model": o.model, "profile": o.profile, "budget": o.budget},
		"journal": s.Journal, "address": c.address, "kind": c.kind,
	})
	if err != nil {
		return none, err
	}
	follow := exec.CommandContext(ctx, program, "search")
	follow.Cancel = func() error { return follow.Process.Signal(syscall.SIGTERM) }
	follow.WaitDelay = 10 * time.Second
	follow.Stdin, follow.Stdout, follow.Stderr = bytes.NewReader(request), os.Stdout, os.Stderr
	follow.Env = append(os.Environ(), parent.Setting())
	if err := follow.Run(); err != nil {
		return none, errors.Join(ctx.Err(), err)
	}
	return s.Read()
}
