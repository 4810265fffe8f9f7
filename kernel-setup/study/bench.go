package main

import (
	"bufio"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

//go:embed peers/*.py
var peerScripts embed.FS

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

// variants are a recipe as it is and, if transforms are asked for, with each that the slides considered, and with those
// that they adopted; if frozen layers are, with ever fewer layers trained.
func variants(recipe run.Recipe, transforms, frozen bool) []variant {
	list := []variant{{"", recipe, true}}
	if frozen && recipe.Model.Name == "convnext" {
		for _, at := range recipes.FineTuneLayers(recipe.Model.Size)[1:] {
			r := recipe
			r.Model.FineTuneAt = at
			list = append(list, variant{fmt.Sprintf(" from layer %d", at), r, false})
		}
	}
	if transforms {
		for _, c := range recipes.Augmentations() {
			r := recipe
			r.Augmentation = c.Augmentation
			list = append(list, variant{" + " + c.Name, r, false})
		}
		recipe.Augmentation = recipes.Adopted
		list = append(list, variant{" + adopted", recipe, true})
	}
	return list
}

// bench times the training step of variants of a recipe at each batch size, beside the same model in the peers that a Python has. All
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
	defer func() {
		for _, p := range programs {
			p.stop()
		}
	}()
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

// startAll starts our own training and those of the peers that can be imported.
func startAll(v variant, steps int, python, dir string) ([]*timed, error) {
	stepper, err := train.NewStepper(v.recipe)
	if err != nil {
		return nil, err
	}
	ours := &timed{name: "fashionlab" + v.name + ", XLA " + stepper.Device, parameters: stepper.Parameters, stop: func() {}}
	ours.turn = func() ([]float64, error) {
		ms, err := stepper.Time(steps)
		ours.memory = train.PeakMemory()
		return ms, err
	}
	all := []*timed{ours}
	if python == "" || !v.peers {
		return all, nil
	}
	peers := []struct{ module, script string }{{"tensorflow", "keras"}, {"torch", "torch"}}
	switch {
	case v.recipe.Model.Name == "sngan":
		peers[0].script, peers[1].script = "keras_gan", "torch_gan"
	case v.recipe.Model.Name == "dcgan":
		peers = nil // the study's own network alone is timed beside others
	case v.recipe.Model.Name == "convnext":
		peers = peers[1:] // timm's, in PyTorch
	case v.recipe.Augmentation != (run.Augmentation{}) || v.recipe.Model.Name != "cnn":
		peers = peers[:1] // PyTorch itself has no such layers, and no such models
	}
	for _, peer := range peers {
		if err := exec.Command(python, "-c", "import "+peer.module).Run(); err != nil {
			fmt.Printf("%s cannot import %s: not measured\n", python, peer.module)
			continue
		}
		p, err := startPeer(python, "peers/"+peer.script+".py", dir, v.recipe, steps)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// startPeer starts a peer's script, which times a turn for each line that it reads.
func startPeer(python, script, dir string, recipe run.Recipe, steps int) (*timed, error) {
	return startScript(python, script, dir, fmt.Sprint(steps), recipe.String())
}

// peerCommand is a Python of others, with the C library's own settings: ours are made for XLA.
func peerCommand(python string, args ...string) *exec.Cmd {
	c := exec.Command(python, args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GLIBC_TUNABLES=") })
	return c
}

// startScript starts a script of ours with arguments.
func startScript(python, script string, args ...string) (*timed, error) {
	source, err := peerScripts.ReadFile(script)
	if err != nil {
		return nil, err
	}
	c := peerCommand(python, append([]string{"-c", string(source)}, args...)...)
	c.Stderr = io.Discard
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	p := &timed{name: script}
	p.turn = func() ([]float64, error) {
		if _, err := fmt.Fprintln(in); err != nil {
			return nil, err
		}
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("ended early: %w", err)
		}
		var answer struct {
			Peer       string
			Parameters int
			Memory     int64
			MS         []float64
		}
		if err := json.Unmarshal(line, &answer); err != nil {
			return nil, err
		}
		p.name, p.parameters, p.memory = answer.Peer, answer.Parameters, answer.Memory
		return answer.MS, nil
	}
	p.stop = func() { in.Close(); c.Wait() } // its exit status says nothing more than its answers did
	return p, nil
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
