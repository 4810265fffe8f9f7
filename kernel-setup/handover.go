package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"fashionlab/kernel-setup/internal/cuda"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
)

// handed is a command of the program fashion/cmd/fashionlab. That knows its flags; what it needs stands here.
type handed struct {
	name, summary string
	needs         []string // names of the parts that must be set up first, beside the C compiler
	gpu           bool     // computes on a GPU where there is one
	trains        bool     // writes runs, unless it is asked for a plan
}

var handedOver = []handed{
	{name: "train", summary: "train a recipe of the study and test it", needs: []string{parts.Plugin, parts.Data}, gpu: true, trains: true},
	{name: "search", summary: "search hyperparameters with Hyperband", needs: []string{parts.Plugin, parts.Data}, gpu: true, trains: true},
	{name: "report", summary: "print the results table"},
	{name: "robustness", summary: "measure finished runs on corrupted images", needs: []string{parts.Plugin, parts.Data}, gpu: true, trains: true},
	{name: "data", summary: "say what is in the folder of a data set of your own"},
	{name: "predict", summary: "say what garments photos show", needs: []string{parts.Plugin}},
	{name: "demo", summary: "say what garments photos show, as a web page", needs: []string{parts.Plugin, parts.Data}},
	{name: "export", summary: "write a run's network for other programs", needs: []string{parts.Plugin}},
	{name: "summary", summary: "print a model's layers, shapes and parameters"},
	{name: "bench", summary: "time a training step", needs: []string{parts.Plugin, parts.Data}, gpu: true},
	{name: "check", summary: "compare logits, loss and gradients of every network with values recorded on a CPU", needs: []string{parts.Plugin}, gpu: true},
	{name: "backend", summary: "say which backend computes", needs: []string{parts.Plugin}, gpu: true},
	{name: "probe", summary: "have the backend compute a convolution", needs: []string{parts.Plugin}, gpu: true},
}

// run sees to what a command needs and hands its arguments over as they are, but for -gpu and -deterministic.
func (h handed) run(ctx context.Context, args []string) error {
	o, rest, err := takeOwn(args)
	if err != nil {
		return err
	}
	if !h.gpu && len(rest) < len(args) {
		return usageError{fmt.Errorf("%s computes on the CPU and takes neither -gpu nor -deterministic", h.name)}
	}
	l, err := layout.New()
	if err != nil {
		return err
	}
	if hasFlag(rest, helpFlags...) {
		if err := l.RunProgram(ctx, append([]string{h.name}, rest...)...); err != nil || !h.gpu {
			return err
		}
		fmt.Print("\n", gpuUsage())
		return nil
	}
	if h.trains && !hasFlag(rest, "-plan", "--plan") {
		if err := l.CheckRuns(); err != nil {
			return err
		}
	}
	clustered := h.trains && onCluster(rest)
	if clustered && h.name == "search" { // others compute
		h.needs, h.gpu = nil, false
	}
	if err := h.setUp(ctx, &l, o, rest); err != nil {
		return err
	}
	if clustered {
		if err := useCluster(ctx, l, rest); err != nil {
			return err
		}
	}
	return l.RunProgram(ctx, append([]string{h.name}, rest...)...)
}

// setUp provides what a command needs. Where that may take minutes, the program checks the command line before.
func (h handed) setUp(ctx context.Context, l *layout.Layout, o options, args []string) error {
	var needs []string
	if os.Getenv(layout.ProgramVariable) == "" {
		needs = append([]string{parts.Compiler}, h.needs...)
	}
	if len(parts.Missing(*l, needs)) > 0 || h.gpu && o.gpu.Choice != cuda.Off && l.System.NVIDIA().Found() {
		if len(needs) > 0 {
			if err := parts.SetUp(ctx, *l, []string{parts.Compiler}); err != nil {
				return err
			}
		}
		if err := l.RunProgram(ctx, append([]string{parseOnly, h.name}, args...)...); err != nil {
			return err
		}
	}
	if err := parts.SetUp(ctx, *l, needs); err != nil || !h.gpu {
		return err
	}
	return cuda.Use(ctx, l, o.gpu, logGPU)
}

// logGPU prints a line about the GPU.
func logGPU(what string) { layout.Log("GPU", what) }

// parseOnly as the program's first argument has it check the others and do nothing.
const parseOnly = "-parse-only"

// takeOwn takes -gpu VALUE and -deterministic, which concern the environment of a program, out of its arguments. All others stay as they are, and so does
// everything after "--".
func takeOwn(args []string) (o options, rest []string, err error) {
	o.gpu.Choice = cuda.Auto
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			rest = append(rest, args[i:]...)
			break
		}
		name, value, hasValue := strings.Cut(args[i], "=")
		switch name {
		case "-gpu", "--gpu":
			if !hasValue {
				if i++; i == len(args) {
					return o, nil, usageError{errors.New("-gpu needs an argument: auto, off, cuda13 or cuda12")}
				}
				value = args[i]
			}
			o.gpu.Choice = value
		case "-deterministic", "--deterministic":
			o.gpu.Deterministic = true
			if hasValue {
				if o.gpu.Deterministic, err = strconv.ParseBool(value); err != nil {
					return o, nil, usageError{fmt.Errorf("-deterministic is %q, want true or false", value)}
				}
			}
		default:
			rest = append(rest, args[i])
		}
	}
	if err := cuda.CheckChoice(o.gpu.Choice); err != nil {
		return o, nil, usageError{err}
	}
	return o, rest, nil
}
