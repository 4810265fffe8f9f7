package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/cmd/fashionlab/internal/growth"
	"fashionlab/fashion/cmd/fashionlab/internal/photobench"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

func benchCommand() command {
	return command{
		name: "bench", summary: "time a training step", arguments: "[RUN|FILE|WHAT...]",
		text: `Times training steps of a model, beside the same model in Keras, PyTorch or JAX where a Python has them. Instead of steps it times a whole search
(-search) or the answers of the network that comes with the project (-answers), puts the demo under a load of clients (-load), alone and beside a hostile one, or
measures how photos are prepared and classified in about 100 conditions (-photos). With -speedrun it lists how long trainings took to 0.93, 0.94 and 0.95 in
validation: runs by their names, and files that testdata/speedrun/peers.py wrote of the same training in PyTorch or Keras. With -growth it measures from small to large how time and
memory grow: of everything, or of images, runs, trials or uploads if they are named, with other sizes than the usual as uploads:100,10000.`,
		example: "bench -model cnn -batch 64,512 -peers python3",
		define: func(f *flag.FlagSet) prepare {
			var o benchOptions
			f.StringVar(&o.model, "model", "cnn", "`name` of a recipe with the model: "+strings.Join(study.Names(), ", "))
			batches := f.String("batch", "", "batch `sizes`, separated by commas (default 64,512); with -answers, images at once (default 1,16,64)")
			f.StringVar(&o.python, "peers", "", "a `Python` with tensorflow, torch or jax to measure beside")
			f.BoolVar(&o.transforms, "transforms", false, "time the augmentations too")
			f.BoolVar(&o.frozen, "frozen", false, "time a ConvNeXt with ever fewer layers trained too")
			f.BoolVar(&o.search, "search", false, "time a whole search instead, beside KerasTuner's")
			f.BoolVar(&o.answers, "answers", false, "time the predictions of the network that comes with the project instead")
			f.BoolVar(&o.load, "load", false, "load-test the demo instead, in four situations")
			f.IntVar(&o.clients, "clients", 64, "with -load, `number` of clients that post photos")
			f.DurationVar(&o.duration, "for", time.Minute, "with -load, `time` of each situation")
			f.StringVar(&o.url, "url", "", "with -load, `address` of a demo's page, with its token (default a demo in this process)")
			f.IntVar(&o.photos, "photos", 0, "classify photos of this `number` of items in each condition instead, such as 100")
			growing := f.Bool("growth", false, "measure instead how time and memory grow with images, runs, trials and uploads")
			figure := f.String("figure", "", "with -growth, write the figure to this `file` too, as SVG")
			speedrun := f.Bool("speedrun", false, "list instead how long the runs and files given as arguments took to 0.93, 0.94 and 0.95 in validation")
			return func(names []string) (work, error) {
				if *speedrun {
					return func(context.Context) error { return bench.Speedrun(os.Stdout, names) }, nil
				}
				if *growing {
					return growth.Parse(growth.Options{Names: names, Figure: *figure, Handler: func() (http.Handler, error) { return openDemo(demo.Options{}) }})
				}
				if len(names) > 0 {
					return nil, fmt.Errorf("takes flags only without -speedrun and -growth, not %q", names[0])
				}
				var err error
				sizes := "64,512"
				if o.answers {
					sizes = "1,16,64"
				}
				if o.sizes, err = bench.ParseSizes(cmp.Or(*batches, sizes)); err != nil {
					return nil, fmt.Errorf("-batch is %w", err)
				}
				switch {
				case o.search && o.answers || o.search && o.load || o.answers && o.load || o.photos != 0 && (o.search || o.answers || o.load):
					return nil, errors.New("-search, -answers, -load and -photos exclude each other")
				case *figure != "":
					return nil, errors.New("-figure is for -growth")
				case !o.load && flags.IsSet(f, "clients", "for", "url"):
					return nil, errors.New("-clients, -for and -url are for -load")
				case o.photos < 0:
					return nil, fmt.Errorf("-photos is %d, want 1 or more", o.photos)
				case o.clients < 1 || o.duration <= 0:
					return nil, fmt.Errorf("-clients is %d and -for is %v, want more than 0 of both", o.clients, o.duration)
				}
				if o.python != "" {
					if _, err := exec.LookPath(o.python); err != nil {
						return nil, fmt.Errorf("-peers: %w; want a Python that has other libraries", err)
					}
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
	recipe                                    recipes.Recipe
	sizes                                     []int
	transforms, frozen, search, answers, load bool
	clients, photos                           int
	duration                                  time.Duration
}

func (o benchOptions) do(ctx context.Context) error {
	switch {
	case o.search:
		return bench.Search(ctx, o.model, o.python, progress())
	case o.answers:
		return bench.Answers(o.sizes, o.python)
	case o.load:
		return benchLoad(ctx, o)
	case o.photos > 0:
		return benchPhotos(ctx, o.photos)
	}
	o.recipe.Model.Weights, o.recipe.Model.FineTuneAt = recipes.Weights{}, 0 // what they are takes no time
	return bench.Steps(bench.Variants(o.recipe, o.transforms, o.frozen), o.sizes, o.python)
}

// benchPhotos measures how photos of n validation images are prepared and classified in each condition.
func benchPhotos(ctx context.Context, n int) error {
	e, err := demo.Open(warn)
	if err != nil {
		return err
	}
	all, err := dataset.Train(e.Data)
	if err == nil {
		err = e.AddNeighbours(all, neighbourImages)
	}
	if err != nil {
		return err
	}
	return photobench.Print(ctx, os.Stdout, os.Stderr, e, all, n)
}
