package main

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// begun makes a run of so many epochs that took so many seconds each; it is finished if its recipe has no more.
func begun(t *testing.T, root, name string, recipe run.Recipe, epochs int, seconds float64) {
	t.Helper()
	r, err := run.Begin(filepath.Join(root, name), recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var history []run.Epoch
	for e := range epochs {
		history = append(history, run.Epoch{Epoch: e + 1, Seconds: seconds})
	}
	r.Record.Device, r.Record.Seconds = "cpu: a processor, 2 cores", seconds*float64(epochs)
	if err := errors.Join(r.SaveHistory(history), r.SaveRecord()); err != nil {
		t.Fatal(err)
	}
	if epochs == recipe.Epochs {
		if err := r.Finish(); err != nil {
			t.Fatal(err)
		}
	}
}

// planOf plans the notebooks whose names begin so.
func planOf(t *testing.T, l layout, prefix string, p study.Profile, out string) (plan, error) {
	t.Helper()
	paths, err := chosenNotebooks(l, prefix)
	if err != nil {
		t.Fatal(err)
	}
	return newPlan(l, paths, p, out)
}

func printed(t *testing.T, p plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.print(&b, true); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPlanCountsWhatIsDoneAndWhatIsLeft(t *testing.T) {
	l, root := elsewhere(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	full := study.Full
	begun(t, root, full.Run("cnn"), study.CNN(full), 30, 40)
	begun(t, root, full.Run("small"), study.OwnNetwork(full).Recipe, 30, 10)
	begun(t, root, full.Run("resnet50"), study.ResNet50(full), 3, 100)
	out := t.TempDir()
	write(t, filepath.Join(out, timesFile), `{"full/02-cnn": 7, "full/05-resnet50": 9, "quick/05-resnet50": 1000}`)

	p, err := planOf(t, l, "02", full, out)
	if err != nil || p.notebooks[0].left != 7 || !p.notebooks[0].trainings[0].finished {
		t.Errorf("the plan is %+v (%v), want a finished training and 7 seconds for all else", p, err)
	}
	p, err = planOf(t, l, "05", full, out)
	if err != nil {
		t.Fatal(err)
	}
	compile := 15 * 100 / reference(study.ResNet50(full)) // as much slower as its epochs
	if left := p.notebooks[0].left; math.Abs(left-(27*100+compile+9)) > 1e-6 {
		t.Errorf("%v seconds are left, want 27 epochs of 100, %v and 9", left, compile)
	}
	text := printed(t, p)
	for _, want := range []string{"goes on: full/resnet50 after 3 of 30 epochs", "0 of 1", "3 of 30", "5 min", "45 min", "estimated: resnet50 by full/resnet50 (cpu: a processor, 2 cores)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not say %q:\n%s", want, text)
		}
	}
}

func TestPlanCountsARunOnceThoughTwoNotebooksNeedIt(t *testing.T) {
	l := elsewhere(t)
	t.Setenv(run.RootVariable, t.TempDir())
	p, err := planOf(t, l, "", study.Full, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, n := range p.notebooks {
		for _, training := range n.trainings {
			if other, ok := seen[training.run]; ok {
				t.Errorf("%s is counted in %s and %s", training.run, other, n.name)
			}
			seen[training.run] = n.name
		}
	}
	if seen["full/cnn"] != "02-cnn" || seen["full/convnext-source"] != "07-convnext" {
		t.Errorf("counted: %v", seen)
	}
	if text := printed(t, p); !strings.Contains(text, "not counted: full/convnext,") {
		t.Errorf("it is not said that the training from ImageNet is not counted:\n%s", text)
	}
}

func TestPlanFindsARunOfAnotherRecipeBeforeTheNotebookDoes(t *testing.T) {
	l, root := elsewhere(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	other := study.ResNet50(study.Full)
	other.Seed = 77
	begun(t, root, "full/resnet50", other, 1, 100)
	_, err := planOf(t, l, "05", study.Full, t.TempDir())
	mentions(t, err, "05-resnet50", filepath.Join(root, "full", "resnet50"), "seed: 77 != 1")
	if _, err := planOf(t, l, "02", study.Full, t.TempDir()); err != nil {
		t.Errorf("a notebook that does not need it: %v", err)
	}
}

func TestPlanOfASearchCountsItsEpochsAndThoseOfTheDroppedTrials(t *testing.T) {
	l, root := elsewhere(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	smoke := study.Smoke
	of := func() training {
		t.Helper()
		p, err := planOf(t, l, "06", smoke, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return p.notebooks[0].trainings[0]
	}
	if got := of(); got.done != 0 || got.epochs != 11+5*3 || got.finished {
		t.Errorf("before the search it is %+v, want 0 of 11 epochs and of 3 for each of 5 trials", got)
	}
	s, err := study.Search("cnn", smoke, study.SearchBudget(smoke))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(s.Journal), 0o777); err != nil {
		t.Fatal(err)
	}
	scores := func(_ run.Recipe, epochs int) ([]float64, error) { return make([]float64, epochs), nil }
	found, err := s.Run(nil, scores)
	if err != nil {
		t.Fatal(err)
	}
	if got := of(); got.done != found.Epochs || got.finished || got.run != "smoke/search/cnn-R3-eta3-algorithm1" {
		t.Errorf("after the search it is %+v, want %d epochs, and not finished", got, found.Epochs)
	}
	if _, err := study.Dropped(s, found).Run(nil, scores); err != nil {
		t.Fatal(err)
	}
	if got := of(); got.done != got.epochs || !got.finished {
		t.Errorf("at the end it is %+v, want a finished one", got)
	}
}

func TestEstimateRestsOnTheMostAlikeRunOfThisMachine(t *testing.T) {
	resnet, cnn := study.ResNet50(study.Full), study.CNN(study.Quick)
	large := resnet
	large.Batch = 256
	here, published := t.TempDir(), t.TempDir()
	expect := func(step, name string, factor float64) {
		t.Helper()
		onGPU := layout{}.onGPU()
		b := basis(measure(run.StoreAt(here, false), onGPU), measure(run.StoreAt(published, true), onGPU), resnet)
		if !strings.Contains(b.name, name) || math.Abs(b.factor-factor) > 1e-9 {
			t.Errorf("%s: it rests on %s, factor %v, want %s and %v", step, b.name, b.factor, name, factor)
		}
	}
	expect("nothing was trained", referenceDevice, 1)
	begun(t, published, "cnn", cnn, 2, 8*reference(cnn))
	expect("a published run of another model", referenceDevice, 1)
	begun(t, published, "resnet", resnet, 2, 2*reference(resnet))
	expect("a published run", "resnet (cpu: a processor, 2 cores), published, not made on this machine", 2)
	begun(t, here, "cnn", cnn, 2, 3*reference(cnn))
	expect("a run of another model here", "cnn (cpu: a processor, 2 cores), another model", 3)
	begun(t, here, "large", large, 9, 4*reference(large))
	expect("a run with larger batches here", "large", 4)
	begun(t, here, "short", resnet, 1, 5*reference(resnet))
	expect("a run with the same batches", "short", 5)
	begun(t, here, "long", resnet, 2, 6*reference(resnet))
	expect("a longer one", "long", 6)
	t.Setenv("GOMLX_BACKEND", "xla:cuda")
	expect("on a GPU, where nothing was trained", referenceDevice, 1)
}

func TestEveryTrainingOfANotebookHasATimedStep(t *testing.T) {
	l := elsewhere(t)
	t.Setenv(run.RootVariable, t.TempDir())
	for _, profile := range study.Profiles() {
		p, err := planOf(t, l, "", profile, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.notebooks {
			for _, training := range n.trainings {
				if reference(training.recipe) == 0 {
					t.Errorf("%s: nothing like its model was timed", training.run)
				}
			}
		}
	}
}

func TestPlanCostsNoSetUpAndWritesNothing(t *testing.T) {
	l, out := elsewhere(t), filepath.Join(t.TempDir(), "out")
	t.Setenv(run.RootVariable, t.TempDir())
	if err := dispatch(t.Context(), []string{"run", "-plan", "-profile", "full", "-out", out}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{l.home, out} {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
}
