// Command kernel-setup installs what the study needs and is missing, then executes its notebooks, opens them in
// JupyterLab, or runs the tests.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const usage = `usage: go run ./kernel-setup COMMAND [flags]

  run        execute the notebooks and print the results      -profile smoke|quick|full  -only 02  -out DIR  -plan
  lab        open the notebooks in JupyterLab                 further arguments go to jupyter lab, such as --no-browser
  test       run the whole test suite                         further arguments go to go test, such as -run X
  setup      install what is missing, and nothing else
  doctor     say what is installed, what is missing, what mends it    -gpu: of the GPU only
  report     print the results table                          -json  -html FILE: a page with figures too
  train      train a recipe of the study and test it          -recipe cnn-augmented  -profile  -epochs N  -publish  -weights
  search     search hyperparameters with Hyperband            -model cnn  -profile  -R 81  -eta 3  -rounding algorithm1
                                                              -workers 1  -plan  -json
  predict    say what garments photos show                    -json  FILE...
  demo       the same as a web page                           -listen 127.0.0.1:8080  -token
  summary    print a model's layers, shapes and parameters    -model cnn
  bench      time a training step                             -model cnn  -batch 64,512  -peers PYTHON  -transforms  -frozen
                                                              -search  -answers
  check      compare logits, loss and gradients of every      -recipes cnn,gan  -float32  -against FILE  -write FILE
             network with values recorded on a CPU
  uninstall  remove what setup installed; runs stay

run, lab, test, setup, train, search, bench, check, predict and demo first do what is missing of the set-up.
run, lab, train, search, bench and check compute on an NVIDIA GPU where one works, and say so: -gpu auto|off|cuda13|cuda12, which setup takes too, and
-deterministic, with which a training on a GPU can be repeated bit for bit. $GOMLX_BACKEND decides before them.
`

// command is one of the words that usage lists.
type command struct {
	needs   []string // names of the parts that must be set up first
	flags   func(*flag.FlagSet, *options)
	do      func(context.Context, layout, options) error
	gpu     bool // computes on a GPU where there is one
	passing bool // hands the arguments that are not its own to another program
}

// options are the values of all flags.
type options struct {
	profile, only, out, html, model, batch, peers string
	recipe, rounding, listen, token, gpu          string
	recipes, against, write                       string
	r, eta, workers, epochs                       int
	json, transforms, plan, search, frozen        bool
	publish, weights, answers                     bool
	deterministic, float32, onlyGPU               bool
	args                                          []string // what is left after the flags
}

func commands() map[string]command {
	everything := []string{partCompiler, partTools, partJupyter, partPlugin, partData, partLinker, partKernel}
	none := func(*flag.FlagSet, *options) {}
	model := func(f *flag.FlagSet, o *options) { f.StringVar(&o.model, "model", "cnn", "name of the model") }
	profile := func(f *flag.FlagSet, o *options) {
		f.StringVar(&o.profile, "profile", "quick", "how much to execute: smoke, quick or full")
	}
	list := map[string]command{
		"run": {needs: everything, flags: func(f *flag.FlagSet, o *options) {
			profile(f, o)
			f.StringVar(&o.only, "only", "", "execute only the notebooks whose name begins so")
			f.StringVar(&o.out, "out", "", "folder for the executed notebooks (default out/PROFILE)")
			f.BoolVar(&o.plan, "plan", false, "say how long it will take, and do not begin")
		}, do: execute, gpu: true},
		"lab":   {needs: everything, flags: none, do: lab, gpu: true, passing: true},
		"test":  {needs: everything, flags: none, do: test, passing: true},
		"setup": {needs: everything, flags: none, do: func(context.Context, layout, options) error { return nil }, gpu: true},
		"doctor": {flags: func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.onlyGPU, "gpu", false, "look at the GPU only")
		}, do: doctor},
		"report": {flags: func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.json, "json", false, "print JSON")
			f.StringVar(&o.html, "html", "", "write a page with the figures of each run to this file too")
		}, do: report},
		"summary": {needs: []string{partCompiler}, flags: model, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "summary", "-model", o.model)
		}},
		"bench": {needs: []string{partCompiler, partPlugin, partData}, flags: func(f *flag.FlagSet, o *options) {
			model(f, o)
			f.StringVar(&o.batch, "batch", "64,512", "batch sizes")
			f.StringVar(&o.peers, "peers", "", "a Python with tensorflow, torch or jax to measure beside")
			f.BoolVar(&o.transforms, "transforms", false, "time the augmentations too")
			f.BoolVar(&o.frozen, "frozen", false, "time a ConvNeXt with ever fewer layers trained too")
			f.BoolVar(&o.answers, "answers", false, "time the answers of the network that comes with the project instead, to -batch images at once")
			f.BoolVar(&o.search, "search", false, "time a whole search instead, beside KerasTuner's")
		}, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "bench", "-model", o.model, "-batch", o.batch, "-peers", o.peers,
				fmt.Sprint("-transforms=", o.transforms), fmt.Sprint("-frozen=", o.frozen), fmt.Sprint("-search=", o.search), fmt.Sprint("-answers=", o.answers))
		}, gpu: true},
		"train": {needs: []string{partCompiler, partPlugin, partData}, flags: func(f *flag.FlagSet, o *options) {
			profile(f, o)
			f.StringVar(&o.recipe, "recipe", "cnn", "name of the recipe")
			f.IntVar(&o.epochs, "epochs", 0, "epochs instead of the recipe's; a cosine falls over all of them")
			f.BoolVar(&o.publish, "publish", false, "copy the finished run to notebooks/published, for others to see")
			f.BoolVar(&o.weights, "weights", false, "publish it with its weights, in half precision")
		}, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "train", "-recipe", o.recipe, "-profile", o.profile, "-epochs", fmt.Sprint(o.epochs), fmt.Sprint("-publish=", o.publish), fmt.Sprint("-weights=", o.weights))
		}, gpu: true},
		"search": {needs: []string{partCompiler, partPlugin, partData}, flags: func(f *flag.FlagSet, o *options) {
			model(f, o)
			profile(f, o)
			f.IntVar(&o.r, "R", 0, "epochs of a configuration at most; 0: the profile's")
			f.IntVar(&o.eta, "eta", 0, "each rung keeps one of so many; 0: the profile's")
			f.StringVar(&o.rounding, "rounding", "", "of the table: algorithm1, table1 or kerastuner (default algorithm1)")
			f.IntVar(&o.workers, "workers", 1, "trainings at once")
			f.BoolVar(&o.plan, "plan", false, "say what the search costs, and do not begin")
			f.BoolVar(&o.json, "json", false, "print JSON")
		}, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "search", "-model", o.model, "-profile", o.profile, "-R", fmt.Sprint(o.r), "-eta", fmt.Sprint(o.eta),
				"-rounding", o.rounding, "-workers", fmt.Sprint(o.workers), fmt.Sprint("-plan=", o.plan), fmt.Sprint("-json=", o.json))
		}, gpu: true},
		"predict": {needs: []string{partCompiler, partPlugin}, flags: func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.json, "json", false, "print JSON")
		}, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, append([]string{"predict", fmt.Sprint("-json=", o.json), "--"}, o.args...)...)
		}},
		"demo": {needs: []string{partCompiler, partPlugin, partData}, flags: func(f *flag.FlagSet, o *options) {
			f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the page; others than this machine can reach it elsewhere, with a token")
			f.StringVar(&o.token, "token", "", "that visitors must bring (default: none on this machine, elsewhere a new one)")
		}, do: func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "demo", "-listen", o.listen, "-token", o.token)
		}},
		"check": {needs: []string{partCompiler, partPlugin}, flags: func(f *flag.FlagSet, o *options) {
			f.StringVar(&o.recipes, "recipes", "", "of the networks, separated by commas (default all)")
			f.BoolVar(&o.float32, "float32", false, "compute in float32 on a GPU too, where training uses TF32, and want the numbers closer")
			f.StringVar(&o.against, "against", "", "file of recorded values (default the project's own)")
			f.StringVar(&o.write, "write", "", "record the values in this file")
		}, do: check, gpu: true},
		"uninstall": {flags: none, do: uninstall},
	}
	for name, c := range list {
		if own := c.flags; c.gpu {
			c.flags = func(f *flag.FlagSet, o *options) {
				own(f, o)
				f.StringVar(&o.gpu, "gpu", gpuAuto, "compute on an NVIDIA GPU: auto, off, or by a release of the plugin, cuda13 or cuda12")
				f.BoolVar(&o.deterministic, "deterministic", false, "on a GPU, compute so that a training can be repeated bit for bit, which is slower")
			}
			list[name] = c
		}
	}
	return list
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := dispatch(ctx, os.Args[1:])
	stop()
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.code)
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "kernel-setup:", err)
		os.Exit(1)
	}
}

// exitError ends the program with a code; what it has to say is printed already.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return flag.ErrHelp
	}
	c, ok := commands()[args[0]]
	if !ok {
		fmt.Fprint(os.Stderr, usage)
		return fmt.Errorf("%q is no command", args[0])
	}
	var o options
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	c.flags(f, &o)
	var err error
	if o.args, err = parse(f, args[1:], c.passing); err != nil {
		return flag.ErrHelp // the flag set has said what is wrong
	}
	if len(o.args) > 0 && !c.passing && args[0] != "predict" {
		return fmt.Errorf("%s takes no argument %q", args[0], o.args[0])
	}
	l, err := newLayout()
	if err != nil {
		return err
	}
	if err := precheck(args[0], l, o); err != nil {
		return err
	}
	switch {
	case args[0] == "run" && o.plan:
		c.needs, c.gpu = nil, false
	case os.Getenv(studyVariable) != "":
		c.needs = nil
	}
	if err := setUp(ctx, l, c.needs); err != nil {
		return err
	}
	if c.gpu {
		if err := useGPU(ctx, &l, o, func(what string) { tell("GPU", what) }); err != nil {
			return err
		}
	}
	return c.do(ctx, l, o)
}

// precheck reports what would end a command later, before a set-up that takes minutes.
func precheck(name string, l layout, o options) error {
	if o.gpu != "" {
		if err := checkGPU(o.gpu); err != nil {
			return err
		}
	}
	switch name {
	case "run":
		return errors.Join(checkRun(l, o), checkName(l.root))
	case "lab", "test", "setup":
		return checkName(l.root)
	case "train", "search":
		if o.plan {
			return nil
		}
		return checkRuns(l)
	}
	return nil
}

// parse reads the flags, which may stand among the arguments, up to "--". It returns the arguments; passing, with the flags that are not in the set.
func parse(f *flag.FlagSet, args []string, passing bool) (rest []string, err error) {
	for len(args) > 0 {
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		name, _, hasValue := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		known := f.Lookup(name)
		if !strings.HasPrefix(args[0], "-") || args[0] == "-" || passing && known == nil {
			rest, args = append(rest, args[0]), args[1:]
			continue
		}
		n := 1
		if known != nil && !hasValue && !isBool(known) {
			n = min(2, len(args))
		}
		if err := f.Parse(args[:n]); err != nil {
			return nil, err
		}
		args = args[n:]
	}
	return rest, nil
}

// isBool reports whether a flag needs no value.
func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}
