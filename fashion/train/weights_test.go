package train_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/pretrained"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// still is a recipe whose training moves nothing.
func still() recipes.Recipe {
	r := recipe()
	r.Model.Dropout, r.Augmentation = 0, recipes.Augmentation{}
	r.Optimizer, r.Schedule = recipes.Optimizer{Name: "sgd", LearningRate: 1e-30}, recipes.Schedule{}
	r.Data.Limit, r.Epochs = 60, 1
	return r
}

// parameters are the values of a finished run's model, by name.
func parameters(t *testing.T, r *run.Run) map[string][]byte {
	t.Helper()
	c, found, err := r.LoadCheckpoint(run.Best)
	if err != nil || !found {
		t.Fatalf("no best checkpoint: %v", err)
	}
	list := map[string][]byte{}
	for _, tensor := range c.Tensors {
		if name, ok := layers.ParameterAt(tensor.Name); ok {
			list[name] = tensor.Data
		}
	}
	return list
}

func TestWeightsOfARunAreTakenOverAndItsLastLayerOnlyForTheSameClasses(t *testing.T) {
	needBackend(t)
	source := recipe()
	source.Data.Task, source.Data.Limit, source.Epochs = recipes.Rotation, 60, 1
	from := parameters(t, fit(t, "source", source))

	r := still()
	r.Seed = 9
	fresh := parameters(t, fit(t, "fresh", r))
	r.Model.Weights.Run = "source"
	transferred := fit(t, "transferred", r)
	for name, got := range parameters(t, transferred) {
		want := from[name]
		if strings.HasPrefix(name, "logits/") {
			want = fresh[name]
		}
		if distance(got, want) > 1e-20 {
			t.Errorf("%s is not what it should be at first", name)
		}
	}
	if sum := transferred.Record.Data["weights"]; len(sum) != 64 {
		t.Errorf("the record says of the weights %q, want their sha256", sum)
	}
	r.Model.Weights.Run, r.Seed = "transferred", 10
	for name, got := range parameters(t, fit(t, "again", r)) {
		if distance(got, parameters(t, transferred)[name]) > 1e-20 {
			t.Errorf("%s was not taken over from a run of the same classes", name)
		}
	}
}

// They are published in half precision, which keeps 11 bits of each.
func TestATrainingStartsFromAPublishedRun(t *testing.T) {
	needBackend(t)
	source := fit(t, "source", still())
	t.Setenv(run.PublishedVariable, t.TempDir())
	half, err := infer.HalfPrecision(source)
	if err == nil {
		err = source.Publish("published", &half)
	}
	if err != nil {
		t.Fatal(err)
	}
	r := still()
	r.Seed, r.Model.Weights.Run = 9, "published"
	got := parameters(t, fit(t, "transferred", r))
	for name, want := range parameters(t, source) {
		if d := distance(got[name], want); d > 0.01 {
			t.Errorf("%s is %g from the published run's", name, d)
		}
	}
}

func TestWeightsThatCannotBeHadAreAnErrorThatSaysWhatToDo(t *testing.T) {
	needBackend(t)
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("HF_HUB_OFFLINE", "1")
	fit(t, "other", still())
	convnext := recipes.Model{Name: "convnext", Size: "atto", Input: "resize"}
	at := func(w recipes.Weights, m recipes.Model) recipes.Model {
		m.Weights = w
		return m
	}
	file := mustAbs("../../testdata/convnext/timm.safetensors")
	cnn := still().Model
	for want, m := range map[string]recipes.Model{
		"train it first":        at(recipes.Weights{Run: "nothing"}, cnn),
		"relative path":         at(recipes.Weights{Run: "../nothing"}, cnn),
		"the same architecture": at(recipes.Weights{Run: "other"}, convnext),
		"sha256":                at(recipes.Weights{Run: "other", SHA256: "00"}, cnn),
		"want 00":               at(recipes.Weights{File: file, SHA256: "00"}, convnext),
		"no weights":            at(recipes.Weights{File: "nothing.safetensors"}, convnext),
		"of another shape":      at(recipes.Weights{File: file}, convnext),
		"model.head_epsilon":    at(recipes.Weights{File: mustAbs("../../testdata/convnext/transformers.safetensors")}, convnext),
		"put it at":             at(recipes.Weights{Hub: "timm/convnext_atto"}, convnext),
		"want owner/name":       at(recipes.Weights{Hub: "convnext_atto"}, convnext),
		"one of run, file":      at(recipes.Weights{Hub: "a/b", Run: "other"}, convnext),
		"does not support":      at(recipes.Weights{File: file}, cnn),
		"beside the sha256":     at(recipes.Weights{SHA256: "00"}, cnn),
		"which has none":        {Name: "cnn", Dropout: 0.25},
		"rotation, or none":     {Name: "cnn", Dropout: 0.5},
		"a number in [0, 1]":    {Name: "cnn", Dropout: 0.75},
	} {
		r := still()
		r.Model = m
		switch m.Dropout {
		case 0.25:
			r.Optimizer.LayerDecay = 0.5
		case 0.5:
			r.Data.Task = "jigsaw"
		case 0.75:
			r.Optimizer.LayerDecay = 2
		}
		if _, err := train.Fit("fails", r, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}

func TestRotationIsLearnedAndNeverTested(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Data.Task, r.Data.Limit, r.Epochs = recipes.Rotation, 300, 4
	trained := fit(t, "rotation", r)
	if got := trained.History[3].ValidationAccuracy; got < 0.5 {
		t.Errorf("validation accuracy of four orientations is %v, want 0.5 or more", got)
	}
	p, err := trained.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	for i, label := range p.Labels {
		if int(label) != i%4 || int(p.Indices[i])%4 != i%4 {
			t.Fatalf("validation image %d is %d with the label %d, want each in four orientations", i, p.Indices[i], label)
		}
	}
	if _, err := infer.Test(trained); err == nil || !strings.Contains(err.Error(), "rotation") {
		t.Errorf("a test of a run that did not learn the classes: %v", err)
	}
}

func TestBlockMovesByItsShareOfTheRate(t *testing.T) {
	needBackend(t)
	r := still()
	r.Model = recipes.Model{Name: "convnext", Size: "atto", Input: "resize"}
	r.Optimizer.LearningRate = 0.01
	r.Data.Limit, r.Batch = 40, 32 // one step
	fresh, undisturbed := initial(t, r), parameters(t, fit(t, "undisturbed", r))
	r.Optimizer.LayerDecay = 0.5
	decayed := parameters(t, fit(t, "decayed", r))
	for name, depth := range map[string]int{"head_fc/bias": 0, "stages_3_blocks_1_gamma": 1, "stages_3_downsample_1/bias": 2, "stages_2_blocks_5_gamma": 3} {
		full, part := distance(fresh[name], undisturbed[name]), distance(fresh[name], decayed[name])
		if want := full * math.Pow(0.5, float64(depth)); full == 0 || math.Abs(part-want) > 0.02*want {
			t.Errorf("%s moved by %g, want %g, half of the rate %d times", name, part, want, depth)
		}
	}
}

// distance is the Euclidean one between lists of float32.
func distance(a, b []byte) float64 {
	x, y := floats(a), floats(b)
	sum := 0.0
	for i := range x {
		sum += math.Pow(float64(x[i])-float64(y[i]), 2)
	}
	return math.Sqrt(sum)
}

func floats(data []byte) []float32 {
	values := make([]float32, len(data)/4)
	if _, err := binary.Decode(data, binary.LittleEndian, values); err != nil {
		panic(err)
	}
	return values
}

// shapes are those of a model's parameters, by name.
func shapes(t *testing.T, m recipes.Model) map[string][]int {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	if _, err := models.Layers(backend, store, m, 1); err != nil {
		t.Fatal(err)
	}
	list := map[string][]int{}
	for v := range store.IterVariables() {
		name, _ := layers.ParameterAt(v.Path())
		list[name] = v.Shape().Dimensions
	}
	return list
}

// writeTimm writes a file of random weights with timm's names and layouts.
func writeTimm(t *testing.T, path string, list map[string][]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	header, body := map[string]any{}, []byte{}
	for name, shape := range list {
		size := 1
		for _, d := range shape {
			size *= d
		}
		var values []float32
		for range size {
			values = append(values, float32(r.NormFloat64())/8)
		}
		begin := len(body)
		var err error
		if body, err = binary.Append(body, binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
		name, shape := asTimm(name, shape)
		header[name] = map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{begin, len(body)}}
	}
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	data := append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)
	if err := os.WriteFile(path, append(data, body...), 0o666); err != nil {
		t.Fatal(err)
	}
}

// asTimm is timm's name and shape of a parameter.
func asTimm(name string, shape []int) (string, []int) {
	name = strings.NewReplacer("/kernel", ".weight", "/gamma", ".weight", "/beta", ".bias", "/", ".").Replace(name)
	for _, part := range []string{"stem", "stages", "blocks", "downsample", "mlp", "head"} {
		name = strings.ReplaceAll(name, part+"_", part+".")
	}
	for _, digit := range "0123456789" {
		for _, after := range []string{"blocks", "downsample", "conv", "norm", "mlp", "gamma"} {
			name = strings.ReplaceAll(name, string(digit)+"_"+after, string(digit)+"."+after)
		}
	}
	switch {
	case strings.Contains(name, "conv_dw.weight"):
		shape = []int{shape[2], 1, shape[0], shape[1]}
	case len(shape) == 4:
		shape = []int{shape[3], shape[2], shape[0], shape[1]}
	case len(shape) == 2:
		shape = []int{shape[1], shape[0]}
	}
	return name, shape
}

func TestWeightsOfAFileAreTakenOverAndFrozenOnesStay(t *testing.T) {
	needBackend(t)
	r := still()
	r.Model = recipes.Model{Name: "convnext", Size: "atto", Input: "resize", FineTuneAt: 103}
	r.Optimizer.LearningRate = 0.01
	list := shapes(t, r.Model)
	list["head_fc/kernel"], list["head_fc/bias"] = []int{320, 1000}, []int{1000} // of other classes
	file := filepath.Join(t.TempDir(), "weights.safetensors")
	writeTimm(t, file, list)
	want, err := pretrained.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	r.Model.Weights.File = file
	trained := fit(t, "file", r)
	for name, got := range parameters(t, trained) {
		if strings.HasPrefix(name, "head_fc/") {
			continue
		}
		expected, err := binary.Append(nil, binary.LittleEndian, want.Tensors[name].Values)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, expected) {
			t.Errorf("%s is not the file's", name)
		}
	}
	sum, err := manifest.DigestFile(file)
	if err != nil || trained.Record.Data["weights"] != sum {
		t.Errorf("the record says of the weights %q, want %q (%v)", trained.Record.Data["weights"], sum, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Fit("file", r, nil); err != nil {
		t.Errorf("a finished run read its initial weights: %v", err)
	}
	if _, err := train.Fit("other", r, nil); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is gone: %v", err)
	}
}

// initial are the values that a model's parameters are drawn with.
func initial(t *testing.T, r recipes.Recipe) map[string][]byte {
	t.Helper()
	r.Optimizer.LearningRate = 1e-30
	return parameters(t, fit(t, "initial", r))
}
