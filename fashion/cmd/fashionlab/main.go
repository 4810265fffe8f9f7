// Command fashionlab is the part of the command line that needs the models and the backend: it prints a model's summary, trains,
// searches, times training steps, answers about photos, and says whether a backend computes and is right. kernel-setup runs it in the right environment.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func main() {
	if err := dispatch(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dispatch(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: study summary|train|search|bench|predict|demo|check|probe|backend [flags]")
	}
	f := flag.NewFlagSet(args[0], flag.ExitOnError)
	var o searchOptions
	f.StringVar(&o.model, "model", "cnn", "name of the model")
	name := f.String("recipe", "cnn", "name of the recipe")
	profile := f.String("profile", string(recipes.Quick), "smoke, quick or full")
	f.IntVar(&o.budget.R, "R", 0, "epochs of a configuration at most; 0: the profile's")
	f.IntVar(&o.budget.Eta, "eta", 0, "each rung keeps one of so many; 0: the profile's")
	rounding := f.String("rounding", "", "algorithm1, table1 or kerastuner")
	f.IntVar(&o.workers, "workers", 1, "trainings at once")
	f.BoolVar(&o.plan, "plan", false, "say what the search costs, and do not begin")
	f.BoolVar(&o.json, "json", false, "print JSON")
	batches := f.String("batch", "64,512", "batch sizes")
	peers := f.String("peers", "", "a Python with tensorflow and/or torch")
	transforms := f.Bool("transforms", false, "time the augmentations too")
	frozen := f.Bool("frozen", false, "time a ConvNeXt with ever fewer layers trained too")
	whole := f.Bool("search", false, "time a whole search instead of steps")
	answers := f.Bool("answers", false, "time the shipped network's answers instead of steps")
	publish := f.Bool("publish", false, "copy the finished run to notebooks/published")
	weights := f.Bool("weights", false, "publish it with its weights, in half precision")
	listen := f.String("listen", "127.0.0.1:8080", "address of the demo's page")
	token := f.String("token", "", "that the page's visitors must bring")
	epochs := f.Int("epochs", 0, "epochs instead of the recipe's")
	only := f.String("only", "", "recipes of the networks to check, separated by commas; all without")
	against := f.String("against", "", "file of recorded values; the project's own without")
	write := f.String("write", "", "file to record the values in")
	inFloat32 := f.Bool("float32", false, "the backend computes in float32, so that the values must be closer")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	var err error
	if o.profile, err = recipes.ParseProfile(*profile); err != nil {
		return err
	}
	o.budget.Rounding = hyperband.Rounding(*rounding)
	switch args[0] {
	case "summary":
		return summary(o.model)
	case "train":
		if *name == mixing {
			return mix(o.profile, *publish, *weights)
		}
		return fit(*name, o.profile, *epochs, *publish, *weights)
	case "search":
		return search(o)
	case "bench":
		if *whole {
			return benchSearch(o.model, *peers)
		}
		sizes, err := parseSizes(*batches)
		if err != nil {
			return err
		}
		if *answers {
			return benchAnswers(sizes, *peers)
		}
		recipe, err := recipes.ByName(o.model, recipes.Quick)
		if err != nil {
			return err
		}
		recipe.Model.Weights, recipe.Model.FineTuneAt = run.Weights{}, 0 // what they are takes no time
		return bench(variants(recipe, *transforms, *frozen), sizes, *peers)
	case "predict":
		return predict(f.Args(), o.json)
	case "demo":
		return serve(*listen, *token)
	case "backend":
		backend, err := train.Backend()
		if err != nil {
			return err
		}
		fmt.Println(backend.Description())
		return nil
	case "probe":
		return probe()
	case "check":
		return check(os.Stdout, checkOptions{names: parseNames(*only), write: *write, against: *against, float32: *inFloat32})
	}
	return fmt.Errorf("%q is no command of study", args[0])
}

func summary(name string) error {
	recipe, err := recipes.ByName(name, recipes.Full)
	if err != nil {
		return err
	}
	s, err := models.Summarize(recipe.Model)
	if err != nil {
		return err
	}
	fmt.Print(s)
	return nil
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
