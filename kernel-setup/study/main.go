// Command study is the part of kernel-setup that needs the models and the backend: it prints a model's summary, times
// training steps, and installs a plugin with go-xla's installer. kernel-setup runs it in the right environment.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gomlx/go-xla/installer"

	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

func main() {
	if err := dispatch(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func dispatch(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: study summary|bench|install-pjrt [flags]")
	}
	f := flag.NewFlagSet(args[0], flag.ExitOnError)
	name := f.String("model", "cnn", "name of the model")
	batches := f.String("batch", "64,512", "batch sizes")
	peers := f.String("peers", "", "a Python with tensorflow and/or torch")
	transforms := f.Bool("transforms", false, "time the augmentations too")
	dir := f.String("dir", "", "folder for the plugin")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	recipe, err := recipes.ForModel(*name, recipes.Quick)
	if err != nil {
		return err
	}
	switch args[0] {
	case "summary":
		return summary(recipe.Model)
	case "bench":
		sizes, err := parseSizes(*batches)
		if err != nil {
			return err
		}
		return bench(recipe, sizes, *peers, *transforms)
	case "install-pjrt":
		return installer.CPUAutoInstall(*dir, true, installer.Normal)
	}
	return fmt.Errorf("%q is no command of study", args[0])
}

func summary(m run.Model) error {
	s, err := models.Summarize(m)
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
