package main

import (
	"context"
	"errors"
	"flag"
	"os"
)

// command is one that kernel-setup does itself.
type command struct {
	name, summary string
	needs         []string // names of the parts that must be set up first
	gpu           bool     // computes on a GPU where there is one
	passes        bool     // hands all arguments but -gpu and -deterministic to another program, and has no flags
	flags         func(*flag.FlagSet, *options)
	check         func(layout, options) error // reports what would end the command after a set-up that takes minutes
	do            func(context.Context, layout, options) error
}

// options are the values of all flags.
type options struct {
	profile, only, out string
	plan, onlyGPU      bool
	gpu                string
	deterministic      bool
	args               []string // for another program
}

func commands() []command {
	everything := []string{partCompiler, partTools, partJupyter, partPlugin, partData, partLinker, partKernel}
	none := func(*flag.FlagSet, *options) {}
	folder := func(l layout, _ options) error { return checkName(l.root) }
	nothing := func(layout, options) error { return nil }
	return []command{
		{name: "run", summary: "execute the notebooks and print the results", needs: everything, gpu: true, flags: func(f *flag.FlagSet, o *options) {
			f.StringVar(&o.profile, "profile", "quick", "how much to execute: smoke, quick or full")
			f.StringVar(&o.only, "only", "", "execute only the notebooks whose name begins so")
			f.StringVar(&o.out, "out", "", "folder for the executed notebooks (default out/PROFILE)")
			f.BoolVar(&o.plan, "plan", false, "say how long it will take, and do not begin")
		}, check: func(l layout, o options) error { return errors.Join(checkRun(l, o), checkName(l.root)) }, do: execute},
		{name: "lab", summary: "open the notebooks in JupyterLab; arguments such as --no-browser go to it", needs: everything, gpu: true, passes: true, check: folder, do: lab},
		{name: "test", summary: "run the whole test suite; arguments such as -run X go to go test", needs: everything, passes: true, check: folder, do: test},
		{name: "setup", summary: "install what is missing, and nothing else", needs: everything, gpu: true, flags: none, check: folder,
			do: func(context.Context, layout, options) error { return nil }},
		{name: "doctor", summary: "say what is installed, what is missing, and what mends it", flags: func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.onlyGPU, "gpu", false, "look at the GPU only")
		}, check: nothing, do: doctor},
		{name: "uninstall", summary: "remove what setup installed; runs stay", flags: none, check: nothing, do: uninstall},
	}
}

// run does a command of kernel-setup's own.
func (c command) run(ctx context.Context, args []string) error {
	var o options
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
	l, err := newLayout()
	if err != nil {
		return err
	}
	if err := c.check(l, o); err != nil {
		return err
	}
	if o.plan {
		return c.do(ctx, l, o)
	}
	if os.Getenv(programVariable) == "" {
		if err := setUp(ctx, l, c.needs); err != nil {
			return err
		}
	}
	if c.gpu {
		if err := useGPU(ctx, &l, o, func(what string) { tell("GPU", what) }); err != nil {
			return err
		}
	}
	return c.do(ctx, l, o)
}
