package run_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// predicted is predictions for n images.
func predicted(n int) run.Predictions {
	p := run.Predictions{Indices: make([]int32, n), Labels: make([]fashion.Label, n), Probabilities: run.NewRows(n, fashion.NumClasses)}
	for i := range n {
		p.Indices[i], p.Labels[i] = int32(7*i), fashion.Label(i%fashion.NumClasses)
		p.Probabilities[i][i*3%fashion.NumClasses], p.Probabilities[i][i*3%fashion.NumClasses^1] = 0.75, 0.25
	}
	return p
}

// trained is a finished run of three epochs with every kind of file.
func trained(t testing.TB, dir string) {
	t.Helper()
	r, err := run.Begin(dir, recipe())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.Record.Device, r.Record.Modules, r.Record.BestEpoch = "cpu: a processor, 2 cores", map[string]string{"fashionlab": "v1"}, 2
	layers := []run.NetworkLayer{{Name: "conv1", Type: "Conv2D", Shape: []int{28, 28, 32}, Parameters: 320}}
	err = r.KeepNetwork(run.Network{Layers: layers, Operations: "abc"})
	for epoch := 1; epoch <= 3; epoch++ {
		if epoch == 2 {
			err = errors.Join(err, r.SaveCheckpoint(run.Best, checkpoint(epoch)))
		}
		err = errors.Join(err, r.SaveCheckpoint(run.Last, checkpoint(epoch)), r.SaveHistory(checkpoint(epoch).State.History), r.SaveSamples(epoch, make([]fashion.Image, 10)))
	}
	err = errors.Join(err, r.SavePredictions(run.Validation, predicted(50)), r.SavePredictions(run.Test, predicted(40)), r.Finish())
	if err != nil {
		t.Fatal(err)
	}
}

// said collects warnings.
func said(t *testing.T) *bytes.Buffer {
	var b bytes.Buffer
	t.Cleanup(run.SetWarnings(&b))
	return &b
}

// edit changes a file.
func edit(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(data), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFinishedRunIsCheckedAndFindsNothing(t *testing.T) {
	dir := t.TempDir()
	trained(t, dir)
	r, err := run.Open(dir)
	if err != nil || r.Unchecked() {
		t.Fatal(err, r.Unchecked())
	}
	if problems := r.Check(); len(problems) > 0 {
		t.Errorf("found %v", problems)
	}
	if err := run.RemoveCheckpoints(dir); err != nil {
		t.Fatal(err)
	}
	if problems := r.Check(); len(problems) > 0 {
		t.Errorf("without its checkpoints, which may be removed: %v", problems)
	}
}

// What is written to a finished run, such as its test predictions, is in the manifest too, and a reader that opened the run before does not take it for damage.
func TestFinishedRunIsWrittenOn(t *testing.T) {
	dir := t.TempDir()
	trained(t, dir)
	reader, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := begin(t, dir)
	r.Record.Resumed = 5
	if err := errors.Join(r.SaveRecord(), r.SavePredictions(run.Test, predicted(30)), r.SavePredictions("more", predicted(3))); err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]int{run.Test: 30, run.Validation: 50, "more": 3} {
		if p, err := reader.Predictions(part); err != nil || len(p.Labels) != want {
			t.Errorf("%s has %d predictions (%v), want %d", part, len(p.Labels), err, want)
		}
	}
	again, err := run.Open(dir)
	if err != nil || again.Record.Resumed != 5 || len(again.Check()) > 0 {
		t.Errorf("record %+v, %v, problems %v", again.Record, err, again.Check())
	}
}

// A process that is killed while it writes to a finished run leaves one of these states.
func TestFinishedRunWhoseWriterIsKilledIsIntact(t *testing.T) {
	for _, written := range []bool{false, true} {
		dir := t.TempDir()
		trained(t, dir)
		record := filepath.Join(dir, "record.json")
		before, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		r, err := run.Begin(dir, recipe())
		if err != nil {
			t.Fatal(err)
		}
		done, err := os.ReadFile(filepath.Join(dir, "done"))
		if err != nil {
			t.Fatal(err)
		}
		r.Record.Resumed = 5
		if err := errors.Join(r.SaveRecord(), r.Close()); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(record)
		if err != nil {
			t.Fatal(err)
		}
		announced, err := run.Announce(done, "record.json", after)
		if err != nil {
			t.Fatal(err)
		}
		want := before
		if written {
			want = after
		}
		if err := errors.Join(os.WriteFile(filepath.Join(dir, "done"), announced, 0o666), os.WriteFile(record, want, 0o666)); err != nil {
			t.Fatal(err)
		}
		if r, err := run.Open(dir); err != nil || len(r.Check()) > 0 {
			t.Errorf("written %v: %v", written, err)
		}
		begin(t, dir).Close() // settles it
		if settled, err := os.ReadFile(filepath.Join(dir, "done")); err != nil || bytes.Contains(settled, []byte(`"next"`)) {
			t.Errorf("written %v: the manifest is not settled (%v)", written, err)
		}
		if r, err := run.Open(dir); err != nil || len(r.Check()) > 0 {
			t.Errorf("written %v, settled: %v", written, err)
		}
	}
}

func TestRunFinishedWithoutAManifestIsReadAndUnchecked(t *testing.T) {
	dir := t.TempDir()
	trained(t, dir)
	edit(t, filepath.Join(dir, "done"), func([]byte) []byte { return []byte("2026-11-25T21:36:06Z\n") })
	r, err := run.Open(dir)
	if err != nil || !r.Finished() || !r.Unchecked() || len(r.Check()) > 0 {
		t.Fatalf("%+v, %v, problems %v", r, err, r.Check())
	}
	w := begin(t, dir)
	if err := w.SavePredictions(run.Test, predicted(3)); err != nil {
		t.Fatal(err)
	}
	if r, err := run.Open(dir); err != nil || !r.Unchecked() {
		t.Errorf("after it was written on: %v", err)
	}
}

func TestLostRecipeIsPutBackIfTheRunProvesIt(t *testing.T) {
	path := func(dir string) string { return filepath.Join(dir, "recipe.json") }
	for name, lose := range map[string]func(dir string) error{
		"removed": func(dir string) error { return os.Remove(path(dir)) },
		"cut":     func(dir string) error { return os.Truncate(path(dir), 30) },
		"removed, and the checkpoints": func(dir string) error {
			return errors.Join(os.Remove(path(dir)), run.RemoveCheckpoints(dir))
		},
	} {
		dir, warned := t.TempDir(), said(t)
		trained(t, dir)
		if err := lose(dir); err != nil {
			t.Fatal(err)
		}
		var corrupt *run.CorruptError
		if _, err := run.Open(dir); !errors.As(err, &corrupt) || errors.Is(err, run.ErrNotFound) {
			t.Errorf("%s: opened with the error %v, want a CorruptError", name, err)
		}
		other := recipe()
		other.Optimizer.LearningRate = 0.5
		if r, err := run.Begin(dir, other); err == nil {
			t.Errorf("%s: the run is believed to be of another recipe", name)
			r.Close()
		}
		if err := begin(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(warned.String(), path(dir)) {
			t.Errorf("%s: said %q, want the file's name", name, warned)
		}
		if r, err := run.Open(dir); err != nil || r.Recipe != recipe() || len(r.Check()) > 0 {
			t.Errorf("%s: then %v, %v", name, err, r.Check())
		}
	}
}

// The run of one recipe in another's folder, unfinished or finished long ago.
func TestRunOfAnotherRecipeIsNotBelieved(t *testing.T) {
	other := recipe()
	other.Model.Name = "resnet50"
	for _, old := range []bool{false, true} {
		for _, recipeFile := range []string{"", other.String()} {
			dir := t.TempDir()
			trained(t, dir)
			err := os.Remove(filepath.Join(dir, "done"))
			if old {
				err = os.WriteFile(filepath.Join(dir, "done"), []byte("2026-11-25T21:36:06Z\n"), 0o666)
			}
			path := filepath.Join(dir, "recipe.json")
			if recipeFile == "" {
				err = errors.Join(err, os.Remove(path))
			} else {
				err = errors.Join(err, os.WriteFile(path, []byte(recipeFile), 0o666))
			}
			if err != nil {
				t.Fatal(err)
			}
			if r, err := run.Open(dir); err == nil {
				t.Errorf("finished %v: opened as a run of %s", old, r.Recipe.Model.Name)
			}
			r, err := run.Begin(dir, other)
			if err == nil {
				t.Errorf("finished %v: begun as a run of %s", old, r.Recipe.Model.Name)
				r.Close()
			} else if !strings.Contains(err.Error(), "resnet50") || !strings.Contains(err.Error(), "cnn") {
				t.Errorf("the error is %v, want one with both models", err)
			}
			if runs, err := run.StoreAt(dir, false).List(); err == nil || len(runs) > 0 {
				t.Errorf("finished %v: listed %d runs (%v)", old, len(runs), err)
			}
		}
	}
}

func TestCheckpointOfAnotherRecipeIsNotLoaded(t *testing.T) {
	r := begin(t, t.TempDir())
	foreign := checkpoint(2)
	foreign.State.Recipe.Seed = 9
	if err := errors.Join(r.SaveCheckpoint(run.Last, checkpoint(1)), r.SaveCheckpoint(run.Last, foreign)); err != nil {
		t.Fatal(err)
	}
	var differs *run.RecipeError
	c, found, err := r.LoadCheckpoint(run.Last)
	if !found || !errors.As(err, &differs) || len(c.State.History) != 1 {
		t.Errorf("found %v, %v, of epoch %d, want the one before and a RecipeError", found, err, len(c.State.History))
	}
	longer := checkpoint(2)
	longer.State.Recipe.Epochs = 7 // of a run that was extended
	if err := r.SaveCheckpoint(run.Last, longer); err != nil {
		t.Fatal(err)
	}
	if _, found, err := r.LoadCheckpoint(run.Last); !found || err != nil {
		t.Errorf("one of fewer epochs: found %v, %v", found, err)
	}
}

func TestCheckpointThatIsNotUsableOrMissingFallsBackToTheOneBefore(t *testing.T) {
	r := begin(t, t.TempDir())
	if err := errors.Join(r.SaveCheckpoint(run.Last, checkpoint(1)), r.SaveCheckpoint(run.Last, checkpoint(2))); err != nil {
		t.Fatal(err)
	}
	useless := errors.New("of no use")
	usable := func(c run.Checkpoint) error {
		if len(c.State.History) == 2 {
			return useless
		}
		return nil
	}
	if c, found, err := r.LoadCheckpoint(run.Last, usable); !found || !errors.Is(err, useless) || len(c.State.History) != 1 {
		t.Errorf("found %v, %v, of epoch %d", found, err, len(c.State.History))
	}
	if err := os.Remove(filepath.Join(r.Dir, "checkpoints", "last.safetensors")); err != nil {
		t.Fatal(err)
	}
	if c, found, err := r.LoadCheckpoint(run.Last); !found || err == nil || len(c.State.History) != 1 {
		t.Errorf("found %v, %v, of epoch %d", found, err, len(c.State.History))
	}
}

// Checkpoints are read in an order of their own, in which they were written.
func TestEachFlippedBitOfACheckpointIsNoticed(t *testing.T) {
	r := begin(t, t.TempDir())
	if err := r.SaveCheckpoint(run.Best, checkpoint(2)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(r.Dir, "checkpoints", "best.safetensors")
	complete, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(complete) {
		corrupt := bytes.Clone(complete)
		corrupt[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, corrupt, 0o666); err != nil {
			t.Fatal(err)
		}
		if c, found, err := r.LoadCheckpoint(run.Best); err == nil {
			t.Fatalf("bit %d of byte %d (%q): found %v, same %v", bit%8, bit/8, complete[max(bit/8-10, 0):bit/8+1], found, reflect.DeepEqual(c, checkpoint(2)))
		}
	}
}

func TestFolderThatIsMovedOrRemovedEndsTheTraining(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"moved":   func(dir string) error { return os.Rename(dir, dir+"-elsewhere") },
		"removed": os.RemoveAll,
	} {
		dir := filepath.Join(t.TempDir(), "run")
		r := begin(t, dir)
		if err := errors.Join(r.SaveCheckpoint(run.Last, checkpoint(1)), change(dir)); err != nil {
			t.Fatal(err)
		}
		for what, save := range map[string]func() error{
			"checkpoint":  func() error { return r.SaveCheckpoint(run.Last, checkpoint(2)) },
			"history":     func() error { return r.SaveHistory(checkpoint(2).State.History) },
			"predictions": func() error { return r.SavePredictions(run.Validation, predicted(3)) },
			"end":         r.Finish,
		} {
			if err := save(); err == nil || !strings.Contains(err.Error(), "moved, removed or replaced") {
				t.Errorf("%s, %s: the error is %v", name, what, err)
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: the folder was made again", name)
		}
	}
}

func TestWhatCanBeMadeAnewIsAndItIsSaid(t *testing.T) {
	for _, name := range []string{"history.json", "done"} {
		for what, damage := range map[string]func([]byte) []byte{
			"cut":     func(data []byte) []byte { return data[:len(data)/2] },
			"flipped": func(data []byte) []byte { data[len(data)/2] ^= 2; return data },
			"empty":   func([]byte) []byte { return nil },
		} {
			dir, warned := t.TempDir(), said(t)
			trained(t, dir)
			before, err := run.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			edit(t, path, damage)
			var corrupt *run.CorruptError
			if _, err := run.Open(dir); !errors.As(err, &corrupt) || corrupt.File != path || !strings.Contains(err.Error(), "train its recipe into the folder again") {
				t.Errorf("%s %s: the error is %v", name, what, err)
			}
			r := begin(t, dir)
			if !strings.Contains(warned.String(), path) {
				t.Errorf("%s %s: said %q", name, what, warned)
			}
			if r.Finished() != (name == "history.json") || !slices.Equal(r.History, before.History) {
				t.Errorf("%s %s: finished %v, history %v", name, what, r.Finished(), r.History)
			}
		}
	}
}

func TestRunWithACorruptFileIsReopenedOnlyIfItsCheckpointsAreWhole(t *testing.T) {
	dir, warned := t.TempDir(), said(t)
	trained(t, dir)
	r := begin(t, dir)
	cause := errors.New("the cause")
	edit(t, filepath.Join(dir, "checkpoints", "best.safetensors"), func(data []byte) []byte { data[len(data)-1]++; return data })
	if err := r.Reopen(cause); !errors.Is(err, cause) || !r.Finished() {
		t.Errorf("with a corrupt checkpoint: %v, finished %v", err, r.Finished())
	}
	edit(t, filepath.Join(dir, "checkpoints", "best.safetensors"), func(data []byte) []byte { data[len(data)-1]--; return data })
	if err := r.Reopen(cause); err != nil || r.Finished() || !strings.Contains(warned.String(), "the cause") {
		t.Errorf("%v, finished %v, said %q", err, r.Finished(), warned)
	}
}

func TestLeftoversOfKilledWritersAreRemovedByTheNextOne(t *testing.T) {
	dir := t.TempDir()
	begin(t, dir).Close()
	var left []string
	for _, name := range []string{".recipe.json.123", ".done.7", "checkpoints/.last.safetensors.55", "checkpoints/.last.previous.safetensors.1", "predictions/.test.npz.9", "samples/.epoch-001.png.3"} {
		left = append(left, filepath.Join(dir, name))
	}
	theirs := []string{filepath.Join(dir, ".notes.1"), filepath.Join(dir, "checkpoints", ".keep")}
	for _, path := range slices.Concat(left, theirs) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	r, err := run.Open(dir)
	if err != nil || len(r.Check()) != 1 || !strings.Contains(r.Check()[0].Error(), "6 temporary files") {
		t.Errorf("%v, problems %v", err, r.Check())
	}
	begin(t, dir)
	for _, path := range left {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range theirs {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestPipesInThePlaceOfFilesDoNotHang(t *testing.T) {
	for _, name := range []string{"recipe.json", "record.json", "history.json", "done", "network.json", "predictions/test.npz", "checkpoints/best.safetensors", "samples/epoch-001.png"} {
		dir := t.TempDir()
		trained(t, dir)
		path := filepath.Join(dir, name)
		if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Skip(err)
		}
		r, err := run.Open(dir)
		problems := errors.Join(append(r.Check(), err)...)
		if problems == nil || !strings.Contains(problems.Error(), "no regular file") {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestControlCharactersAreRefused(t *testing.T) {
	for _, text := range []string{"\x1b[2J", "a\nb", "\u202eabc", "\u009b31m", "\x7f"} {
		bad := recipe()
		bad.Model.Name = text
		if _, err := run.Begin(t.TempDir(), bad); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("a recipe of the model %q: %v", text, err)
		}
		if _, err := recipes.Read(strings.NewReader(bad.String())); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("a recipe of the model %q was read: %v", text, err)
		}
		root := t.TempDir()
		dir := filepath.Join(root, "run")
		r := begin(t, dir)
		r.Record.Modules = map[string]string{text: "v1"}
		if err := errors.Join(r.SaveRecord(), r.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := run.Open(dir); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("a record with the module %q: %v", text, err)
		}
		store := run.StoreAt(root, false)
		if _, err := store.Open(text); err == nil || strings.Contains(err.Error(), text) {
			t.Errorf("a run named %q: %v", text, err)
		}
		if err := os.Rename(dir, filepath.Join(root, text)); err != nil {
			t.Fatal(err)
		}
		if runs, err := store.List(); err == nil || len(runs) > 0 || strings.Contains(err.Error(), text) {
			t.Errorf("a folder named %q: %d runs, %v", text, len(runs), err)
		}
	}
}

func TestJSONWithSomethingBehindItIsRefused(t *testing.T) {
	for _, name := range []string{"recipe.json", "record.json", "history.json", "network.json", "done"} {
		for _, more := range []string{"{}", "x", "\x00"} {
			dir := t.TempDir()
			trained(t, dir)
			if name != "done" {
				edit(t, filepath.Join(dir, "done"), func([]byte) []byte { return []byte("2026-11-25T21:36:06Z\n") })
			}
			edit(t, filepath.Join(dir, name), func(data []byte) []byte { return append(data, more...) })
			r, err := run.Open(dir)
			if err == nil {
				_, _, err = r.LoadNetwork()
			}
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s with %q behind it: %v", name, more, err)
			}
		}
	}
}

func TestKeptEpochIsSaidToBeChosenOnlyWhereItWas(t *testing.T) {
	r := run.Run{Record: run.Record{BestEpoch: 3}}
	for keep, want := range map[string]string{"": "epoch 3, chosen on the validation images", recipes.LastEpoch: "epoch 3, the last"} {
		r.Recipe.Keep = keep
		if got := r.KeptEpoch(); got != want {
			t.Errorf("with keep %q it is %q, want %q", keep, got, want)
		}
	}
}

func TestBestEpochOutOfRangeIsAnError(t *testing.T) {
	for _, best := range []int{-1, 4, 1 << 30} {
		dir := t.TempDir()
		trained(t, dir)
		edit(t, filepath.Join(dir, "done"), func([]byte) []byte { return []byte("2026-11-25T21:36:06Z\n") })
		edit(t, filepath.Join(dir, "record.json"), func(data []byte) []byte {
			return bytes.Replace(data, []byte(`"best_epoch": 2`), fmt.Appendf(nil, `"best_epoch": %d`, best), 1)
		})
		if _, err := run.Open(dir); err == nil || !strings.Contains(err.Error(), "best_epoch") {
			t.Errorf("best epoch %d of 3: %v", best, err)
		}
	}
	r := run.Run{History: make([]run.Epoch, 2)}
	if _, err := r.Best(); err == nil {
		t.Error("a run that knows no best epoch has one")
	}
	r.Record.BestEpoch = 2
	if _, err := r.Best(); err != nil {
		t.Error(err)
	}
}

func TestPredictionsThatNoModelMakesAreRefused(t *testing.T) {
	r := begin(t, t.TempDir())
	for name, spoil := range map[string]func(*run.Predictions){
		"a row that sums to more": func(p *run.Predictions) { p.Probabilities[1][0] += 0.01 },
		"a negative probability":  func(p *run.Predictions) { p.Probabilities[1] = []float32{-0.5, 1.5, 9: 0} },
		"NaN":                     func(p *run.Predictions) { p.Probabilities[1][0] = float32(math.NaN()) },
		"a label of no class":     func(p *run.Predictions) { p.Labels[0] = fashion.NumClasses },
		"an index twice":          func(p *run.Predictions) { p.Indices[2] = p.Indices[1] },
		"indices in no order":     func(p *run.Predictions) { p.Indices[0], p.Indices[1] = p.Indices[1], p.Indices[0] },
		"a negative index":        func(p *run.Predictions) { p.Indices[2] = -1 },
	} {
		p := predicted(3)
		spoil(&p)
		if err := r.SavePredictions(run.Test, p); err == nil {
			t.Errorf("%s was saved", name)
		}
	}
}

// damage is a kind of damage to a file.
type damage struct {
	name string
	do   func(data, other []byte, i int) []byte // the i-th of its kind; other is the file of another run
}

func damages() []damage {
	at := func(i, n int) int { return int(uint64(i+1) * 2654435761 % 65521 * uint64(n) / 65521) }
	return []damage{
		{"bit flips", func(data, _ []byte, i int) []byte { data[at(i, len(data))] ^= 1 << (i % 8); return data }},
		{"truncation", func(data, _ []byte, i int) []byte { return data[:at(i, len(data))] }},
		{"zeroed blocks", func(data, _ []byte, i int) []byte {
			start := at(i, len(data))
			clear(data[start:min(start+512, len(data))])
			return data
		}},
		{"another run's", func(_, other []byte, _ int) []byte { return other }},
	}
}

// content is all that can be read of a run, and the error of each reading.
func content(dir string) (map[string]any, map[string]error) {
	values, problems := map[string]any{}, map[string]error{}
	r, err := run.Open(dir)
	values["open"], problems["open"] = []any{r.Recipe, r.Record, r.History, r.Finished()}, err
	if err != nil {
		return values, problems
	}
	n, found, err := r.LoadNetwork()
	values["network"], problems["network"] = []any{n, found}, err
	for _, name := range []string{run.Best, run.Last} {
		c, _, err := r.LoadCheckpoint(name)
		values[name], problems[name] = c, err
	}
	for _, part := range []string{run.Validation, run.Test} {
		if p, err := r.Predictions(part); !errors.Is(err, os.ErrNotExist) {
			values[part], problems[part] = p, err
		}
	}
	for _, e := range r.History {
		if s, err := r.Samples(e.Epoch); !errors.Is(err, os.ErrNotExist) {
			values[fmt.Sprint(e.Epoch)], problems[fmt.Sprint(e.Epoch)] = s, err
		}
	}
	return values, problems
}

// Environment variables of the campaign: the folder of a finished run of one's own, and of another, in place of made ones; and how often a file is corrupt in each way.
const campaignVariable, campaignOther, campaignEach = "DAMAGE_RUN", "DAMAGE_OTHER", "DAMAGE_EACH"

// The campaign damages each file of a run in each way and reads all of it. What is then read without an error must be what was saved.
func TestNoDamageOfARunIsSilent(t *testing.T) {
	from, other := os.Getenv(campaignVariable), os.Getenv(campaignOther)
	if from == "" {
		from, other = t.TempDir(), t.TempDir()
		trained(t, from)
		trained(t, other)
		w, err := run.Begin(other, recipe())
		if err != nil {
			t.Fatal(err)
		}
		w.Record.Resumed = 3
		foreign := checkpoint(3)
		foreign.State.LearningRate = 0.7
		layers := []run.NetworkLayer{{Name: "another", Type: "Dense", Shape: []int{10}}}
		white := make([]fashion.Image, 10)
		white[0][0] = 255
		err = errors.Join(w.SaveRecord(), w.SavePredictions(run.Test, predicted(41)), w.SavePredictions(run.Validation, predicted(51)), w.SaveCheckpoint(run.Best, foreign), w.SaveHistory(nil),
			os.Remove(filepath.Join(other, "network.json")), os.Remove(filepath.Join(other, "done")), w.Close())
		if err != nil {
			t.Fatal(err)
		}
		longer := recipe()
		longer.Epochs++
		x, err := run.Extend(other, longer)
		if err != nil {
			t.Fatal(err)
		}
		foreign.State.Recipe = longer
		err = errors.Join(x.KeepNetwork(run.Network{Layers: layers}), x.SaveCheckpoint(run.Last, foreign), x.SaveCheckpoint(run.Best, foreign), x.SaveHistory(foreign.State.History),
			x.SaveSamples(1, white), x.SaveSamples(2, white), x.SaveSamples(3, white), x.SavePredictions(run.Test, predicted(41)), x.SavePredictions(run.Validation, predicted(51)), x.Finish(), x.Close())
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	want, problems := content(dir)
	for what, err := range problems {
		if err != nil {
			t.Fatalf("before any damage: %s: %v", what, err)
		}
	}
	var manifest struct {
		SHA256 map[string]string `json:"sha256"`
	}
	done, err := os.ReadFile(filepath.Join(dir, "done"))
	if err == nil {
		err = json.Unmarshal(done, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	intact, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	recipe := intact.Recipe
	files := append(slices.Sorted(maps.Keys(manifest.SHA256)), "done")
	perKind := 12
	if n, err := strconv.Atoi(os.Getenv(campaignEach)); err == nil {
		perKind = n
	}
	said(t) // what begin mends
	t.Logf("%-40s %-14s %8s %8s %8s %8s", "file", "damage", "readings", "noticed", "mended", "silent")
	total := [4]int{}
	for _, file := range files {
		path := filepath.Join(dir, file)
		complete, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		foreign, _ := os.ReadFile(filepath.Join(other, file)) // where the other run has one
		for _, d := range damages() {
			count := [4]int{} // readings, noticed, mended, silent
			for i := range perKind {
				corrupt := d.do(bytes.Clone(complete), foreign, i)
				if bytes.Equal(corrupt, complete) || d.name == "another run's" && (i > 0 || foreign == nil) {
					continue
				}
				if err := os.WriteFile(path, corrupt, 0o666); err != nil {
					t.Fatal(err)
				}
				count[0]++
				got, problems := content(dir)
				noticed, same := 0, true
				for what, value := range got {
					if problems[what] != nil {
						noticed++
					} else if !reflect.DeepEqual(value, want[what]) {
						same = false
					}
				}
				r, err := run.Open(dir)
				if err == nil {
					noticed += len(r.Check())
				}
				switch {
				case !same || noticed == 0:
					count[3]++
					t.Errorf("%s, %s %d: what is read without an error differs: %v, noticed %d", file, d.name, i, !same, noticed)
				case file == "checkpoints/last.safetensors" && len(got[run.Last].(run.Checkpoint).State.History) > 0, problems["open"] != nil && mends(dir, recipe, want, done):
					count[2]++ // the checkpoint before it is there; or whoever trains the recipe again has the file
				default:
					count[1]++
				}
			}
			if count[0] > 0 {
				t.Logf("%-40s %-14s %8d %8d %8d %8d", file, d.name, count[0], count[1], count[2], count[3])
			}
			for i := range total {
				total[i] += count[i]
			}
		}
		if err := os.WriteFile(path, complete, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%-40s %-14s %8d %8d %8d %8d", "all", "", total[0], total[1], total[2], total[3])
}

// mends reports whether a training of the recipe makes a corrupt file anew, so that all is as it was, except that the run may have to end again. It brings done back.
func mends(dir string, recipe recipes.Recipe, want map[string]any, done []byte) bool {
	r, err := run.Begin(dir, recipe)
	if err != nil {
		return false
	}
	defer os.WriteFile(filepath.Join(dir, "done"), done, 0o666) // the caller compares what is read next
	if err := r.Close(); err != nil {
		return false
	}
	got, problems := content(dir)
	opened := want["open"].([]any)
	want = maps.Clone(want)
	want["open"] = append(slices.Clone(opened[:3]), r.Finished())
	return errors.Join(slices.Collect(maps.Values(problems))...) == nil && reflect.DeepEqual(got, want)
}
