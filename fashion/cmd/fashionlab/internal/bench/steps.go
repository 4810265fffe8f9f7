// Package bench times training steps, answers and searches, in turns with the same in the libraries that a Python has.
package bench

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
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
	if stepper.Together > 1 {
		ours.name += fmt.Sprintf(", %d steps at once", stepper.Together)
	}
	ours.turn = func() ([]float64, error) {
		ms, err := stepper.Time(steps)
		ours.memory = device.PeakMemory()
		return ms, err
	}
	all := []*timed{ours}
	if python == "" || !v.peers {
		return all, nil
	}
	pythons, err := interpreters(python)
	if err != nil {
		return all, err
	}
	theirs, err := startPeers(slices.DeleteFunc(slices.Clone(peers), func(p peer) bool { return !p.has(v.recipe) }), pythons, func(python interpreter, p peer) (*timed, error) {
		return python.startPeer(p.script, dir, v.recipe, steps)
	})
	return append(all, theirs...), err
}

// printTimes prints each program's median and quartiles, ours in ratio to it with an interval, and the memory of each process, in which ours holds all that was timed so far; and how they
// were measured.
func printTimes(w io.Writer, what string, programs []*timed) {
	ours := programs[0]
	fmt.Fprintf(w, "\n%s, %d each\n", what, len(ours.ms))
	fmt.Fprintf(w, "%-60s %10s %8s %17s %22s %10s\n", "", "parameters", "median", "quartiles", "ours/its, 98% interval", "peak MB")
	for _, p := range programs {
		ratio, low, high := ratios(ours.ms, p.ms)
		sorted := slices.Sorted(slices.Values(p.ms))
		fmt.Fprintf(w, "%-60.60s %10d %8.2f %8.2f %8.2f %6.2f (%5.2f to %5.2f) %10d\n", p.name, p.parameters, metrics.Quantile(sorted, 0.5), metrics.Quantile(sorted, 0.25), metrics.Quantile(sorted, 0.75), ratio, low, high, p.memory>>20)
	}
	fmt.Fprintf(w, "in turns, %d each, with %v between them; a ratio is the median of those of the turns' medians; the others have their own settings; allocator as ours: its settings too, so that freed pages are kept\n", rounds, restTime)
	fmt.Fprintln(w, "our 3x3 convolutions on a CPU: "+infer.Convolutions())
	if load := Load(); load != "" {
		fmt.Fprintln(w, load+"; only the ratios count")
	}
}

// Load says that the machine is loaded, "" if it is not or the system does not tell.
func Load() string {
	load, ok := device.System{}.Load()
	if !ok || load <= float64(runtime.NumCPU())+1 {
		return ""
	}
	return fmt.Sprintf("the machine is loaded: %.1f programs wanted a processor in the last minute, of %d", load, runtime.NumCPU())
}

// ratios divides the median of each of our turns by that of the other's and returns the median ratio with its interval, from the second smallest to the second largest: of ten turns that
// holds the true median 98 times in 100, whatever the distribution (order statistics, binomial).
func ratios(ours, theirs []float64) (ratio, low, high float64) {
	var list []float64
	for i := range rounds {
		turn := func(ms []float64) float64 { return Median(ms[i*len(ms)/rounds : (i+1)*len(ms)/rounds]) }
		list = append(list, turn(ours)/turn(theirs))
	}
	slices.Sort(list)
	return Median(list), list[1], list[rounds-2]
}

// Median is the value that half of the values do not exceed, interpolated.
func Median(values []float64) float64 {
	return metrics.Quantile(slices.Sorted(slices.Values(values)), 0.5)
}

// NewStepper compiles a step of a recipe.
func NewStepper(r recipes.Recipe) (*train.Stepper, error) {
	if r.IsGAN() {
		return gan.NewStepper(r)
	}
	return train.NewStepper(r)
}

// ParseSizes reads numbers separated by commas. An error begins with what they are.
func ParseSizes(list string) ([]int, error) {
	var sizes []int
	for word := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q, want numbers from 1 on separated by commas", list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
