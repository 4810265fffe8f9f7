package train_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// childVariable makes the test program train the run of that name and kill itself in the second epoch.
const childVariable = "FASHIONLAB_TEST_TRAIN"

func TestMain(m *testing.M) {
	if err := os.Setenv(fashion.DirVariable, mustAbs("../../testdata/fashion-mnist")); err != nil {
		panic(err)
	}
	if name := os.Getenv(childVariable); name != "" {
		_, err := train.Fit(name, recipe(), func(p run.Progress) {
			if len(p.History) > 0 {
				killSelf()
			}
		})
		exit(err)
	}
	if name := os.Getenv(searchVariable); name != "" {
		exit(searchAndDie(name))
	}
	os.Exit(m.Run())
}

// killSelf ends a child as `kill -9` does: nothing that it has open is closed.
func killSelf() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		exit(err)
	}
	select {} // it comes at any moment
}

// killed runs the test program as a child, with variables of its environment, and reports whether it was killed. One that ends otherwise
// than killed or without an error stops the test.
func killed(t *testing.T, variables ...string) bool {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), variables...)
	child.Stderr = os.Stderr
	err := child.Run()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return true
	}
	if err != nil {
		t.Fatal(err)
	}
	return false
}

// exit ends a child.
func exit(err error) {
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

func mustAbs(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		panic(err)
	}
	return abs
}

// recipe is a small training with everything in it that a resume must restore: dropout, augmentation, moments, a plateau
// whose patience runs out in the first epochs. The network is a narrow CNN: what is tested does not depend on its width.
func recipe() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.2, Filters: 8, Hidden: 16}, Data: recipes.Data{Limit: 600, Validation: 0.2, SplitSeed: 1},
		Augmentation: recipes.Augmentation{
			Rotation: recipes.Within(0.02), TranslationWidth: recipes.Within(0.05),
			Cutout: recipes.Cutout{Count: 1, Probability: 0.5, Scale: recipes.Range{Low: 0.02, High: 0.1}, Fill: "noise"},
		},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.002, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7, WeightDecay: 1e-3},
		Schedule:  recipes.Schedule{Name: "plateau", Patience: 1, Factor: 0.5, MinDelta: 1},
		Epochs:    4, Batch: 16, Seed: 3,
	}
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
	trained, err := train.Fit(name, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return trained
}

// outcome is what must not depend on interruptions: the last checkpoint, without the wall times in its history.
func outcome(t *testing.T, r *run.Run) run.Checkpoint {
	t.Helper()
	c, found, err := r.LoadCheckpoint(run.Last)
	if err != nil || !found {
		t.Fatalf("%s: no last checkpoint: %v", r.Dir, err)
	}
	for i := range c.State.History {
		c.State.History[i].Seconds, c.State.History[i].ImagesPerSecond = 0, 0
	}
	byName := map[string][]byte{}
	for _, tensor := range c.Tensors {
		byName[tensor.Name] = tensor.Data
	}
	return run.Checkpoint{State: c.State, Tensors: []run.Tensor{{Name: "all", Data: flatten(byName)}}}
}

// flatten joins tensors in the order of their names.
func flatten(byName map[string][]byte) (all []byte) {
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(append(all, name...), byName[name]...)
	}
	return all
}

func TestKilledTrainingEndsAsIfItHadNeverBeenKilled(t *testing.T) {
	needBackend(t)
	whole := fit(t, "undisturbed", recipe())
	undisturbed := outcome(t, whole)
	path, err := run.Local().Path("killed")
	if err != nil {
		t.Fatal(err)
	}
	if !killed(t, childVariable+"=killed") {
		t.Fatal("the child came to its end")
	}
	if r, err := run.Open(path); err != nil || len(r.History) != 1 || r.Finished() {
		t.Fatalf("the child was not killed in its second epoch: %v", err)
	}
	resumed := fit(t, "killed", recipe())
	if resumed.Record.Resumed == 0 {
		t.Error("the run does not tell that it was resumed")
	}
	if got := outcome(t, resumed); !reflect.DeepEqual(got, undisturbed) {
		t.Errorf("resumed: %+v\nundisturbed:   %+v\nor their tensors differ", got.State, undisturbed.State)
	}
	if undisturbed.State.LearningRate == recipe().Optimizer.LearningRate {
		t.Error("the plateau never reduced the rate, so that this test says nothing about it")
	}
	want, wantErr := whole.EpochPredictions()
	if got, err := resumed.EpochPredictions(); err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the predictions after each epoch are others (%v, %v)", err, wantErr)
	}
	// The run's model is that of its best epoch.
	best, err := whole.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	for i := range best.Labels {
		if got := want.Classes[whole.Record.BestEpoch-1][i]; got != best.Predicted(i) || want.Indices[i] != best.Indices[i] || want.Labels[i] != best.Labels[i] {
			t.Fatalf("in row %d the best epoch predicts %v, and the run's model %v", i, got, best.Predicted(i))
		}
	}
}

func TestRobustnessIsMeasuredOnceAndNotByHalves(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Epochs = 1
	measured := fit(t, "robust", r)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := infer.Robustness(ctx, measured, run.Validation, func(float64) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("a measurement that was stopped: %v", err)
	}
	if _, err := measured.Robustness(run.Validation); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it saved something: %v", err)
	}
	for _, part := range []string{run.Validation, run.Test} {
		first, err := infer.Robustness(t.Context(), measured, part, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := infer.Robustness(t.Context(), measured, part, func(float64) { t.Error("it was measured again") })
		if err != nil || !reflect.DeepEqual(first, again) {
			t.Errorf("the second call gave another result (%v)", err)
		}
		p, err := measured.Predictions(part)
		if err != nil || first.Images != len(p.Labels) || first.Clean.Correct(first.Images) != p.Correct() || len(first.Corruptions) != 6 {
			t.Errorf("%d images, of which %d are classified correctly, and %d corruptions (%v)", first.Images, first.Clean.Correct(first.Images), len(first.Corruptions), err)
		}
		if bytes.Equal(first.Clean, first.Corruptions[3].Correct[4]) {
			t.Error("the network classifies images with severe noise as it does the images themselves")
		}
	}
	if n := len(measured.Record.TestOpened); n != 2 {
		t.Errorf("the test images were opened %d times, want twice: as they are and to be corrupted", n)
	}
}

func TestFinishedRunIsReadAndTestedOnce(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Epochs = 1
	first := fit(t, "run", r)
	reports := 0
	if _, err := train.Fit("run", r, func(run.Progress) { reports++ }); err != nil || reports > 0 {
		t.Errorf("a finished run was worked on again: %d reports, %v", reports, err)
	}
	p, err := infer.Test(first)
	if err != nil {
		t.Fatal(err)
	}
	again, err := infer.Test(first)
	if err != nil || !reflect.DeepEqual(p, again) || len(first.Record.TestOpened) != 1 {
		t.Errorf("the second call gave other predictions, or opened the test images again: %v, %v", first.Record.TestOpened, err)
	}
	if len(p.Labels) != 400 {
		t.Errorf("%d test images, want the subset's 400", len(p.Labels))
	}
	r.Seed++
	var differs *run.RecipeError
	if _, err := train.Fit("run", r, nil); !errors.As(err, &differs) {
		t.Errorf("error is %v, want a RecipeError", err)
	}
}

func TestLossThatIsNoNumberStopsTheRunWithStepAndRate(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Optimizer = recipes.Optimizer{Name: "sgd", LearningRate: 1e30}
	r.Schedule = recipes.Schedule{}
	_, err := train.Fit("diverges", r, nil)
	if err == nil || !strings.Contains(err.Error(), "step") || !strings.Contains(err.Error(), "1e+30") {
		t.Errorf("error is %v, want one that names step and rate", err)
	}
}

func TestParametersThatTheOnlyStepOfAnEpochLosesStopTheRun(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Optimizer = recipes.Optimizer{Name: "sgd", LearningRate: 1e30}
	r.Schedule, r.Batch = recipes.Schedule{}, 512
	var diverged *train.DivergedError
	if _, err := train.Fit("lost", r, nil); !errors.As(err, &diverged) {
		t.Fatalf("error is %v, want a DivergedError", err)
	}
	if diverged.Step != 1 || !strings.HasPrefix(diverged.Error(), "validation loss is ") {
		t.Errorf("error is %q, want the validation loss at step 1", diverged)
	}
}

func TestRecipesThatNoClassifierCanUseAreErrors(t *testing.T) {
	change := func(f func(*recipes.Recipe)) recipes.Recipe {
		r := recipe()
		f(&r)
		return r
	}
	synthetic := func(s recipes.Synthetic) recipes.Recipe {
		return change(func(r *recipes.Recipe) { r.Data.Synthetic = s })
	}
	for want, r := range map[string]recipes.Recipe{
		"synthetic.share":      synthetic(recipes.Synthetic{Run: "full/gan", Fraction: 1.5}),
		"a run, or photos":     synthetic(recipes.Synthetic{Fraction: 0.5}),
		"or nothing":           synthetic(recipes.Synthetic{Run: "full/gan"}),
		"alone":                synthetic(recipes.Synthetic{Run: "full/gan", Photos: true, Fraction: 0.5}),
		"scene.Synthesizer":    synthetic(recipes.Synthetic{Photos: true, Fraction: 0.5}), // is not passed
		"no GAN":               change(func(r *recipes.Recipe) { r.GAN = recipes.GAN{Loss: "hinge", DiscriminatorRate: 0.001} }),
		"model.latent: 8 != 0": change(func(r *recipes.Recipe) { r.Model.Latent = 8 }),
	} {
		if err := train.Check(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}

// change changes the record of a run that nobody works on.
func change(t *testing.T, r *run.Run, f func(*run.Record)) {
	t.Helper()
	w, err := run.Begin(r.Dir, r.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	f(&w.Record)
	if err := w.SaveRecord(); err != nil {
		t.Fatal(err)
	}
}

func TestRunThatIsContinuedKnowsItsBestEpochFromTheCheckpoint(t *testing.T) {
	needBackend(t)
	r := still()
	change(t, fit(t, "best", r), func(record *run.Record) { record.BestEpoch = 0 }) // as if it had been killed before it wrote that
	r.Epochs = 2
	extended, err := train.Extend("best", r, nil)
	if err != nil || extended.Record.BestEpoch != 1 {
		t.Errorf("the best epoch is %d (%v), want 1", extended.Record.BestEpoch, err)
	}
}

func TestRunThatLostItsCheckpointsBeginsAnewWithoutItsOldEpochs(t *testing.T) {
	needBackend(t)
	r := still()
	r.Epochs = 2
	old := fit(t, "lost", r)
	change(t, old, func(record *run.Record) {
		record.Before, record.Device = []run.Stretch{{Computer: run.Computer{Device: "one"}, Last: 1}}, "another"
	})
	if err := run.RemoveCheckpoints(old.Dir); err != nil {
		t.Fatal(err)
	}
	r.Epochs = 3
	first := true
	extended, err := train.Extend("lost", r, func(p run.Progress) {
		if !first || p.Stage != "training" {
			return
		}
		first = false
		if begun, err := run.Open(old.Dir); err != nil || len(begun.History) != 0 || begun.Record.BestEpoch != 0 {
			t.Errorf("in the first epoch the run has %d epochs, the best of them %d (%v), want none", len(begun.History), begun.Record.BestEpoch, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if record := extended.Record; len(record.Before) != 0 || record.Device != old.Record.Device || record.BestEpoch != 1 || record.Resumed != 0 || len(extended.History) != 3 {
		t.Errorf("%d epochs on %q, resumed %d times, the best is %d; want 3 on %q, not resumed, and the first", len(extended.History), record.Devices(), record.Resumed, record.BestEpoch, old.Record.Device)
	}
}

func TestRunIsNotContinuedOnOtherImages(t *testing.T) {
	needBackend(t)
	r := still()
	change(t, fit(t, "images", r), func(record *run.Record) { record.Data["training images"] = "other" })
	r.Epochs = 2
	if _, err := train.Extend("images", r, nil); err == nil || !strings.Contains(err.Error(), "training images") || !strings.Contains(err.Error(), "other") {
		t.Errorf("error is %v, want one that names the images and both checksums", err)
	}
}

func TestLearnsTheSubset(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Data.Limit, r.Schedule, r.Augmentation = 0, recipes.Schedule{}, recipes.Augmentation{}
	h := fit(t, "learns", r).History
	if got := h[len(h)-1].ValidationAccuracy; got < 0.7 {
		t.Errorf("validation accuracy after %d epochs of 1,280 images is %v, want 0.7 or more", len(h), got)
	}
}

func TestFrozenLayersKeepTheirWeightsAndHaveNoMoments(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Model = recipes.Model{Name: "convnext", Size: "atto", Input: "resize", Dropout: 0.1, FineTuneAt: 40}
	r.Data.Limit, r.Epochs = 100, 1
	c, found, err := fit(t, "frozen", r).LoadCheckpoint(run.Last)
	if err != nil || !found {
		t.Fatal(err)
	}
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	store := model.NewStore()
	if _, err := models.Layers(backend, store, r.Model, r.Seed); err != nil {
		t.Fatal(err)
	}
	after := map[string][]byte{}
	for _, tensor := range c.Tensors {
		after[tensor.Name] = tensor.Data
	}
	frozen, trained := 0, 0
	for v := range store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			t.Fatal(err)
		}
		before, err := binary.Append(nil, binary.LittleEndian, tensors.MustCopyFlatData[float32](value))
		if err != nil {
			t.Fatal(err)
		}
		_, hasMoment := after["/optimizer/m"+v.Path()]
		if changed := !bytes.Equal(before, after[v.Path()]); changed != hasMoment || hasMoment != v.Trainable {
			t.Errorf("%s: changed %v, has a moment %v, is trained %v", v.Path(), changed, hasMoment, v.Trainable)
		}
		if v.Trainable {
			trained++
		} else {
			frozen++
		}
	}
	if frozen == 0 || trained == 0 {
		t.Errorf("%d weights are frozen, %d trained", frozen, trained)
	}
}
