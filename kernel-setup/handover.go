package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// handed is a command of the program fashion/cmd/fashionlab. That knows its flags; what it needs stands here.
type handed struct {
	name, summary string
	needs         []string // names of the parts that must be set up first
	gpu           bool     // computes on a GPU where there is one
	trains        bool     // writes runs, unless it is asked for a plan
}

var handedOver = []handed{
	{name: "train", summary: "train a recipe of the study and test it", needs: []string{partCompiler, partPlugin, partData}, gpu: true, trains: true},
	{name: "search", summary: "search hyperparameters with Hyperband", needs: []string{partCompiler, partPlugin, partData}, gpu: true, trains: true},
	{name: "report", summary: "print the results table", needs: []string{partCompiler}},
	{name: "predict", summary: "say what garments photos show", needs: []string{partCompiler, partPlugin}},
	{name: "demo", summary: "say what garments photos show, as a web page", needs: []string{partCompiler, partPlugin, partData}},
	{name: "summary", summary: "print a model's layers, shapes and parameters", needs: []string{partCompiler}},
	{name: "bench", summary: "time a training step", needs: []string{partCompiler, partPlugin, partData}, gpu: true},
	{name: "check", summary: "compare logits, loss and gradients of every network with values recorded on a CPU", needs: []string{partCompiler, partPlugin}, gpu: true},
	{name: "backend", summary: "say which backend computes", needs: []string{partCompiler, partPlugin}, gpu: true},
	{name: "probe", summary: "have the backend compute a convolution", needs: []string{partCompiler, partPlugin}, gpu: true},
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
	l, err := newLayout()
	if err != nil {
		return err
	}
	if hasFlag(rest, isHelp) {
		if err := l.runProgram(ctx, append([]string{h.name}, rest...)...); err != nil || !h.gpu {
			return err
		}
		fmt.Print("\n", gpuUsage())
		return nil
	}
	if h.trains && !hasFlag(rest, func(arg string) bool { return arg == "-plan" || arg == "--plan" }) {
		if err := checkRuns(l); err != nil {
			return err
		}
	}
	if err := h.setUp(ctx, &l, o, rest); err != nil {
		return err
	}
	return l.runProgram(ctx, append([]string{h.name}, rest...)...)
}

// setUp provides what a command needs. Where that may take minutes, the program checks the command line before.
func (h handed) setUp(ctx context.Context, l *layout, o options, args []string) error {
	needs := h.needs
	if os.Getenv(programVariable) != "" {
		needs = nil
	}
	if len(missingParts(*l, needs)) > 0 || h.gpu && o.gpu != gpuOff && l.system.NVIDIA().Found() {
		if slices.Contains(needs, partCompiler) {
			if err := setUp(ctx, *l, []string{partCompiler}); err != nil {
				return err
			}
		}
		if err := l.runProgram(ctx, append([]string{parseOnly, h.name}, args...)...); err != nil {
			return err
		}
	}
	if err := setUp(ctx, *l, needs); err != nil || !h.gpu {
		return err
	}
	return useGPU(ctx, l, o, func(what string) { tell("GPU", what) })
}

// parseOnly as the program's first argument has it check the others and do nothing.
const parseOnly = "-parse-only"

// takeOwn takes -gpu VALUE and -deterministic, which concern the environment of a program, out of its arguments. All others stay as they are, and so does
// everything after "--".
func takeOwn(args []string) (o options, rest []string, err error) {
	o.gpu = gpuAuto
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
			o.gpu = value
		case "-deterministic", "--deterministic":
			o.deterministic = true
			if hasValue {
				if o.deterministic, err = strconv.ParseBool(value); err != nil {
					return o, nil, usageError{fmt.Errorf("-deterministic is %q, want true or false", value)}
				}
			}
		default:
			rest = append(rest, args[i])
		}
	}
	if err := checkGPU(o.gpu); err != nil {
		return o, nil, usageError{err}
	}
	return o, rest, nil
}

// programVariable names a program fashionlab that was built elsewhere, for a machine without Go: nothing is built or set up then.
const programVariable = "FASHIONLAB_PROGRAM"

// programPackage is that of the program with every command that needs the models, so that this one starts without them.
const programPackage = "./fashion/cmd/fashionlab"

// buildProgram builds that program, unless it is up to date.
func buildProgram(ctx context.Context, l layout) error {
	if os.Getenv(programVariable) != "" {
		return nil
	}
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.program()); err != nil {
		tell("fashionlab", "building the program; the first time it takes a minute or more")
	}
	if err := os.MkdirAll(filepath.Dir(l.program()), 0o777); err != nil {
		return fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	return runQuietly(ctx, l.root, l.environment(), goPath, "build", "-o", l.program(), programPackage)
}

// runProgram builds that program and runs it where the user is. It may take as long as it wants to end when we are to stop: a training ends after its present step.
func (l layout) runProgram(ctx context.Context, args ...string) error {
	if err := buildProgram(ctx, l); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, l.program(), args...)
	c.Env = l.backendEnvironment()
	return runShown(ctx, c)
}
