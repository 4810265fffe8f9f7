// Package check compares what the networks of the study compute on this machine, logits, loss and gradients, with values that were recorded on a CPU.
package check

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// recorded holds what XLA's CPU backend computed: `go run ./kernel-setup check -write fashion/cmd/fashionlab/internal/check/reference.json`. It is part of the program, so that the program
// alone checks a machine that has neither Go nor the data set.
//
//go:embed reference.json
var recorded []byte

// Recipes are those whose networks are checked, among them all networks of the study.
func Recipes() []string {
	return []string{"cnn", "residual", "resnet50", "resnet50-small-stem", "gan", "dcgan", "convnext-transfer"}
}

// Options say what is checked against what.
type Options struct {
	Recipes []string // names; none: all of Recipes
	Write   string   // file for the values computed here
	Against string   // file to compare with; "": the recorded values
	Float32 bool     // compute in float32 on a GPU too, which otherwise trains in TF32
}

// bounds are the largest relative differences that rounding explains, as compare measures them.
type bounds struct {
	Inference, Training, Loss float64
	Gradient                  float64 // of all parameters together
	Parameter                 float64 // of the parameter whose gradient differs most
}

// illConditioned are the recipes in whose networks rounding errors grow most.
var illConditioned = []string{"resnet50", "resnet50-small-stem"}

// boundsOf are the bounds for the network of a recipe of that name, computed in TF32 or in float32.
//
// In float32 the forms of the layers, compared on one CPU, differed by at most 1.6e-6 (inference), 5.5e-6 (training), 6e-7 (loss), 1e-3 (gradient) and 6e-3 (a parameter's);
// for ResNet50 by 9e-5 in training, 1e-6, 2e-2 and 8e-2. With operands rounded to TF32, which has 10 bits of fraction, by 9e-4, 1.1e-3, 2.4e-5, 5e-2 and 9e-2;
// for ResNet50 by 3e-3 in training, 1.5e-4, 0.2 and 0.2. The bounds leave a margin of two to ten and more. Gradients are that far from exact because a rounding error
// beside the corner of a ReLU switches a whole term on or off, and normalization over the batch passes it on to all images; a wrong formula differs by about 1.
func boundsOf(recipe string, tf32 bool) bounds {
	resnet := slices.Contains(illConditioned, recipe)
	switch {
	case tf32 && resnet:
		return bounds{Inference: 1e-2, Training: 1e-2, Loss: 1e-3, Gradient: 0.5, Parameter: 0.7}
	case tf32:
		return bounds{Inference: 1e-2, Training: 1e-2, Loss: 1e-3, Gradient: 0.2, Parameter: 0.3}
	case resnet:
		return bounds{Inference: 1e-5, Training: 1e-3, Loss: 1e-5, Gradient: 0.1, Parameter: 0.3}
	}
	return bounds{Inference: 1e-5, Training: 1e-4, Loss: 1e-5, Gradient: 1e-2, Parameter: 3e-2}
}

// Networks computes logits, losses and gradients of networks on the process's backend and compares them with the recorded ones. It prints a line for each
// network, and returns an error if one cannot be computed or lies beyond its bounds.
func Networks(w io.Writer, o Options) error {
	want, err := readReference(o.Against)
	if err != nil {
		return err
	}
	if o.Float32 {
		if err := computeInFloat32(); err != nil {
			return err
		}
	}
	backend, err := infer.Backend()
	if err != nil {
		return err
	}
	form, tf32 := layers.FormOf(backend), !o.Float32 && !layers.OnCPU(backend)
	fmt.Fprintf(w, "%s; layers %s, bounds of %s\n", backend.Description(), form, map[bool]string{false: "float32", true: "TF32"}[tf32])
	if len(o.Recipes) == 0 {
		o.Recipes = Recipes()
	}
	got, wrong := map[string]outputs{}, []string{}
	for _, name := range o.Recipes {
		start := time.Now()
		verdict, err := func() (string, error) {
			r, err := study.ByName(name, study.Full)
			if err != nil {
				return "", err
			}
			r.Model.Weights, r.Model.FineTuneAt = recipes.Weights{}, 0 // all parameters take part, drawn from the seed
			one, err := compute(backend, r, form)
			if err != nil {
				return "", err
			}
			got[name] = one
			known, ok := want[name]
			if !ok && o.Write != "" {
				return "nothing to compare with", nil
			}
			if !ok {
				return "", errors.New("no values are recorded for it")
			}
			d, err := compare(one, known)
			if err != nil {
				return "", err
			}
			return d.String(), d.within(boundsOf(name, tf32))
		}()
		if err != nil {
			wrong = append(wrong, name)
			verdict = strings.TrimSpace(verdict + "  WRONG: " + firstLine(err))
		} else {
			verdict += "  ok"
		}
		fmt.Fprintf(w, "%-20s %6.1f s  %s\n", name, time.Since(start).Seconds(), verdict)
	}
	if o.Write != "" {
		if err := writeReference(o.Write, got); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d of %d networks do not compute on this machine what they did when they were recorded: %s", len(wrong), len(o.Recipes), strings.Join(wrong, ", "))
	}
	return nil
}

// computeInFloat32 has NVIDIA's libraries and go-xla's matrix products compute in float32, before either is loaded. XLA then looks for the fastest kernels anew: of those that it
// keeps for other processes some need TF32, and cuDNN refuses them (seen on an H200).
func computeInFloat32() error {
	config := os.Getenv(device.BackendVariable)
	if !device.OnGPU(config) {
		return nil
	}
	return errors.Join(os.Setenv("NVIDIA_TF32_OVERRIDE", "0"), os.Setenv(device.BackendVariable, config+",tf32=false"),
		os.Setenv("XLA_FLAGS", os.Getenv("XLA_FLAGS")+" --xla_gpu_per_fusion_autotune_cache_dir="))
}

// readReference reads values that Networks wrote, or the recorded ones.
func readReference(file string) (map[string]outputs, error) {
	data, from := recorded, "the recorded values"
	if file != "" {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return nil, err
		}
		from = file
	}
	var reference map[string]outputs
	if err := json.Unmarshal(data, &reference); err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return reference, nil
}

// writeReference writes values with a line for each network.
func writeReference(file string, reference map[string]outputs) error {
	data, err := json.Marshal(reference)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o666)
}

// differences are those of a network's values as fractions of the recorded ones: logits of the largest logit, gradients of their norm, a parameter's of its own norm or
// of a hundredth of the largest if that is more.
type differences struct {
	bounds
	parameter string
}

func (d differences) String() string {
	return fmt.Sprintf("inference %.1e  training %.1e  loss %.1e  gradient %.1e, of %s %.1e", d.Inference, d.Training, d.Loss, d.Gradient, d.parameter, d.Parameter)
}

// within reports what lies beyond its bound.
func (d differences) within(b bounds) error {
	var beyond []string
	for _, v := range []struct {
		what       string
		got, bound float64
	}{{"inference", d.Inference, b.Inference}, {"training", d.Training, b.Training}, {"loss", d.Loss, b.Loss}, {"gradient", d.Gradient, b.Gradient},
		{"gradient of a parameter", d.Parameter, b.Parameter}} {
		if v.got > v.bound {
			beyond = append(beyond, fmt.Sprintf("%s may differ by %.0e", v.what, v.bound))
		}
	}
	if len(beyond) > 0 {
		return errors.New(strings.Join(beyond, ", "))
	}
	return nil
}

// compare returns by how much values differ from the recorded ones. Values of other networks are an error.
func compare(got, want outputs) (d differences, err error) {
	if len(got.Inference) != len(want.Inference) || len(got.Training) != len(want.Training) || len(got.Gradients) != len(want.Gradients) {
		return d, fmt.Errorf("%d logits and %d parameters, recorded are %d and %d", len(got.Inference), len(got.Gradients), len(want.Inference), len(want.Gradients))
	}
	d.Inference, d.Training = relative(got.Inference, want.Inference), relative(got.Training, want.Training)
	d.Loss = relative([]float32{got.Loss}, []float32{want.Loss})
	largest, of, all := 0.0, 0.0, 0.0
	for _, g := range want.Gradients {
		largest = max(largest, float64(g.Norm))
	}
	for name, g := range want.Gradients {
		h, ok := got.Gradients[name]
		if !ok {
			return d, fmt.Errorf("the recorded parameter %s is none of this network's", name)
		}
		x := max(math.Abs(float64(h.Norm)-float64(g.Norm)), math.Abs(float64(h.Signed)-float64(g.Signed)))
		if math.IsNaN(x) {
			x = math.Inf(1)
		}
		of, all = of+x*x, all+float64(g.Norm)*float64(g.Norm)
		if x = fraction(x, max(float64(g.Norm), largest/100)); x >= d.Parameter {
			d.Parameter, d.parameter = x, name
		}
	}
	d.Gradient = math.Sqrt(fraction(of, all))
	return d, nil
}

// fraction is a difference as a fraction of a scale, infinite where there is a difference and the scale is 0.
func fraction(difference, scale float64) float64 {
	if difference == 0 {
		return 0
	}
	return difference / scale
}

// relative is the largest difference as a fraction of the largest value in want, infinite where a value is not finite.
func relative(got, want []float32) float64 {
	difference, scale := 0.0, 0.0
	for i := range want {
		x := math.Abs(float64(got[i]) - float64(want[i]))
		if math.IsNaN(x) {
			return math.Inf(1)
		}
		difference, scale = max(difference, x), max(scale, math.Abs(float64(want[i])))
	}
	return fraction(difference, scale)
}

// firstLine is an error's first line: those of GoMLX continue with a stack.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
