// Package bench times training steps, answers and searches, in turns with the same in the libraries that a Python has.
package bench

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

const (
	rounds   = 10                     // turns of each program
	images   = 2560                   // trained on in a turn, about
	restTime = 300 * time.Millisecond // between turns: OpenMP's threads wait for work at full speed for 200 ms
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

// Variant is a recipe to be timed beside others.
type Variant struct {
	name   string
	recipe recipes.Recipe
	peers  bool // measure it in the peers too
}

// Variants are a recipe as it is, without its augmentation if it has one, which most peers do not have; if transforms are asked for, with each that the
// slides considered, and with those that they adopted; if frozen layers are, with ever fewer layers trained.
func Variants(recipe recipes.Recipe, transforms, frozen bool) []Variant {
	list := []Variant{{"", recipe, true}}
	if recipe.Augmentation != (recipes.Augmentation{}) {
		r := recipe
		r.Augmentation = recipes.Augmentation{}
		list = append(list, Variant{" without augmentation", r, true})
	}
	if frozen && recipe.Model.Size != "" {
		for _, at := range study.FineTuneLayers(recipe.Model.Size)[1:] {
			r := recipe
			r.Model.FineTuneAt = at
			list = append(list, Variant{fmt.Sprintf(" from layer %d", at), r, false})
		}
	}
	if transforms {
		for _, c := range study.Augmentations() {
			r := recipe
			r.Augmentation = c.Augmentation
			list = append(list, Variant{" + " + c.Name, r, false})
		}
		recipe.Augmentation = study.AdoptedAugmentation()
		list = append(list, Variant{" + adopted", recipe, true})
	}
	return list
}

// Steps times the training step of variants of a recipe at each batch size, beside the same model in the peers that a Python has, on the same device. All
// take turns, so that a change of the machine's speed reaches all.
func Steps(list []Variant, sizes []int, python string) error {
	dir, err := fashion.FindDir()
	if err != nil {
		return err
	}
	for _, batch := range sizes {
		steps := max(5, images/batch)
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
	for range rounds {
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
func startAll(v Variant, steps int, python, dir string) ([]*timed, error) {
	stepper, err := NewStepper(v.recipe)
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

// NewStepper compiles a step of a recipe.
func NewStepper(r recipes.Recipe) (*train.Stepper, error) {
	if models.IsGAN(r.Model.Name) {
		return gan.NewStepper(r)
	}
	return train.NewStepper(r)
}
