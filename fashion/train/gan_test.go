package train_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// ganRecipe is a small GAN with all that a resume must restore: moments, averages, singular vectors, a rate that falls.
func ganRecipe(name, loss string) run.Recipe {
	return run.Recipe{
		Model: run.Model{Name: name, Latent: 8, Width: 4}, Data: run.Data{Limit: 500, Validation: 0.2, SplitSeed: 1},
		Optimizer: run.Optimizer{Name: "adam", Rate: 0.002, Beta1: 0.5, Beta2: 0.99, Epsilon: 1e-8},
		Schedule:  run.Schedule{Name: "cosine", Every: 50},
		GAN:       run.GAN{Loss: loss, Rate: 0.001, Average: 0.9},
		Epochs:    2, Batch: 16, Seed: 3,
	}
}

func samples(t *testing.T, r *run.Run, epoch int) []fashion.Image {
	t.Helper()
	images, err := r.Samples(epoch)
	if err != nil {
		t.Fatal(err)
	}
	return images
}

// One training serves all that is asked of it: its graphs take long to compile.
func TestGANIsResumedLoadedAndPublished(t *testing.T) {
	needBackend(t)
	for _, r := range []run.Recipe{ganRecipe("sngan", "hinge"), ganRecipe("dcgan", "cross-entropy")} {
		trained := fit(t, r.Model.Name+"/whole", r)
		t.Run(r.Model.Name+" that was interrupted ends as one that was not", func(t *testing.T) { resumed(t, trained) })
		t.Run(r.Model.Name+" loaded makes the samples of its best epoch", func(t *testing.T) { loadedGAN(t, trained) })
		t.Run(r.Model.Name+" published makes the same images but for rounding", func(t *testing.T) { publishedGAN(t, trained) })
		t.Run(r.Model.Name+" tells no classes", func(t *testing.T) { noClassifier(t, trained) })
	}
}

func resumed(t *testing.T, whole *run.Run) {
	name, short := whole.Recipe.Model.Name+"/parts", whole.Recipe
	short.Schedule.Every = whole.Recipe.Steps() // the cosine of both epochs
	short.Epochs = 1
	fit(t, name, short)
	parts, err := train.Extend(name, whole.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := outcome(t, whole), outcome(t, parts)
	if !slices.Equal(a.Tensors[0].Data, b.Tensors[0].Data) {
		t.Error("the weights differ")
	}
	for i, e := range a.State.History {
		if e != b.State.History[i] {
			t.Errorf("epoch %d is %+v, want %+v", e.Epoch, b.State.History[i], e)
		}
		if !slices.Equal(samples(t, whole, e.Epoch), samples(t, parts, e.Epoch)) {
			t.Errorf("the samples of epoch %d differ", e.Epoch)
		}
	}
	if parts.Record.Resumed != 1 || len(a.State.History) != whole.Recipe.Epochs {
		t.Errorf("resumed %d times, %d epochs, want once and %d", parts.Record.Resumed, len(a.State.History), whole.Recipe.Epochs)
	}
}

func loadedGAN(t *testing.T, r *run.Run) {
	g, err := train.LoadGenerator(r)
	if err != nil {
		t.Fatal(err)
	}
	set, err := g.Set(10, r.Recipe.Seed)
	if err != nil {
		t.Fatal(err)
	}
	want := samples(t, r, r.Record.BestEpoch)
	if !slices.Equal(set.Images, want) {
		t.Errorf("the images are not the samples of epoch %d", r.Record.BestEpoch)
	}
	code := train.CodeOf(g.Latents(100, r.Recipe.Seed)[37], set.Labels[37])
	one, err := g.Images([]train.Code{code})
	if err != nil {
		t.Fatal(err)
	}
	if d := farthestGrey(one[0], want[37]); d > 1 {
		t.Errorf("made alone, an image differs by %d grey levels", d)
	}
	code.Latent = code.Latent[:7]
	if _, err := g.Images([]train.Code{code}); err == nil || !strings.Contains(err.Error(), "7 numbers") {
		t.Errorf("a latent of 7 numbers: %v, want an error that says so", err)
	}
	directions, err := g.Directions()
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range directions {
		for j, b := range directions {
			dot := 0.0
			for k := range a {
				dot += float64(a[k]) * float64(b[k])
			}
			if want := map[bool]float64{true: 1}[i == j]; len(directions) != g.Latent || math.Abs(dot-want) > 1e-5 {
				t.Fatalf("%d directions, of which %d and %d have the product %v, want %v", len(directions), i, j, dot, want)
			}
		}
	}
}

func TestWayBetweenTwoCodesKeepsTheLengthAndMixesTheClasses(t *testing.T) {
	a, b := train.CodeOf([]float32{3, 0, 0}, 2), train.CodeOf([]float32{0, 3, 0}, 6)
	for share, want := range map[float64][]float64{0: {3, 0, 0}, 1: {0, 3, 0}, 0.5: {3 / math.Sqrt2, 3 / math.Sqrt2, 0}} {
		c := train.Between(a, b, share)
		for i, v := range want {
			if math.Abs(float64(c.Latent[i])-v) > 1e-6 {
				t.Errorf("at %v the latent is %v, want %v", share, c.Latent, want)
			}
		}
		if c.Classes[2] != float32(1-share) || c.Classes[6] != float32(share) {
			t.Errorf("at %v the classes are %v", share, c.Classes)
		}
	}
	if same := train.Between(a, a, 0.3); same.Latent[0] != 3 || same.Latent[1] != 0 {
		t.Errorf("on the way from a code to itself the latent is %v", same.Latent)
	}
	moved := a.Moved([]float32{0, 1, 0}, -2)
	if moved.Latent[1] != -2 || a.Latent[1] != 0 {
		t.Errorf("moved by -2 the latent is %v, and the one it came from %v", moved.Latent, a.Latent)
	}
}

// farthestGrey is the largest difference of two images in a pixel.
func farthestGrey(a, b fashion.Image) (d int) {
	for p := range a {
		d = max(d, int(a[p])-int(b[p]), int(b[p])-int(a[p]))
	}
	return d
}

func publishedGAN(t *testing.T, r *run.Run) {
	half, err := train.HalfPrecision(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.PublishedVariable, t.TempDir())
	if err := errors.Join(r.Publish("gan"), run.PublishWeights("gan", half)); err != nil {
		t.Fatal(err)
	}
	p, err := run.Published().Open("gan")
	if err != nil {
		t.Fatal(err)
	}
	g, err := train.LoadGenerator(p)
	if err != nil {
		t.Fatal(err)
	}
	set, err := g.Set(10, r.Recipe.Seed)
	if err != nil {
		t.Fatal(err)
	}
	want := samples(t, p, r.Record.BestEpoch)
	if !slices.Equal(want, samples(t, r, r.Record.BestEpoch)) {
		t.Error("the samples were not published as they are")
	}
	for i := range want {
		if d := farthestGrey(set.Images[i], want[i]); d > 3 {
			t.Errorf("image %d differs by %d grey levels", i, d)
		}
	}
}

func noClassifier(t *testing.T, r *run.Run) {
	if _, err := train.Test(r); err == nil || !strings.Contains(err.Error(), "GAN") {
		t.Errorf("testing gives %v, want an error that names the GAN", err)
	}
	if _, err := train.Load(r); err == nil || !strings.Contains(err.Error(), "LoadGenerator") {
		t.Errorf("loading gives %v, want an error that names LoadGenerator", err)
	}
}

func TestGANWhoseLossIsNoNumberStops(t *testing.T) {
	needBackend(t)
	r := ganRecipe("dcgan", "cross-entropy")
	r.Optimizer.Rate, r.GAN.Rate = 1e30, 1e30
	_, err := train.Fit("diverged", r, nil)
	var diverged *train.DivergedError
	if !errors.As(err, &diverged) || diverged.Step < 1 || diverged.Rate == 0 {
		t.Errorf("the error is %v, want one with the step and the rate", err)
	}
}

func TestRecipesThatNoGANOrOnlyAGANCanUseAreErrors(t *testing.T) {
	change := func(f func(*run.Recipe)) run.Recipe {
		r := ganRecipe("sngan", "hinge")
		f(&r)
		return r
	}
	classifier := recipe()
	classifier.GAN = run.GAN{Loss: "hinge", Rate: 0.001}
	latent := recipe()
	latent.Model.Latent = 8
	synthetic := func(s run.Synthetic) run.Recipe {
		r := recipe()
		r.Data.Synthetic = s
		return r
	}
	for want, r := range map[string]run.Recipe{
		"synthetic.share":                synthetic(run.Synthetic{Run: "full/gan", Share: 1.5}),
		"a run and a share":              synthetic(run.Synthetic{Share: 0.5}),
		"or neither":                     synthetic(run.Synthetic{Run: "full/gan"}),
		"gan.loss":                       change(func(r *run.Recipe) { r.GAN = run.GAN{} }),
		"cross-entropy":                  change(func(r *run.Recipe) { r.GAN.Loss = "least squares" }),
		"gan.rate":                       change(func(r *run.Recipe) { r.GAN.Rate = 0 }),
		"gan.average":                    change(func(r *run.Recipe) { r.GAN.Average = 1 }),
		"plateau":                        change(func(r *run.Recipe) { r.Schedule = run.Schedule{Name: "plateau", Factor: 0.5} }),
		"as they are":                    change(func(r *run.Recipe) { r.Augmentation.Flip = "horizontal" }),
		"model.latent":                   change(func(r *run.Recipe) { r.Model.Latent = 0 }),
		"model.width":                    change(func(r *run.Recipe) { r.Model.Width = 0 }),
		"does not support":               change(func(r *run.Recipe) { r.Model.Dropout = 0.5 }),
		"no GAN":                         classifier,
		"the model cnn does not support": latent,
	} {
		if err := train.Check(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}
