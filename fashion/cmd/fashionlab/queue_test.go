package main

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/claims"
	"fashionlab/fashion/cmd/fashionlab/internal/clusterprogram"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// stopsVariable is how many times TestQueue... stops the queue, 2 without it.
const stopsVariable = "FASHIONLAB_TEST_STOPS"

func TestQueueThatIsStoppedAndResumedEndsAsOneThatIsNot(t *testing.T) {
	needData(t)
	whole, parts := t.TempDir(), t.TempDir()
	args := []string{"train", "-all", "-profile", "smoke", "-claim", "plateau"}
	do := func(store string, args ...string) {
		t.Helper()
		t.Setenv(run.RootVariable, store)
		var messages bytes.Buffer
		if code := commandLine(args, &messages, &messages); code != 0 {
			t.Fatalf("%q ends with %d: %s", args, code, &messages)
		}
	}
	began := time.Now()
	elsewhere := filepath.Join(whole, filepath.FromSlash(study.Schedules(study.Smoke)[0].Run))
	if err := os.MkdirAll(elsewhere, 0o777); err != nil {
		t.Fatal(err)
	}
	lock, err := disk.NewLock(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	do(whole, args...)
	if _, err := os.Stat(filepath.Join(elsewhere, "done")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a run that another process holds was trained (%v)", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	do(whole, args...)
	took := time.Since(began)
	stops := 2
	if n, err := strconv.Atoi(os.Getenv(stopsVariable)); err == nil {
		stops = n
	}
	for range stops {
		limit := time.Duration((0.1 + 0.5*rand.Float64()) * float64(took))
		do(parts, append(args, "-for", limit.String())...)
	}
	do(parts, args...)
	for _, v := range study.Schedules(study.Smoke) {
		for _, part := range []string{run.Validation, run.Test, "epochs"} {
			file := filepath.Join(filepath.FromSlash(v.Run), "predictions", part+".npz")
			a, errA := os.ReadFile(filepath.Join(whole, file))
			b, errB := os.ReadFile(filepath.Join(parts, file))
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				t.Errorf("%s differs (%v, %v)", file, errA, errB)
			}
		}
	}

	// What is there is not trained again, nor what was not asked for.
	before := time.Now()
	do(parts, args...)
	do(t.TempDir(), append(args, "-match", "no-such-run|/plateau$", "-plan")...)
	r, err := run.StoreAt(parts, false).Open(study.Schedules(study.Smoke)[0].Run)
	if err != nil || r.Record.Finished.After(before) {
		t.Errorf("it was trained again (%v)", err)
	}
}

func TestQueueWhoseClusterFailsTrainsNothingOfIt(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.RootVariable, root)
	t.Setenv(run.PublishedVariable, t.TempDir())
	t.Setenv(fashion.DirVariable, t.TempDir()) // a training here would fail at once
	t.Setenv(clusterprogram.Variable, "")
	var out, messages bytes.Buffer
	code := commandLine([]string{"train", "-all", "-profile", "smoke", "-claim", "plateau", "-cluster", "127.0.0.1:1"}, &out, &messages)
	if code != exitFailed || !strings.HasPrefix(messages.String(), "-cluster needs a program") || strings.Count(messages.String(), "\n") != 1 {
		t.Errorf("it ends with %d and says %q, want the cluster's error alone", code, &messages)
	}
	if begun, err := os.ReadDir(root); err != nil || len(begun) > 0 {
		t.Errorf("it began %v (%v)", begun, err)
	}
}

func TestQueueTellsWhatIsThereAndWhatIsMissing(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	v := study.Schedules(study.Full)[0]
	q := queue{options: trainOptions{publish: true}}
	want := func(state string, epochs int) {
		t.Helper()
		if got, n, err := claims.Standing(v, q.options.profile, true); got != state || n != epochs || err != nil {
			t.Errorf("the state is %q with %d epochs (%v), want %q with %d", got, n, err, state, epochs)
		}
	}
	want("missing", v.Recipe.Epochs)
	dir, err := run.Local().Path(v.Run)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, v.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.SaveHistory([]run.Epoch{{Epoch: 1}, {Epoch: 2}}); err != nil {
		t.Fatal(err)
	}
	want("interrupted after epoch 2", v.Recipe.Epochs-2)
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	want("not tested yet", 0)
	if err := r.SavePredictions(run.Test, run.Predictions{}); err != nil {
		t.Fatal(err)
	}
	want("not published yet", 0)
	if err := r.Publish(v.Run, nil); err != nil {
		t.Fatal(err)
	}
	want("published", -1)
	other := v
	other.Recipe.Epochs++
	if _, _, err := claims.Standing(other, q.options.profile, true); err == nil {
		t.Error("a run of another recipe is taken for the training")
	}
	t.Setenv(run.PublishedVariable, t.TempDir())
	q.trainings = []study.Variant{other, study.Schedules(study.Full)[1]}
	if missing, err := q.print(); len(missing) != 1 || err == nil {
		t.Errorf("%d trainings are to be made, error %v; want that of the other run, and the one that it has nothing to do with", len(missing), err)
	}
}

func TestQueueMeasuresNetworksOfTheAblationOnCorruptedImages(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	v := study.AugmentationAblation(study.Full)[1].WithSeed(2)
	q := queue{options: trainOptions{publish: true, profile: study.Full}}
	want := func(state string, epochs int) {
		t.Helper()
		if got, n, err := claims.Standing(v, q.options.profile, true); got != state || n != epochs || err != nil {
			t.Errorf("the state is %q with %d epochs (%v), want %q with %d", got, n, err, state, epochs)
		}
	}
	dir, err := run.Local().Path(v.Run)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, v.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.SavePredictions(run.Test, run.Predictions{}), r.Finish(), r.Publish(v.Run, nil)); err != nil {
		t.Fatal(err)
	}
	want("not measured on corrupted images yet", 0) // published or not
	bits := run.Bits{1}
	measured := run.Robustness{Images: 1, Clean: bits, Corruptions: []run.Corrupted{{Name: "blur", Strengths: []float64{1}, Correct: []run.Bits{bits}}}}
	if err := r.SaveRobustness(run.Test, measured); err != nil {
		t.Fatal(err)
	}
	want("not measured on corrupted images yet", 0) // the published one was not
	if err := r.Publish(v.Run, nil); err != nil {
		t.Fatal(err)
	}
	want("published", -1)
	if study.NeedsRobustness(study.Full, study.Schedules(study.Full)[0]) || study.NeedsRobustness(study.Quick, study.AugmentationAblation(study.Quick)[0]) {
		t.Error("trainings of other claims or profiles are measured on corrupted test images")
	}
}

func TestSeedsOfARecipeShareWhatIsCompiled(t *testing.T) {
	a, b := study.Schedules(study.Full)[0], study.Schedules(study.Full)[1]
	if !differInSeed(a, a.WithSeed(3)) || !differInSeed(a.WithSeed(2), a.WithSeed(3)) {
		t.Error("two seeds of a recipe are taken for two recipes")
	}
	if differInSeed(a, b) || differInSeed(a, b.WithSeed(2)) {
		t.Error("two recipes are taken for one")
	}
}
