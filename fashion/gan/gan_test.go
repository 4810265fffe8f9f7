package gan_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// ganRecipe is a small GAN with all that a resume must restore: moments, averages, singular vectors, a rate that falls.
func ganRecipe(name, loss string) recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: name, Latent: 8, Width: 4}, Data: recipes.Data{Limit: 500, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.002, Beta1: 0.5, Beta2: 0.99, Epsilon: 1e-8},
		Schedule:  recipes.Schedule{Name: "cosine", DecaySteps: 50},
		GAN:       recipes.GAN{Loss: loss, DiscriminatorRate: 0.001, EMA: 0.9},
		Epochs:    2, Batch: 16, Seed: 3,
	}
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

// needBackend stops a test that cannot run, with what to do.
func needBackend(t *testing.T) {
	t.Helper()
	if _, err := infer.Backend(); err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	t.Setenv(run.RootVariable, t.TempDir())
}

func fit(t *testing.T, name string, r recipes.Recipe) *run.Run {
	t.Helper()
	trained, err := gan.Fit(name, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trained
}

// outcome is what must not depend on interruptions: the last checkpoint, without the wall times in its history, its tensors sorted by name.
func outcome(t *testing.T, r *run.Run) run.Checkpoint {
	t.Helper()
	c, found, err := r.LoadCheckpoint(run.Last)
	if err != nil || !found {
		t.Fatalf("%s: no last checkpoint: %v", r.Dir, err)
	}
	for i := range c.State.History {
		c.State.History[i].Seconds, c.State.History[i].ImagesPerSecond = 0, 0
	}
	slices.SortFunc(c.Tensors, func(a, b run.Tensor) int { return strings.Compare(a.Name, b.Name) })
	return c
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
	for _, r := range []recipes.Recipe{ganRecipe("sngan", "hinge"), ganRecipe("dcgan", "cross-entropy")} {
		trained := fit(t, r.Model.Name+"/undisturbed", r)
		t.Run(r.Model.Name+" that was interrupted ends as one that was not", func(t *testing.T) { resumed(t, trained) })
		t.Run(r.Model.Name+" loaded makes the samples of its best epoch", func(t *testing.T) { loadedGAN(t, trained) })
		t.Run(r.Model.Name+" published makes the same images but for rounding", func(t *testing.T) { publishedGAN(t, trained) })
		t.Run(r.Model.Name+" is no classifier", func(t *testing.T) { noClassifier(t, trained) })
	}
}

func resumed(t *testing.T, undisturbed *run.Run) {
	name, short := undisturbed.Recipe.Model.Name+"/resumed", undisturbed.Recipe
	short.Schedule.DecaySteps = undisturbed.Recipe.Steps() // the cosine of both epochs
	short.Epochs = 1
	fit(t, name, short)
	extended, err := gan.Extend(name, undisturbed.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, b := outcome(t, undisturbed), outcome(t, extended)
	if !reflect.DeepEqual(a.Tensors, b.Tensors) {
		t.Error("the weights differ")
	}
	for i, e := range a.State.History {
		if e != b.State.History[i] {
			t.Errorf("epoch %d is %+v, want %+v", e.Epoch, b.State.History[i], e)
		}
		if !slices.Equal(samples(t, undisturbed, e.Epoch), samples(t, extended, e.Epoch)) {
			t.Errorf("the samples of epoch %d differ", e.Epoch)
		}
	}
	if extended.Record.Resumed != 1 || len(a.State.History) != undisturbed.Recipe.Epochs {
		t.Errorf("resumed %d times, %d epochs, want once and %d", extended.Record.Resumed, len(a.State.History), undisturbed.Recipe.Epochs)
	}
}

func loadedGAN(t *testing.T, r *run.Run) {
	g, err := gan.Load(r)
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
	code := gan.CodeOf(g.Latents(100, r.Recipe.Seed)[37], set.Labels[37])
	one, err := g.Images([]gan.Code{code})
	if err != nil {
		t.Fatal(err)
	}
	if d := farthestGrey(one[0], want[37]); d > 1 {
		t.Errorf("made alone, an image differs by %d grey levels", d)
	}
	code.Latent = code.Latent[:7]
	if _, err := g.Images([]gan.Code{code}); err == nil || !strings.Contains(err.Error(), "7 numbers") {
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

func TestInterpolationKeepsTheLengthAndMixesTheClasses(t *testing.T) {
	a, b := gan.CodeOf([]float32{3, 0, 0}, 2), gan.CodeOf([]float32{0, 3, 0}, 6)
	for fraction, want := range map[float64][]float64{0: {3, 0, 0}, 1: {0, 3, 0}, 0.5: {3 / math.Sqrt2, 3 / math.Sqrt2, 0}} {
		c := a.Interpolate(b, fraction)
		for i, v := range want {
			if math.Abs(float64(c.Latent[i])-v) > 1e-6 {
				t.Errorf("at %v the latent is %v, want %v", fraction, c.Latent, want)
			}
		}
		if c.Classes[2] != float32(1-fraction) || c.Classes[6] != float32(fraction) {
			t.Errorf("at %v the classes are %v", fraction, c.Classes)
		}
	}
	if same := a.Interpolate(a, 0.3); same.Latent[0] != 3 || same.Latent[1] != 0 {
		t.Errorf("between a code and itself the latent is %v", same.Latent)
	}
	moved := a.Step([]float32{0, 1, 0}, -2)
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
	half, err := gan.HalfPrecision(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(run.PublishedVariable, t.TempDir())
	if err := r.Publish("gan", &half); err != nil {
		t.Fatal(err)
	}
	p, err := run.Published().Open("gan")
	if err != nil {
		t.Fatal(err)
	}
	g, err := gan.Load(p)
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
	if _, err := infer.Test(r); err == nil || !strings.Contains(err.Error(), "GAN") {
		t.Errorf("testing gives %v, want an error that names the GAN", err)
	}
	if _, err := infer.Load(r); err == nil || !strings.Contains(err.Error(), "gan.Load") {
		t.Errorf("loading gives %v, want an error that names gan.Load", err)
	}
	if _, err := train.Fit("classifier", r.Recipe, nil); err == nil || !strings.Contains(err.Error(), "gan.Fit") {
		t.Errorf("training it as a classifier gives %v, want an error that names gan.Fit", err)
	}
}

func TestGANWhoseLossIsNoNumberStops(t *testing.T) {
	needBackend(t)
	r := ganRecipe("dcgan", "cross-entropy")
	r.Optimizer.LearningRate, r.GAN.DiscriminatorRate = 1e30, 1e30
	_, err := gan.Fit("diverged", r, nil)
	var diverged *train.DivergedError
	if !errors.As(err, &diverged) || diverged.Step < 1 || diverged.LearningRate == 0 {
		t.Errorf("the error is %v, want one with the step and the rate", err)
	}
}

func TestRecipesThatNoGANCanUseAreErrors(t *testing.T) {
	change := func(f func(*recipes.Recipe)) recipes.Recipe {
		r := ganRecipe("sngan", "hinge")
		f(&r)
		return r
	}
	for want, r := range map[string]recipes.Recipe{
		"imitates real":    change(func(r *recipes.Recipe) { r.Data.Synthetic = recipes.Synthetic{Run: "full/gan", Fraction: 0.5} }),
		"gan.loss":         change(func(r *recipes.Recipe) { r.GAN = recipes.GAN{} }),
		"cross-entropy":    change(func(r *recipes.Recipe) { r.GAN.Loss = "least squares" }),
		"gan.rate":         change(func(r *recipes.Recipe) { r.GAN.DiscriminatorRate = 0 }),
		"gan.average":      change(func(r *recipes.Recipe) { r.GAN.EMA = 1 }),
		"plateau":          change(func(r *recipes.Recipe) { r.Schedule = recipes.Schedule{Name: "plateau", Factor: 0.5} }),
		"as they are":      change(func(r *recipes.Recipe) { r.Augmentation.Flip = "horizontal" }),
		"model.latent":     change(func(r *recipes.Recipe) { r.Model.Latent = 0 }),
		"model.width":      change(func(r *recipes.Recipe) { r.Model.Width = 0 }),
		"does not support": change(func(r *recipes.Recipe) { r.Model.Dropout = 0.5 }),
		"precise_bn":       change(func(r *recipes.Recipe) { r.PreciseBN = 1000 }),
		"layer_decay":      change(func(r *recipes.Recipe) { r.Optimizer.LayerDecay = 0.5 }),
		"no GAN":           change(func(r *recipes.Recipe) { r.Model, r.GAN = recipes.Model{Name: "cnn"}, recipes.GAN{} }),
	} {
		if err := gan.Check(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}

func TestTrainingStopsBeforeTheNextStepWhenItsContextEnds(t *testing.T) {
	needBackend(t)
	r := ganRecipe("dcgan", "cross-entropy")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := gan.FitContext(ctx, "interrupted", r, func(p run.Progress) {
		if p.Epoch == 1 && p.Stage == "validating" {
			cancel()
		}
	})
	var interrupted *train.InterruptedError
	if !errors.As(err, &interrupted) || interrupted.Epoch != 2 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "resumes after epoch 1") {
		t.Fatalf("the error is %v, want an interruption in epoch 2", err)
	}
	if begun, err := run.Local().Open("interrupted"); err != nil || len(begun.History) != 1 || begun.Finished() {
		t.Errorf("the run has the history %+v (%v), want one epoch", begun.History, err)
	}
}
