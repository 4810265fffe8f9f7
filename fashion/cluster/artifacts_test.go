package cluster

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
)

// trialJob is the training of the fake search's first trial that can be trained, up to so many epochs.
func trialJob(t *testing.T, epochs int, over ...int) Job[point] {
	t.Helper()
	return jobWhere(t, epochs, func(p point) bool { _, err := scores(p, 1); return err == nil && p[1] <= diverges }, over...)
}

func jobWhere(t *testing.T, epochs int, fits func(point) bool, over ...int) Job[point] {
	t.Helper()
	s, err := fakeSearch(fakeSpec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Machine()
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range m.State().Trials {
		if fits(trial.Config) {
			return Job[point]{Search: "digest", Task: hyperband.Task[point]{Trial: trial.ID, Config: trial.Config, Epochs: epochs}, Over: over}
		}
	}
	t.Fatal("the search has no such trial")
	return Job[point]{}
}

// perform does a job in the SDK's test environment.
func perform(t *testing.T, trials Trials[point], job Job[point]) (r hyperband.Result, err error) {
	t.Helper()
	suite := quiet()
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(trials.Do, activity.RegisterOptions{Name: trainActivity})
	answer, err := env.ExecuteActivity(trainActivity, job)
	if err != nil {
		return r, err
	}
	return r, answer.Get(&r)
}

// newTrials trains in new folders and counts the epochs.
func newTrials(t *testing.T) (trials Trials[point], folder string, trained *int) {
	folder, trained = filepath.Join(t.TempDir(), "bucket"), new(int)
	a, err := NewArtifacts(t.Context(), bucket(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	return Trials[point]{Train: fakeTrainer{trained: trained}.train, Build: fakeSearch, Artifacts: a, Dir: t.TempDir()}, folder, trained
}

func TestPromotedTrialGoesOnOnAnotherWorker(t *testing.T) {
	trials, _, trained := newTrials(t)
	if _, err := perform(t, trials, trialJob(t, 3)); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(trials.Dir); err != nil || len(files) > 0 {
		t.Errorf("the worker keeps %d folders (%v), want none: the bucket has them", len(files), err)
	}
	trials.Dir = t.TempDir()
	r, err := perform(t, trials, trialJob(t, 9))
	if err != nil || *trained != 9 || len(r.Scores) != 9 {
		t.Errorf("%d scores after %d trained epochs (%v), want 9 and 9", len(r.Scores), *trained, err)
	}
	r, err = perform(t, trials, trialJob(t, 3))
	if err != nil || *trained != 9 || len(r.Scores) != 3 {
		t.Errorf("executed again: %d scores after %d trained epochs (%v), want 3 and 9", len(r.Scores), *trained, err)
	}
}

func TestDivergedTrialIsAResult(t *testing.T) {
	for name, fits := range map[string]func(point) bool{
		"the loss is NaN":  func(p point) bool { return p[0] > diverges },
		"the score of epo": func(p point) bool { return p[0] <= diverges && p[1] > diverges },
	} {
		trials, _, _ := newTrials(t)
		if r, err := perform(t, trials, jobWhere(t, 3, fits)); err != nil || !strings.HasPrefix(r.Failed, name) || r.Scores != nil {
			t.Errorf("%+v, %v, want a failed trial: %s", r, err, name)
		}
	}
}

// objects are the keys of a bucket in a folder.
func objects(t *testing.T, folder, pattern string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(path, pattern) {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestBucketKeepsTheLastTwoEpochsOfATrialAndNothingOfOneThatEnded(t *testing.T) {
	trials, folder, _ := newTrials(t)
	job := trialJob(t, 9)
	if _, err := perform(t, trials, job); err != nil {
		t.Fatal(err)
	}
	if m, f := objects(t, folder, "/epochs/"), objects(t, folder, "/files/"); len(m) != 2 || len(f) != 4 {
		t.Errorf("the bucket has %d manifests and %d files, want 2 and 4", len(m), len(f))
	}
	next := jobWhere(t, 1, func(p point) bool { return p != job.Task.Config && p[0] <= diverges && p[1] <= diverges }, job.Task.Trial)
	if _, err := perform(t, trials, next); err != nil {
		t.Fatal(err)
	}
	if left := objects(t, folder, trialPrefix("digest", job.Task.Trial)); len(left) > 0 {
		t.Errorf("of the trial that ended there is still %q", left)
	}
}

// Each of the newest snapshot's objects is cut, changed or removed; the one before is taken, and the newest is saved again.
func TestCorruptSnapshotIsReplaced(t *testing.T) {
	for n := range 3 {
		for name, damage := range map[string]func(string) error{
			"cut":     func(path string) error { return os.Truncate(path, 3) },
			"changed": func(path string) error { return flip(path) },
			"removed": os.Remove,
		} {
			trials, folder, trained := newTrials(t)
			if _, err := perform(t, trials, trialJob(t, 3)); err != nil {
				t.Fatal(err)
			}
			newest := objects(t, folder, "/epochs/")[1:]
			for _, sum := range filesOf(t, trials.Artifacts, newest[0], folder) {
				newest = append(newest, objects(t, folder, sum)...)
			}
			if err := damage(newest[n]); err != nil {
				t.Fatal(err)
			}
			r, err := perform(t, trials, trialJob(t, 9))
			if err != nil || len(r.Scores) != 9 || *trained < 9 || *trained > 10 {
				t.Errorf("%s %s: %d scores after %d trained epochs (%v), want 9 and 9 or 10", newest[n], name, len(r.Scores), *trained, err)
			}
			before := *trained
			trials.Dir = t.TempDir()
			if _, err := perform(t, trials, trialJob(t, 9)); err != nil || *trained != before {
				t.Errorf("%s %s: executed again, %d more epochs were trained (%v)", newest[n], name, *trained-before, err)
			}
		}
	}
}

// flip changes the first byte of a file.
func flip(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[0] ^= 1
	return os.WriteFile(path, data, 0o666)
}

// filesOf are the digests of a manifest's files.
func filesOf(t *testing.T, a Artifacts, path, folder string) (sums []string) {
	t.Helper()
	key, err := filepath.Rel(folder, path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.manifest(t.Context(), filepath.ToSlash(key))
	if err != nil {
		t.Fatal(err)
	}
	for _, sum := range s.Files {
		sums = append(sums, sum)
	}
	slices.Sort(sums)
	return sums
}

// A bucket that fails for a while: a file has the place of its folder.
func TestBucketThatFailsForAWhileCostsNoTraining(t *testing.T) {
	trials, folder, trained := newTrials(t)
	counting := trials.Train
	fail := func() {
		if os.Rename(folder, folder+".away") != nil || os.WriteFile(folder, nil, 0o666) != nil {
			t.Error("the bucket does not fail")
		}
	}
	mend := func() {
		if os.Remove(folder) != nil || os.Rename(folder+".away", folder) != nil {
			t.Error("the bucket is not mended")
		}
	}
	trials.Train = func(ctx context.Context, dir string, p point, epochs int, progress func(int)) ([]float64, error) {
		fail()
		time.AfterFunc(300*time.Millisecond, mend)
		return counting(ctx, dir, p, epochs, progress)
	}
	if r, err := perform(t, trials, trialJob(t, 3)); err != nil || len(r.Scores) != 3 || *trained != 3 {
		t.Errorf("%d scores after %d epochs (%v), want 3 and 3", len(r.Scores), *trained, err)
	}
	trials.Train = counting
	if r, err := perform(t, trials, trialJob(t, 9)); err != nil || len(r.Scores) != 9 || *trained != 9 {
		t.Errorf("promoted: %d scores after %d epochs (%v), want 9 and 9", len(r.Scores), *trained, err)
	}
	fail()
	if _, err := perform(t, trials, trialJob(t, 9)); err == nil || !strings.Contains(err.Error(), "bucket") {
		t.Errorf("without a bucket a trial begins: %v, want an error that names the bucket", err)
	}
	mend()
}

// Two workers train the same trial, one of them cut off from the server: both save, and what they save is one.
func TestTwoExecutionsSaveOneSnapshot(t *testing.T) {
	trials, folder, _ := newTrials(t)
	other := trials
	other.Dir, other.Train = t.TempDir(), fakeTrainer{epoch: time.Millisecond}.train
	first := trials.Train
	trials.Train = func(ctx context.Context, dir string, p point, epochs int, progress func(int)) ([]float64, error) {
		return first(ctx, dir, p, epochs, func(done int) {
			if done == 2 {
				if _, err := perform(t, other, trialJob(t, 3)); err != nil {
					t.Error(err)
				}
			}
			progress(done)
		})
	}
	if _, err := perform(t, trials, trialJob(t, 3)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "restored")
	epochs, err := trials.Artifacts.Restore(t.Context(), trialPrefix("digest", trialJob(t, 3).Task.Trial), dir, func(err error) { t.Error(err) })
	data, _ := os.ReadFile(filepath.Join(dir, weightsFile))
	if err != nil || epochs != 3 || !bytes.Equal(data, weights(trialJob(t, 3).Task.Config, 3)) {
		t.Errorf("restored epoch %d (%v), want 3 and its weights", epochs, err)
	}
	if f := objects(t, folder, "/files/"); len(f) != 4 {
		t.Errorf("the bucket has %d files, want 4", len(f))
	}
}

// A process killed while it saves leaves objects without a manifest, and temporary files of the bucket.
func TestUploadThatWasKilledIsAsIfItHadNotBeen(t *testing.T) {
	trials, folder, trained := newTrials(t)
	job := trialJob(t, 3)
	prefix := trialPrefix(job.Search, job.Task.Trial)
	if _, err := perform(t, trials, job); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, manifestKey(prefix, 3))); err != nil {
		t.Fatal(err)
	}
	if err := disk.WriteFile(filepath.Join(folder, prefix, "files", "fileblob123"), []byte("half")); err != nil {
		t.Fatal(err)
	}
	if _, err := perform(t, trials, job); err != nil || *trained != 4 {
		t.Errorf("%d epochs were trained (%v), want 4: the third again", *trained, err)
	}
}

func TestManifestNamesNoFileOutsideItsFolder(t *testing.T) {
	trials, _, _ := newTrials(t)
	sum := strings.Repeat("0", 64)
	for _, manifest := range []string{`{"epochs":1,"files":{"../x":"` + sum + `"}}`, `{"epochs":1,"files":{"x":"../../id"}}`, `{"epochs":1,"other":1}`} {
		key := manifestKey("p", 1)
		if err := trials.Artifacts.Bucket.WriteAll(t.Context(), key, []byte(manifest), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := trials.Artifacts.manifest(t.Context(), key); err == nil {
			t.Errorf("%s is read, want an error", manifest)
		}
	}
}

// A worker that is taken for lost while it saves must not report that its run is in the bucket.
func TestLastEpochThatIsNotSavedIsAnError(t *testing.T) {
	trials, _, _ := newTrials(t)
	ctx, stop := context.WithCancel(t.Context())
	s := saver{artifacts: trials.Artifacts, prefix: "p", dir: t.TempDir()}
	stop()
	if err := s.saveAtLast(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("saved after the end: %v, want an error", err)
	}
	if err := s.saveAtLast(t.Context(), 1); err != nil || s.saved != 1 {
		t.Errorf("epoch %d is saved (%v), want 1", s.saved, err)
	}
}
