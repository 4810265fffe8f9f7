package pretrained_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/pretrained"
)

const folder = "../../testdata/convnext"

func read(t *testing.T, scheme string) pretrained.Weights {
	t.Helper()
	w, err := pretrained.Read(filepath.Join(folder, scheme+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestThreeNamingSchemesHoldTheSameWeights(t *testing.T) {
	timm := read(t, "timm")
	for scheme, epsilon := range map[string]float64{"timm": 1e-6, "original": 1e-6, "transformers": 1e-12} {
		w := read(t, scheme)
		if string(w.Scheme) != scheme || w.Scheme.HeadEpsilon() != epsilon {
			t.Errorf("%s was taken for %s with the epsilon %g", scheme, w.Scheme, w.Scheme.HeadEpsilon())
		}
		if !reflect.DeepEqual(w.Tensors, timm.Tensors) {
			t.Errorf("%s holds other weights than timm's", scheme)
		}
	}
}

// recorded is what timm and transformers computed with the weights.
type recorded struct {
	Depths, Widths [4]int
	Classes        int
	Cases          []struct {
		Shape              []int
		X                  []float32
		Stages             []struct{ Values []float32 }
		Logits             []float32
		TransformersLogits []float32 `json:"transformers_logits"`
		Dy                 []float32
		Gradients          map[string][]float32
	}
}

// small is the network of the recorded weights.
func small(t *testing.T) (models.ConvNeXt, recorded) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "outputs.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return models.ConvNeXt{Depths: r.Depths, Widths: r.Widths, Classes: r.Classes}, r
}

// near compares with a recorded list, relative to its largest value if that is above 1.
func near(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	scale := 1.0
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tolerance*scale) {
			t.Errorf("%s: value %d is %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestStagesLogitsAndGradientsEqualTimms(t *testing.T) {
	m, r := small(t)
	w := read(t, "timm")
	for _, c := range r.Cases {
		backend, err := gobackend.New("")
		if err != nil {
			t.Fatal(err)
		}
		defer backend.Finalize()
		store := model.NewStore()
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range w.Tensors {
				if !yield(name) {
					return
				}
			}
		})
		for _, name := range names {
			v := w.Tensors[name]
			store.VariableWithValue(layers.Path(name), tensors.FromFlatDataAndDimensions(slices.Clone(v.Values), v.Shape...))
		}
		exec, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) []*Node {
			n := layers.Inference(in[0].Graph(), store, 1)
			stages := m.Stages(n, in[0])
			logits := m.Logits(layers.Inference(in[0].Graph(), store, 1), in[0])
			var of []*Node
			for _, name := range names {
				of = append(of, store.GetVariable(layers.Path(name)).NodeValue(in[0].Graph()))
			}
			hf := m
			hf.HeadEpsilon = pretrained.Transformers.HeadEpsilon()
			out := append(stages[:], logits, hf.Logits(layers.Inference(in[0].Graph(), store, 1), in[0]))
			return append(out, Gradient(ReduceAllSum(Mul(logits, in[1])), of...)...)
		})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Call(tensors.FromFlatDataAndDimensions(c.X, c.Shape...), tensors.FromFlatDataAndDimensions(c.Dy, 2, r.Classes))
		if err != nil {
			t.Fatal(err)
		}
		flat := func(i int) []float32 { return tensors.MustCopyFlatData[float32](out[i]) }
		for i, s := range c.Stages {
			near(t, "stage", flat(i), s.Values, 2e-5)
		}
		near(t, "logits", flat(4), c.Logits, 2e-5)
		near(t, "logits of transformers", flat(5), c.TransformersLogits, 2e-5)
		gradients := asWeights(t, w, c.Gradients)
		for i, name := range names {
			near(t, "gradient of "+name, flat(6+i), gradients[name].Values, 1e-4)
		}
	}
}

// asWeights brings gradients under timm's names into the layout of the parameters, by way of a file.
func asWeights(t *testing.T, like pretrained.Weights, gradients map[string][]float32) map[string]pretrained.Tensor {
	t.Helper()
	data, err := os.ReadFile(like.File)
	if err != nil {
		t.Fatal(err)
	}
	length := binary.LittleEndian.Uint64(data)
	var header map[string]struct {
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(data[8:8+length], &header); err != nil {
		t.Fatal(err)
	}
	for name, values := range gradients {
		if _, err := binary.Encode(data[int(8+length)+header[name].Offsets[0]:], binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "gradients.safetensors")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	w, err := pretrained.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return w.Tensors
}

// parameters are the shapes of a ConvNeXt's parameters.
func parameters(t *testing.T, m models.ConvNeXt) map[string][]int {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store, g := model.NewStore(), NewGraph(backend, "parameters")
	m.Logits(layers.Inference(g, store, 1), Parameter(g, "images", shapes.Make(dtypes.Float32, 1, 32, 32, 3)))
	list := map[string][]int{}
	for v := range store.IterVariables() {
		name, _ := layers.ParameterAt(v.Path())
		list[name] = v.Shape().Dimensions
	}
	return list
}

func TestWeightsThatDoNotFitAreListedByName(t *testing.T) {
	m, _ := small(t)
	w := read(t, "timm")
	fitting, err := w.Fit(parameters(t, m))
	if err != nil || len(fitting) != len(w.Tensors) {
		t.Errorf("%d of %d weights fit: %v", len(fitting), len(w.Tensors), err)
	}
	m.Classes = 10 // another head is the model's own
	if fitting, err := w.Fit(parameters(t, m)); err != nil || len(fitting) != len(w.Tensors)-2 {
		t.Errorf("with another number of classes %d weights fit: %v", len(fitting), err)
	}
	m.Depths[0], m.Depths[2], m.Widths[3] = 2, 1, 12
	_, err = w.Fit(parameters(t, m))
	var mismatch *pretrained.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("the error is %v", err)
	}
	for want, list := range map[string][]string{
		"stages_0_blocks_1_gamma": mismatch.Missing, "stages_2_blocks_1_gamma": mismatch.Unexpected, "head_norm/gamma [10], want [12]": mismatch.WrongShape,
	} {
		if !slices.Contains(list, want) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not among %v, or not in the error", want, list)
		}
	}
}

func TestFileThatHoldsNoWeightsIsAnErrorThatNamesIt(t *testing.T) {
	complete, err := os.ReadFile(filepath.Join(folder, "timm.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	header := func(s string) []byte { return append(binary.LittleEndian.AppendUint64(nil, uint64(len(s))), s...) }
	for want, data := range map[string][]byte{
		"0 bytes":                       nil,
		"in a file of":                  append([]byte{0, 0, 0, 0, 0, 1, 0, 0}, complete...), // a header of 1 TB
		"corrupt header":                header("{not json"),
		"a range inside the file":       complete[:len(complete)-100],
		"no first layer":                header(`{"bert.embeddings":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`),
		"stem.0.weight at bytes [0 409": header(`{"stem.0.weight":{"dtype":"F32","shape":[32,32],"data_offsets":[0,4096]}}`),
		"stem.0.weight at bytes [-8 ":   header(`{"stem.0.weight":{"dtype":"F32","shape":[1],"data_offsets":[-8,-4]}}`),
	} {
		path := filepath.Join(t.TempDir(), "weights.safetensors")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := pretrained.Read(path); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("the error is %v, want one with the file's name and %q", err, want)
		}
	}
	if _, err := pretrained.Read("none.safetensors"); err == nil || !strings.Contains(err.Error(), "none.safetensors") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, scheme := range []string{"timm", "original", "transformers"} {
		data, err := os.ReadFile(filepath.Join(folder, scheme+".safetensors"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(append(binary.LittleEndian.AppendUint64(nil, 2), "{}"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "weights.safetensors")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := pretrained.Read(path)
		if err == nil && w.Scheme == "" {
			t.Error("weights without a scheme")
		}
	})
}
