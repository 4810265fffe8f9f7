package infer_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
	"fashionlab/fashion/train"
)

// explained is a small CNN, trained for two epochs, and images that it did not see: a whole batch and three more.
func explained(t *testing.T) (*infer.Model, fashion.Set) {
	t.Helper()
	backendOf(t)
	t.Setenv(run.RootVariable, t.TempDir())
	s, err := trainSmall()
	if err != nil {
		t.Fatal(err)
	}
	return s.Model, s.unseen
}

// backendOf is the backend, without which a test cannot run.
func backendOf(t *testing.T) compute.Backend {
	t.Helper()
	backend, err := infer.Backend()
	if err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	return backend
}

func TestMain(m *testing.M) {
	data, err := filepath.Abs("../../testdata/fashion-mnist")
	if err == nil {
		err = os.Setenv(fashion.DirVariable, data)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

type small struct {
	*infer.Model
	recipe recipes.Recipe
	unseen fashion.Set
}

var trainSmall = sync.OnceValues(func() (s small, err error) {
	s.recipe = recipes.Recipe{
		Model: recipes.Model{Name: "cnn"}, Data: recipes.Data{Limit: 600, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.002, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7}, Epochs: 2, Batch: 16, Seed: 3,
	}
	r, err := train.Fit("explained", s.recipe, nil)
	if err != nil {
		return s, err
	}
	all, err := fashion.LoadTrain(os.Getenv(fashion.DirVariable))
	if err != nil {
		return s, err
	}
	p, err := r.Predictions(run.Validation)
	if err != nil {
		return s, err
	}
	var rows []int
	for _, i := range p.Indices[:infer.LargeBatch+3] {
		rows = append(rows, int(i))
	}
	s.unseen = all.Take(rows)
	s.Model, err = infer.Load(r)
	return s, err
})

// parameter is the value of a model's parameter.
func parameter(t *testing.T, m *infer.Model, name string) []float32 {
	t.Helper()
	v, err := m.Store().GetVariable(layers.Path(name)).Value()
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](v)
}

func TestFeaturesTimesTheLastLayerAreThePredictions(t *testing.T) {
	m, set := explained(t)
	features, err := m.Features(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	if len(features) != set.Len() {
		t.Fatalf("%d rows for %d images", len(features), set.Len())
	}
	kernel, bias := parameter(t, m, "logits/kernel"), parameter(t, m, "logits/bias")
	for i, row := range features {
		var logits [fashion.NumClasses]float64
		for class := range logits {
			logits[class] = float64(bias[class])
			for j, v := range row {
				logits[class] += float64(v * kernel[j*fashion.NumClasses+class])
			}
		}
		for class, got := range metrics.Softmax(logits[:], 1) {
			if want := float64(p.Probabilities[i][class]); !(math.Abs(got-want) < 1e-5) {
				t.Fatalf("image %d, class %d: probability %v from its features, want %v", i, class, got, want)
			}
		}
	}
}

// What a network computes between its layers without recording it belongs to what its last layer reads.
func TestFeaturesAreWhatTheLastLayerReadsHoweverItIsMade(t *testing.T) {
	backendOf(t)
	images := scene.Noise(3, 1)
	for name, c := range map[string]struct {
		logits   models.Build
		features int
	}{
		"activation without a name": {func(n *layers.Net, x *Node) *Node {
			return n.Dense("logits", layers.Relu(n.Dense("hidden", n.Flatten("flatten", x), 24)), fashion.NumClasses)
		}, 24},
		"reshaping without a name": {func(n *layers.Net, x *Node) *Node {
			x = n.MaxPool("pool2", n.MaxPool("pool1", n.Conv("conv", x, 4)))
			return n.Dense("logits", Reshape(x, x.Shape().Dimensions[0], -1), fashion.NumClasses)
		}, 7 * 7 * 4},
		"one layer": {func(n *layers.Net, x *Node) *Node {
			return n.Dense("logits", Reshape(x, x.Shape().Dimensions[0], -1), fashion.NumClasses)
		}, fashion.Pixels},
		"a step after the logits": {func(n *layers.Net, x *Node) *Node {
			return n.Keep("kept", n.Dense("logits", n.GlobalAveragePool("average", n.Conv("conv", x, 4)), fashion.NumClasses))
		}, 4},
	} {
		for _, flip := range []bool{false, true} {
			m, err := infer.Untrained(recipes.Recipe{Model: recipes.Model{Name: "own", FlipTTA: flip}, Seed: 1}, models.Network{Name: "own", Logits: c.logits})
			if err != nil {
				t.Fatal(err)
			}
			embedding, err := m.Embed(images)
			if err != nil || len(embedding.Features) != len(images) || len(embedding.Features[0]) != c.features {
				t.Fatalf("%s: %d rows of features, want %d of %d (%v)", name, len(embedding.Features), len(images), c.features, err)
			}
			if flip {
				continue // the features are those of the images as they are
			}
			logits, err := m.Logits(images)
			if err != nil {
				t.Fatal(err)
			}
			kernel, bias := parameter(t, m, "logits/kernel"), parameter(t, m, "logits/bias")
			for i, row := range embedding.Features {
				for class, want := range logits[i] {
					got := float64(bias[class])
					for j, v := range row {
						got += float64(v * kernel[j*fashion.NumClasses+class])
					}
					if !(math.Abs(got-float64(want)) < 1e-4) {
						t.Fatalf("%s: image %d, class %d: the logit is %v from its features, want %v", name, i, class, got, want)
					}
				}
			}
		}
	}
}

func TestFeaturesOfAConvolutionThatGivesTheLogitsAreItsInput(t *testing.T) {
	backendOf(t)
	own := models.Network{Name: "own", Logits: func(n *layers.Net, x *Node) *Node {
		x = n.MaxPool("pool2", n.MaxPool("pool1", n.Conv("conv", x, 4)))
		return n.GlobalAveragePool("average", n.Conv("classes", x, fashion.NumClasses))
	}}
	m, err := infer.Untrained(recipes.Recipe{Model: recipes.Model{Name: "own"}, Seed: 1}, own)
	if err != nil {
		t.Fatal(err)
	}
	images := scene.Noise(2, 1)
	list, err := m.Activations(images)
	if err != nil {
		t.Fatal(err)
	}
	features, err := m.Features(images)
	if err != nil {
		t.Fatal(err)
	}
	pool2 := list[slices.IndexFunc(list, func(a infer.Activation) bool { return a.Name == "pool2" })]
	if !slices.Equal(slices.Concat(features...), pool2.Values) {
		t.Error("the features are not the maps that the last convolution reads")
	}
}

func TestFeaturesOfANetworkWithoutALayerAreAnError(t *testing.T) {
	backendOf(t)
	own := models.Network{Name: "own", Logits: func(n *layers.Net, x *Node) *Node {
		kernel := n.Param("mine/kernel", layers.Constant(0), fashion.Pixels, fashion.NumClasses)
		return Dot(Reshape(x, x.Shape().Dimensions[0], -1), kernel).Product()
	}}
	m, err := infer.Untrained(recipes.Recipe{Model: recipes.Model{Name: "own"}, Seed: 1}, own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Features(scene.Noise(2, 1)); err == nil || !strings.Contains(err.Error(), "the network own has no dense layer or convolution") {
		t.Errorf("the error is %v", err)
	}
}

func TestGradCAMTellsWhatIsPredictedInMapsUpToOne(t *testing.T) {
	m, set := explained(t)
	e, err := m.GradCAM(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Maps) != set.Len() || len(e.Classes) != set.Len() || len(e.Probability) != set.Len() {
		t.Fatalf("%d maps, %d classes and %d probabilities for %d images", len(e.Maps), len(e.Classes), len(e.Probability), set.Len())
	}
	for i, values := range e.Maps {
		if want := p.Predicted(i); e.Classes[i] != want || math.Abs(float64(e.Probability[i]-p.Probabilities[i][want])) > 1e-5 {
			t.Errorf("image %d is explained as %v, %v; predicted is %v, %v", i, e.Classes[i], e.Probability[i], want, p.Probabilities[i][want])
		}
		if low, high := slices.Min(values[:]), slices.Max(values[:]); low < 0 || high != 1 && high != 0 {
			t.Errorf("map %d goes from %v to %v, want 0 or more, to 1", i, low, high)
		}
	}
	alone, err := m.GradCAM(set.Images[infer.LargeBatch+2:])
	if err != nil {
		t.Fatal(err)
	}
	if d := farthest(alone.Maps[0][:], e.Maps[infer.LargeBatch+2][:]); !(d < 1e-5) {
		t.Errorf("a map differs by %v when its image is explained alone", d)
	}
	if none, err := m.GradCAM(nil); err != nil || len(none.Maps) != 0 {
		t.Errorf("no images have %d maps (%v)", len(none.Maps), err)
	}
}

// farthest is the largest difference between corresponding values.
func farthest(a, b []float32) (d float64) {
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// The CNN has one hidden layer after its last map, so that the logit's gradient can be written out.
func TestGradCAMIsTheFormulaOfItsPaper(t *testing.T) {
	m, set := explained(t)
	set = set.Take([]int{0, 1, 2, 3, 4, 5, 6, 7})
	predicted, err := m.GradCAM(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	var others []fashion.Label
	for _, class := range predicted.Classes {
		others = append(others, (class+1)%fashion.NumClasses)
	}
	other, err := m.GradCAM(set.Images, others...)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(other.Classes, others) {
		t.Errorf("the maps are for %v, want %v", other.Classes, others)
	}
	p, err := m.Predict(set)
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range others {
		if got, want := other.Probability[i], p.Probabilities[i][class]; math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("image %d: the probability of %v is %v, want %v", i, class, got, want)
		}
	}
	for name, e := range map[string]infer.Explanation{"predicted classes": predicted, "other classes": other} {
		t.Run(name, func(t *testing.T) { isTheFormula(t, m, set, e) })
	}
}

// isTheFormula compares the maps of an explanation of the CNN with those of the paper's formula.
func isTheFormula(t *testing.T, m *infer.Model, set fashion.Set, e infer.Explanation) {
	const side, channels, hidden = 7, 64, 128
	if e.Layer != "stage2/pool" {
		t.Fatalf("the layer is %s, want the last pooling", e.Layer)
	}
	features, err := m.Features(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := m.LastMaps(set.Images) // [8, 7, 7, 64]
	if err != nil {
		t.Fatal(err)
	}
	kernel, last := parameter(t, m, "hidden/kernel"), parameter(t, m, "logits/kernel")
	lit := 0
	for i, class := range e.Classes {
		var weights [channels]float64 // the mean over the positions of the sum over the hidden units that are on
		for j := range hidden {
			if features[i][j] > 0 {
				for k := range side * side * channels {
					weights[k%channels] += float64(kernel[k*hidden+j]*last[j*fashion.NumClasses+int(class)]) / (side * side)
				}
			}
		}
		var small [side * side]float64
		for k := range side * side * channels {
			small[k/channels] += weights[k%channels] * float64(outputs[i*side*side*channels+k])
		}
		for i := range small {
			small[i] = max(small[i], 0)
		}
		want := enlarged(small)
		if slices.Max(want[:]) > 0 {
			lit++
		}
		if d := farthest(e.Maps[i][:], want[:]); !(d < 1e-4) {
			t.Errorf("image %d: the map differs by %v from the formula", i, d)
		}
	}
	if lit < 4 {
		t.Errorf("only %d of 8 maps show anything", lit)
	}
}

func TestClassesThatCannotBeExplainedAreAnError(t *testing.T) {
	m, set := explained(t)
	for _, c := range []struct {
		classes []fashion.Label
		want    string
	}{
		{[]fashion.Label{1}, "1 classes for 2 images"},
		{[]fashion.Label{1, fashion.NumClasses}, "image 1: class 10, want one of 0 to 9"},
	} {
		_, gradCAM := m.GradCAM(set.Images[:2], c.classes...)
		_, occlusion := m.Occlusion(set.Images[:2], 6, c.classes...)
		for name, err := range map[string]error{"GradCAM": gradCAM, "Occlusion": occlusion} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of classes %v: the error is %v, want %q", name, c.classes, err, c.want)
			}
		}
	}
}

// enlarged is a map of 7x7 positions, bilinear in 28x28, divided by its maximum.
func enlarged(small [49]float64) (large [fashion.Pixels]float32) {
	at := func(pixel int) (low int, fraction float64) { // of a pixel's row or column
		v := min(max((float64(pixel)+0.5)/4-0.5, 0), 6)
		low = min(int(v), 5)
		return low, v - float64(low)
	}
	highest := float32(0)
	for i := range large {
		y, dy := at(i / fashion.Side)
		x, dx := at(i % fashion.Side)
		upper := small[y*7+x]*(1-dx) + small[y*7+x+1]*dx
		lower := small[y*7+7+x]*(1-dx) + small[y*7+7+x+1]*dx
		large[i] = float32(upper*(1-dy) + lower*dy)
		highest = max(highest, large[i])
	}
	for i := range large {
		if highest > 0 {
			large[i] /= highest
		}
	}
	return large
}

func TestExplainedLayerIsTheLastMapOfEnoughPlaces(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for _, c := range []struct {
		model         recipes.Model
		layer, before string
		features      int
	}{
		{recipes.Model{Name: "cnn"}, "stage2/pool", "hidden/dropout", 128},
		{recipes.Model{Name: "residual"}, "stage3_sum", "dropout", 256},
		{recipes.Model{Name: "resnet50"}, "conv3_block4_out", "dropout", 2048},
		{recipes.Model{Name: "resnet50", Stem: "small"}, "conv5_block3_out", "dropout", 2048},
		{recipes.Model{Name: "convnext", Size: "atto"}, "stages_2_downsample_0", "head_drop", 320},
		{recipes.Model{Name: "convnext", Size: "atto", Input: "resize", Side: 128}, "stages_3", "head_drop", 320},
	} {
		g := NewGraph(backend, c.layer)
		n := layers.Inference(g, model.NewStore(), 1)
		networkOf(t, c.model).Build(n, Parameter(g, "images", shapes.Make(dtypes.Float32, 1, fashion.Side, fashion.Side, 1)))
		outputs := n.Outputs()
		if got := infer.LastMapName(outputs); got != c.layer {
			t.Errorf("%+v is explained by %s, want %s", c.model, got, c.layer)
		}
		last := outputs[len(outputs)-2]
		if d := last.Value.Shape().Dimensions; last.Name != c.before || len(d) != 2 || d[1] != c.features {
			t.Errorf("%+v has the features %s %v, want %s of %d columns", c.model, last.Name, d, c.before, c.features)
		}
	}
}

// networkOf is a network of the study.
func networkOf(t *testing.T, m recipes.Model) models.Network {
	t.Helper()
	network, err := models.Of(m)
	if err != nil {
		t.Fatal(err)
	}
	return network
}

func TestMapOfABorderedImageIsCutToTheImage(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	for _, c := range []struct {
		model        recipes.Model
		side, border int
	}{{recipes.Model{Name: "resnet50"}, 32, 2}, {recipes.Model{Name: "convnext", Size: "atto"}, 32, 2}, {recipes.Model{Name: "resnet50", Input: "resize"}, 28, 0}, {recipes.Model{Name: "cnn"}, 28, 0}} {
		seen := make([]float32, c.side*c.side)
		for i := range seen {
			seen[i] = float32(i)
		}
		out, err := ExecOnce(backend, func(x *Node) *Node { return networkOf(t, c.model).OverImage(x) }, tensors.FromFlatDataAndDimensions(seen, 1, c.side, c.side, 1))
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range tensors.MustCopyFlatData[float32](out) {
			if want := float32((i/fashion.Side+c.border)*c.side + i%fashion.Side + c.border); got != want {
				t.Fatalf("%+v: pixel %d has the value at %v, want %v", c.model, i, got, want)
			}
		}
	}
}

func TestGradCAMAndFeaturesOfEachModelHaveTheirShapes(t *testing.T) {
	backend := backendOf(t)
	images := make([]fashion.Image, 2)
	for _, c := range []struct {
		model    recipes.Model
		features int
	}{{recipes.Model{Name: "resnet50"}, 2048}, {recipes.Model{Name: "convnext", Size: "atto"}, 320}} {
		store := model.NewStore()
		if _, err := models.Layers(backend, store, c.model, 1); err != nil {
			t.Fatal(err)
		}
		m := infer.New(backend, store, networkOf(t, c.model), recipes.Recipe{Model: c.model})
		e, err := m.GradCAM(images)
		if err != nil {
			t.Fatal(err)
		}
		features, err := m.Features(images)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Maps) != len(images) || len(features) != len(images) || len(features[0]) != c.features {
			t.Errorf("%s: %d maps and %d rows of %d columns for %d images, want %d columns", c.model.Name, len(e.Maps), len(features), len(features[0]), len(images), c.features)
		}
	}
}

func TestGradCAMOfANetworkWithoutAMapSaysWhatToUse(t *testing.T) {
	backend, own, store := backendOf(t), recipes.Model{Name: "own"}, model.NewStore()
	linear := models.Network{Name: own.Name, Logits: func(n *layers.Net, x *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", x), fashion.NumClasses)
	}}
	if _, err := models.Layers(backend, store, own, 1, linear); err != nil {
		t.Fatal(err)
	}
	network, err := models.Of(own, linear)
	if err != nil {
		t.Fatal(err)
	}
	_, err = infer.New(backend, store, network, recipes.Recipe{Model: own}).GradCAM(make([]fashion.Image, 1))
	if err == nil || err.Error() != "images 0 to 0: no layer of own has a map of 16 positions or more; use Occlusion" {
		t.Errorf("the error is %v, want one that names Occlusion", err)
	}
}

// Whatever is asked, an image is classified together with its horizontal flip.
func TestTestTimeAugmentationIsInEveryAnswer(t *testing.T) {
	m, set := explained(t)
	s, err := trainSmall()
	if err != nil {
		t.Fatal(err)
	}
	recipe := s.recipe
	recipe.Model.FlipTTA = true
	augmented := infer.New(backendOf(t), m.Store(), networkOf(t, recipes.Model{Name: "cnn"}), recipe)
	images := set.Images[:20]
	flipped := make([]fashion.Image, len(images))
	for i, image := range images {
		for p := range image {
			row, column := p/fashion.Side, p%fashion.Side
			flipped[i][p] = image[row*fashion.Side+fashion.Side-1-column]
		}
	}
	plain, err := m.Logits(images)
	if err != nil {
		t.Fatal(err)
	}
	mirrored, err := m.Logits(flipped)
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]func([]fashion.Image) ([][]float32, error){
		"Probabilities": augmented.Probabilities,
		"Embed": func(images []fashion.Image) ([][]float32, error) {
			e, err := augmented.Embed(images)
			return e.Probabilities, err
		},
		"Predict": func(images []fashion.Image) ([][]float32, error) {
			p, err := augmented.Predict(fashion.Set{Images: images, Labels: make([]fashion.Label, len(images))})
			return p.Probabilities, err
		},
	} {
		got, err := answer(images)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			var mean [fashion.NumClasses]float64
			for class := range mean {
				mean[class] = float64(plain[i][class]+mirrored[i][class]) / 2
			}
			for class, want := range metrics.Softmax(mean[:], 1) {
				if math.Abs(float64(got[i][class])-want) > 1e-5 {
					t.Fatalf("%s, image %d, class %d: %v, want %v", name, i, class, got[i][class], want)
				}
			}
		}
	}
	e, err := augmented.GradCAM(images)
	if err != nil {
		t.Fatal(err)
	}
	p, err := augmented.Probabilities(images)
	if err != nil {
		t.Fatal(err)
	}
	features, err := m.Features(images)
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range e.Classes {
		if d := math.Abs(float64(e.Probability[i] - p[i][class])); d > 1e-5 || len(e.Maps) != len(images) {
			t.Errorf("image %d is explained as %v with %v, want %v", i, class, e.Probability[i], p[i][class])
		}
		if d := farthest(e.Features[i], features[i]); !(d < 1e-4) {
			t.Errorf("image %d: its features differ by %v from those without augmentation", i, d)
		}
	}
}
