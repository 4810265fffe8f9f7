package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"fashionlab/fashion/parent"
	"fashionlab/kernel-setup/internal/cuda"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/process"
)

// clusterUsage says what the command cluster does.
const clusterUsage = `usage: go run ./kernel-setup cluster serve [flags]
       go run ./kernel-setup cluster work [flags]

Searches on several machines, with Temporal: serve is a server for them, work trains for them. What both need is built here, not by other commands.
fashion/cluster/README.md has the way from two machines to a search in five commands; each of the two lists its flags with -h.
`

// runCluster does the command cluster.
func runCluster(ctx context.Context, l layout.Layout, o options) error {
	if len(o.args) == 0 || slices.Contains(append(helpFlags, "help"), o.args[0]) {
		fmt.Print(clusterUsage)
		return nil
	}
	name := o.args[0]
	switch name {
	case "serve":
		program, err := l.Build(ctx, layout.Server)
		if err != nil {
			return err
		}
		return runProgram(ctx, program, l.Environment(), o.args[1:])
	case "work":
	default:
		return usageError{fmt.Errorf("cluster: %q is no command; want serve or work", name)}
	}
	own, rest, err := takeOwn(o.args[1:])
	if err != nil {
		return err
	}
	if !hasFlag(rest, helpFlags...) {
		if err := parts.SetUp(ctx, l, []string{parts.Compiler, parts.Plugin, parts.Data}); err != nil {
			return err
		}
		if err := cuda.Use(ctx, &l, own.gpu, logGPU); err != nil {
			return err
		}
	}
	program, err := l.Build(ctx, clusterFor(rest))
	if err != nil {
		return err
	}
	return runProgram(ctx, program, l.BackendEnvironment(), append([]string{name}, rest...))
}

// runProgram runs a program where the user is, until it ends; a worker ends after its present epochs.
func runProgram(ctx context.Context, program string, env, args []string) error {
	c := exec.CommandContext(ctx, program, args...)
	c.Env = append(env, parent.Setting())
	return process.RunShown(ctx, c)
}

// onCluster reports whether arguments ask for a cluster.
func onCluster(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "-cluster" || name == "--cluster"
	})
}

// clusterFor is the program for arguments: for a bucket of Google Cloud Storage one with its client, which few need and takes as long to compile as all else.
func clusterFor(args []string) layout.Extra {
	if slices.ContainsFunc(args, func(arg string) bool { return strings.Contains(arg, "gs://") }) {
		return layout.GoogleCluster
	}
	return layout.Cluster
}

// useCluster builds what -cluster needs and tells the program fashionlab where it is.
func useCluster(ctx context.Context, l layout.Layout, args []string) error {
	program, err := l.Build(ctx, clusterFor(args))
	if err != nil {
		return err
	}
	return os.Setenv(layout.ClusterVariable, program)
}
