package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/cmd/fashionlab/internal/photobench"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/device"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func benchCommand() command {
	return command{
		name: "bench", summary: "time a training step",
		text: `Times training steps of a model, beside the same model in Keras, PyTorch or JAX where a Python has them. Instead of steps it times a whole search
(-search) or the answers of the network that comes with the project (-answers), holds a load of clients on the demo (-load), alone and beside a hostile visitor, or
measures how photos are prepared and classified in about 100 conditions (-photos).`,
		example: "bench -model cnn -batch 64,512 -peers python3",
		define: func(f *flag.FlagSet) prepare {
			var o benchOptions
			f.StringVar(&o.model, "model", "cnn", "`name` of a recipe with the model")
			batches := f.String("batch", "64,512", "batch `sizes`, separated by commas; with -answers, images at once")
			f.StringVar(&o.python, "peers", "", "a `Python` with tensorflow, torch or jax to measure beside")
			f.BoolVar(&o.transforms, "transforms", false, "time the augmentations too")
			f.BoolVar(&o.frozen, "frozen", false, "time a ConvNeXt with ever fewer layers trained too")
			f.BoolVar(&o.search, "search", false, "time a whole search instead, beside KerasTuner's")
			f.BoolVar(&o.answers, "answers", false, "time the answers of the network that comes with the project instead")
			f.BoolVar(&o.load, "load", false, "hold a load of clients on the demo instead, in four situations")
			f.IntVar(&o.clients, "clients", 64, "with -load, `number` of clients that post photos")
			f.DurationVar(&o.duration, "for", time.Minute, "with -load, `time` of each situation")
			f.StringVar(&o.url, "url", "", "with -load, `address` of a demo's page, with its token (default a demo in this process)")
			f.IntVar(&o.photos, "photos", 0, "classify photos of this `number` of items in each condition instead, such as 100")
			return func([]string) (work, error) {
				var err error
				if o.sizes, err = parseSizes(*batches); err != nil {
					return nil, err
				}
				switch {
				case o.search && o.answers || o.search && o.load || o.answers && o.load || o.photos != 0 && (o.search || o.answers || o.load):
					return nil, errors.New("-search, -answers, -load and -photos exclude each other")
				case o.photos < 0:
					return nil, fmt.Errorf("-photos is %d, want 1 or more", o.photos)
				case o.clients < 1 || o.duration <= 0:
					return nil, fmt.Errorf("-clients is %d and -for is %v, want more than 0 of both", o.clients, o.duration)
				}
				o.recipe, err = study.ByName(o.model, study.Quick)
				return o.do, err
			}
		},
	}
}

// benchOptions are the flags of bench.
type benchOptions struct {
	model, python, url                        string
	recipe                                    run.Recipe
	sizes                                     []int
	transforms, frozen, search, answers, load bool
	clients, photos                           int
	duration                                  time.Duration
}

func (o benchOptions) do(ctx context.Context) error {
	switch {
	case o.search:
		return benchSearch(ctx, o.model, o.python)
	case o.answers:
		return benchAnswers(o.sizes, o.python)
	case o.load:
		return benchLoad(ctx, o)
	case o.photos > 0:
		return benchPhotos(ctx, o.photos)
	}
	o.recipe.Model.Weights, o.recipe.Model.FineTuneAt = run.Weights{}, 0 // what they are takes no time
	return bench(variants(o.recipe, o.transforms, o.frozen), o.sizes, o.python)
}

// benchPhotos measures how photos of n validation images are prepared and classified in each condition.
func benchPhotos(ctx context.Context, n int) error {
	e, err := demo.Open(warn)
	if err != nil {
		return err
	}
	all, err := trainingImages()
	if err == nil {
		err = e.AddNeighbours(all, neighbourImages)
	}
	if err != nil {
		return err
	}
	return photobench.Print(ctx, os.Stdout, os.Stderr, e, all, n)
}

// parseSizes reads batch sizes separated by commas.
func parseSizes(list string) ([]int, error) {
	var sizes []int
	for _, word := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-batch is %q, want numbers of images separated by commas", list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

const (
	benchRounds = 10                     // turns of each program
	benchImages = 2560                   // trained on in a turn, about
	restTime    = 300 * time.Millisecond // between turns: OpenMP's threads wait for work at full speed for 200 ms
)

// timed is a program whose training steps are timed, in turns with the others.
type timed struct {
	name       string
	parameters int
	memory     int64     // bytes of the process at most, so far
	ms         []float64 // of all steps
	turn       func() (ms []float64, err error)
	stop       func()
}

// variant is a recipe to be timed beside others.
type variant struct {
	name   string
	recipe run.Recipe
	peers  bool // measure it in the peers too
}

// variants are a recipe as it is, without its augmentation if it has one, which most peers do not have; if transforms are asked for, with each that the
// slides considered, and with those that they adopted; if frozen layers are, with ever fewer layers trained.
func variants(recipe run.Recipe, transforms, frozen bool) []variant {
	list := []variant{{"", recipe, true}}
	if recipe.Augmentation != (run.Augmentation{}) {
		r := recipe
		r.Augmentation = run.Augmentation{}
		list = append(list, variant{" without augmentation", r, true})
	}
	if frozen && recipe.Model.Size != "" {
		for _, at := range study.FineTuneLayers(recipe.Model.Size)[1:] {
			r := recipe
			r.Model.FineTuneAt = at
			list = append(list, variant{fmt.Sprintf(" from layer %d", at), r, false})
		}
	}
	if transforms {
		for _, c := range study.Augmentations() {
			r := recipe
			r.Augmentation = c.Augmentation
			list = append(list, variant{" + " + c.Name, r, false})
		}
		recipe.Augmentation = study.AdoptedAugmentation()
		list = append(list, variant{" + adopted", recipe, true})
	}
	return list
}

// bench times the training step of variants of a recipe at each batch size, beside the same model in the peers that a Python has, on the same device. All
// take turns, so that a change of the machine's speed reaches all.
func bench(list []variant, sizes []int, python string) error {
	dir, err := fashion.FindDir()
	if err != nil {
		return err
	}
	for _, batch := range sizes {
		steps := max(5, benchImages/batch)
		var programs []*timed
		for _, v := range list {
			v.recipe.Batch = batch
			started, err := startAll(v, steps, python, dir)
			programs = append(programs, started...)
			if err != nil {
				stopAll(programs)
				return err
			}
		}
		if err := inTurns(programs); err != nil {
			return err
		}
		printTimes(os.Stdout, fmt.Sprintf("%s, batch %d: ms per training step, data feeding included", list[0].recipe.Model.Name, batch), programs)
	}
	return nil
}

// inTurns lets programs take turns, and stops them.
func inTurns(programs []*timed) error {
	defer stopAll(programs)
	for range benchRounds {
		for _, p := range programs {
			ms, err := p.turn()
			if err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			p.ms = append(p.ms, ms...)
			time.Sleep(restTime)
		}
	}
	return nil
}

func stopAll(programs []*timed) {
	for _, p := range programs {
		p.stop()
	}
}

// startAll starts our own training and those of the peers that can be imported.
func startAll(v variant, steps int, python, dir string) ([]*timed, error) {
	stepper, err := newStepper(v.recipe)
	if err != nil {
		return nil, err
	}
	ours := &timed{name: "fashionlab" + v.name + ", XLA " + stepper.Device, parameters: stepper.Parameters, stop: func() {}}
	ours.turn = func() ([]float64, error) {
		ms, err := stepper.Time(steps)
		ours.memory = device.PeakMemory()
		return ms, err
	}
	all := []*timed{ours}
	if python == "" || !v.peers {
		return all, nil
	}
	device, err := peerDevice()
	if err != nil {
		return all, err
	}
	for _, peer := range peers {
		if !peer.has(v.recipe) {
			continue
		}
		missing, err := peer.missing(python, device)
		if err != nil {
			return all, err
		}
		if missing != "" {
			fmt.Printf("not measured: %s\n", missing)
			continue
		}
		p, err := startPeer(python, device, "peers/"+peer.script+".py", dir, v.recipe, steps)
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	return all, nil
}

// printTimes prints each program's median and mean, ours in ratio to the others', and the memory of each process, in which ours holds
// all that was timed so far.
func printTimes(w io.Writer, what string, programs []*timed) {
	fmt.Fprintf(w, "\n%s, %d each\n", what, len(programs[0].ms))
	fmt.Fprintf(w, "%-60s %10s %8s %8s %14s %12s %10s\n", "", "parameters", "median", "mean", "ours/median", "ours/mean", "peak MB")
	for _, p := range programs {
		fmt.Fprintf(w, "%-60.60s %10d %8.1f %8.1f %14.2f %12.2f %10d\n", p.name, p.parameters, median(p.ms), mean(p.ms),
			median(programs[0].ms)/median(p.ms), mean(programs[0].ms)/mean(p.ms), p.memory>>20)
	}
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
