package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"fashionlab/kernel-setup/internal/cuda"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/licences"
	"fashionlab/kernel-setup/internal/notebooks"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/python"
)

// command is one that kernel-setup does itself.
type command struct {
	name, summary string
	needs         []string                           // names of the parts that must be set up first
	gpu           bool                               // computes on a GPU where there is one
	help          string                             // for one that passes its arguments on, where they are described
	passes        bool                               // hands all arguments but -gpu and -deterministic to another program, and has no flags
	flags         func(*flag.FlagSet, *options)      // nil for a command without
	check         func(layout.Layout, options) error // if not nil, reports what would end the command after a set-up that takes minutes
	do            func(context.Context, layout.Layout, options) error
}

// options are the values of all flags.
type options struct {
	notebooks notebooks.Options
	gpu       cuda.Options
	onlyGPU   bool
	runs      bool     // are looked at, and nothing else
	args      []string // for another program
}

func commands() []command {
	everything := []string{parts.Compiler, parts.Tools, python.Jupyter, parts.Plugin, parts.Data, parts.Linker, parts.Kernel}
	folder := func(l layout.Layout, _ options) error { return parts.CheckName(l.Root) }
	return []command{
		{name: "run", summary: "execute the notebooks and print the results", needs: everything, gpu: true, flags: func(f *flag.FlagSet, o *options) {
			f.StringVar(&o.notebooks.Profile, "profile", "quick", "how much to execute: smoke, quick or full")
			f.StringVar(&o.notebooks.Only, "only", "", "execute only the notebooks whose names begin with this; solutions/ for the solutions to the exercises")
			f.StringVar(&o.notebooks.Out, "out", "", "folder for the executed notebooks (default out/PROFILE)")
			f.BoolVar(&o.notebooks.Plan, "plan", false, "say how long it will take, and do not begin")
			f.StringVar(&o.notebooks.Site, "site", "", "execute nothing: write the notebooks as they were executed last, slides, the report and an index as plain files into this folder")
		}, check: func(l layout.Layout, o options) error {
			return errors.Join(notebooks.Check(l, o.notebooks), parts.CheckName(l.Root))
		}, do: func(ctx context.Context, l layout.Layout, o options) error {
			if o.notebooks.Site != "" {
				return notebooks.Site(ctx, l, o.notebooks)
			}
			return notebooks.Execute(ctx, l, o.notebooks)
		}},
		{name: "lab", summary: "open the notebooks in JupyterLab; arguments such as --no-browser go to it", needs: everything, gpu: true, passes: true, check: folder,
			help: "`jupyter lab --help` lists the arguments; -gpu and -deterministic are this project's.",
			do:   func(ctx context.Context, l layout.Layout, o options) error { return notebooks.Lab(ctx, l, o.args) }},
		{name: "test", summary: "run the whole test suite; arguments such as -run X go to go test", needs: everything, passes: true, check: folder, do: test,
			help: "`go help testflag` lists the arguments."},
		{name: "setup", summary: "install what is missing, and nothing else", needs: everything, gpu: true, check: folder,
			do: func(context.Context, layout.Layout, options) error { return nil }},
		{name: "doctor", summary: "say what is installed, what is missing, and how to install it", flags: func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.onlyGPU, "gpu", false, "look at the GPU only")
			f.BoolVar(&o.runs, "runs", false, "read every file of the runs and searches instead, and say what is corrupt and what to do")
		}, do: doctor},
		{name: "cluster", summary: "serve searches on several machines, or work for them", passes: true, do: runCluster},
		{name: "licences", summary: "list all that is used, with its version and licence", do: func(ctx context.Context, l layout.Layout, _ options) error {
			list, err := licences.List(ctx, l)
			if err != nil {
				return err
			}
			return licences.Print(os.Stdout, list)
		}},
		{name: "uninstall", summary: "remove what setup installed; runs stay",
			do: func(_ context.Context, l layout.Layout, _ options) error { return parts.Uninstall(l) }},
	}
}

// run does a command of kernel-setup's own.
func (c command) run(ctx context.Context, args []string) error {
	var o options
	if c.help != "" && hasFlag(args, helpFlags...) {
		fmt.Printf("usage: go run ./kernel-setup %s [arguments]\n\n%s. Before that it installs what is missing. %s\n", c.name, c.summary, c.help)
		return nil
	}
	if c.gpu {
		var err error
		if o, args, err = takeOwn(args); err != nil {
			return err
		}
	}
	if c.passes {
		o.args = args
	} else if err := c.parseOwn(args, &o); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	l, err := layout.New()
	if err != nil {
		return err
	}
	if c.check != nil {
		if err := c.check(l, o); err != nil {
			return err
		}
	}
	if o.notebooks.Plan {
		return c.do(ctx, l, o)
	}
	if os.Getenv(layout.ProgramVariable) == "" {
		needs := c.needs
		if o.notebooks.Site != "" {
			needs = []string{python.Jupyter} // it executes nothing: the user's kernel stays whose it is
		}
		if err := parts.SetUp(ctx, l, needs); err != nil {
			return err
		}
	}
	if c.gpu && o.notebooks.Site == "" {
		if err := cuda.Use(ctx, &l, o.gpu, logGPU); err != nil {
			return err
		}
	}
	return c.do(ctx, l, o)
}
