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
	"slices"
	"syscall"
)

const usage = `usage: go run ./kernel-setup COMMAND [flags]

  run        execute the notebooks and print the results      -profile smoke|quick|full  -only 02  -out DIR  -plan
  lab        open the notebooks in JupyterLab                 further arguments go to jupyter lab
  test       run the whole test suite
  setup      install what is missing, and nothing else
  doctor     say what is installed, what is missing, and what mends it
  report     print the results table                          -json  -html FILE: a page with figures too
  train      train a recipe of the study and test it          -recipe cnn-augmented  -profile  -publish  -weights
  search     search hyperparameters with Hyperband            -model cnn  -profile  -R 81  -eta 3  -rounding algorithm1
                                                              -workers 1  -plan  -json
  predict    say what garments photos show                    -json  FILE...
  demo       the same as a web page                           -listen 127.0.0.1:8080  -token
  summary    print a model's layers, shapes and parameters    -model cnn
  bench      time a training step                             -model cnn  -batch 64,512  -peers PYTHON  -transforms  -frozen
                                                              -search  -answers
  uninstall  remove what setup installed; runs stay

run, lab, test, setup, train, search, bench, predict and demo first do what is missing of the set-up.
`

// command is one of the words that usage lists.
type command struct {
	needs []string // names of the parts that must be set up first
	flags func(*flag.FlagSet, *options)
	do    func(context.Context, layout, options) error
}

// options are the values of all flags.
type options struct {
	profile, only, out, html, model, batch, peers string
	recipe, rounding, listen, token               string
	r, eta, workers                               int
	json, transforms, plan, search, frozen        bool
	publish, weights, answers                     bool
	args                                          []string // what is left after the flags
}

func commands() map[string]command {
	everything := []string{partTools, partJupyter, partPlugin, partData, partLinker, partKernel}
	none := func(*flag.FlagSet, *options) {}
	model := func(f *flag.FlagSet, o *options) { f.StringVar(&o.model, "model", "cnn", "name of the model") }
	profile := func(f *flag.FlagSet, o *options) {
		f.StringVar(&o.profile, "profile", "quick", "how much to execute: smoke, quick or full")
	}
	return map[string]command{
		"run": {everything, func(f *flag.FlagSet, o *options) {
			profile(f, o)
			f.StringVar(&o.only, "only", "", "execute only the notebooks whose name begins so")
			f.StringVar(&o.out, "out", "", "folder for the executed notebooks (default out/PROFILE)")
			f.BoolVar(&o.plan, "plan", false, "say how long it will take, and do not begin")
		}, execute},
		"lab":    {everything, none, lab},
		"test":   {everything, none, test},
		"setup":  {everything, none, func(context.Context, layout, options) error { return nil }},
		"doctor": {nil, none, doctor},
		"report": {nil, func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.json, "json", false, "print JSON")
			f.StringVar(&o.html, "html", "", "write a page with the figures of each run to this file too")
		}, report},
		"summary": {nil, model, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "summary", "-model", o.model)
		}},
		"bench": {[]string{partPlugin, partData}, func(f *flag.FlagSet, o *options) {
			model(f, o)
			f.StringVar(&o.batch, "batch", "64,512", "batch sizes")
			f.StringVar(&o.peers, "peers", "", "a Python with tensorflow and/or torch to measure beside")
			f.BoolVar(&o.transforms, "transforms", false, "time the augmentations too")
			f.BoolVar(&o.frozen, "frozen", false, "time a ConvNeXt with ever fewer layers trained too")
			f.BoolVar(&o.answers, "answers", false, "time the answers of the network that comes with the project instead, to -batch images at once")
			f.BoolVar(&o.search, "search", false, "time a whole search instead, beside KerasTuner's")
		}, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "bench", "-model", o.model, "-batch", o.batch, "-peers", o.peers,
				fmt.Sprint("-transforms=", o.transforms), fmt.Sprint("-frozen=", o.frozen), fmt.Sprint("-search=", o.search), fmt.Sprint("-answers=", o.answers))
		}},
		"train": {[]string{partPlugin, partData}, func(f *flag.FlagSet, o *options) {
			profile(f, o)
			f.StringVar(&o.recipe, "recipe", "cnn", "name of the recipe")
			f.BoolVar(&o.publish, "publish", false, "copy the finished run to notebooks/published, for others to see")
			f.BoolVar(&o.weights, "weights", false, "publish it with its weights, in half precision")
		}, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "train", "-recipe", o.recipe, "-profile", o.profile, fmt.Sprint("-publish=", o.publish), fmt.Sprint("-weights=", o.weights))
		}},
		"search": {[]string{partPlugin, partData}, func(f *flag.FlagSet, o *options) {
			model(f, o)
			profile(f, o)
			f.IntVar(&o.r, "R", 0, "epochs of a configuration at most; 0: the profile's")
			f.IntVar(&o.eta, "eta", 0, "each rung keeps one of so many; 0: the profile's")
			f.StringVar(&o.rounding, "rounding", "", "of the table: algorithm1, table1 or kerastuner (default algorithm1)")
			f.IntVar(&o.workers, "workers", 1, "trainings at once")
			f.BoolVar(&o.plan, "plan", false, "say what the search costs, and do not begin")
			f.BoolVar(&o.json, "json", false, "print JSON")
		}, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "search", "-model", o.model, "-profile", o.profile, "-R", fmt.Sprint(o.r), "-eta", fmt.Sprint(o.eta),
				"-rounding", o.rounding, "-workers", fmt.Sprint(o.workers), fmt.Sprint("-plan=", o.plan), fmt.Sprint("-json=", o.json))
		}},
		"predict": {[]string{partPlugin}, func(f *flag.FlagSet, o *options) {
			f.BoolVar(&o.json, "json", false, "print JSON")
		}, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, append([]string{"predict", fmt.Sprint("-json=", o.json), "--"}, o.args...)...)
		}},
		"demo": {[]string{partPlugin, partData}, func(f *flag.FlagSet, o *options) {
			f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address of the page; others than this machine can reach it elsewhere, with a token")
			f.StringVar(&o.token, "token", "", "that visitors must bring (default: none on this machine, elsewhere a new one)")
		}, func(ctx context.Context, l layout, o options) error {
			return study(ctx, l, "demo", "-listen", o.listen, "-token", o.token)
		}},
		"uninstall": {nil, none, uninstall},
	}
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
	if err := f.Parse(args[1:]); err != nil {
		return flag.ErrHelp // the flag set has said what is wrong
	}
	o.args = f.Args()
	if len(o.args) > 0 && !slices.Contains([]string{"lab", "test", "predict"}, args[0]) {
		return fmt.Errorf("%s takes no argument %q", args[0], o.args[0])
	}
	l, err := newLayout()
	if err != nil {
		return err
	}
	if args[0] == "run" { // a typing error must not cost a set-up
		if err := checkRun(l, o); err != nil {
			return err
		}
		if o.plan {
			c.needs = nil
		}
	}
	if err := setUp(ctx, l, c.needs); err != nil {
		return err
	}
	return c.do(ctx, l, o)
}
