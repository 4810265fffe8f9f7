package notebooks

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/estimate"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
)

// begun makes a run of so many epochs that took so many seconds each; it is finished if its recipe has no more.
func begun(t *testing.T, root, name string, recipe recipes.Recipe, epochs int, seconds float64) {
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
func planOf(t *testing.T, l layout.Layout, prefix string, p study.Profile, out string) (plan, error) {
	t.Helper()
	paths, err := choose(l, prefix)
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
	l, root := layouttest.New(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	full := study.Full
	begun(t, root, full.Run("cnn"), study.CNN(full), 30, 40)
	begun(t, root, full.Run("small"), study.OwnNetwork(full).Recipe, 30, 10)
	begun(t, root, full.Run("resnet50"), study.ResNet50(full), 3, 100)
	out := t.TempDir()
	layouttest.Write(t, filepath.Join(out, timesFile), `{"full/03-cnn": 7, "full/06-resnet50": 9, "quick/06-resnet50": 1000}`)

	p, err := planOf(t, l, "03", full, out)
	if err != nil || p.notebooks[0].left != 7 || !p.notebooks[0].trainings[0].finished {
		t.Errorf("the plan is %+v (%v), want a finished training and 7 seconds for all else", p, err)
	}
	p, err = planOf(t, l, "06", full, out)
	if err != nil {
		t.Fatal(err)
	}
	// Compiling takes 15 s where an epoch takes 48,000 * 236/64 ms and a third of that for each of 12,000 images: 0.0781 times an epoch.
	compile := 15 * 100 / ((48_000 + 12_000/3.) * 236 / 64_000)
	if left := p.notebooks[0].left; math.Abs(left-(27*100+compile+9)) > 1e-6 {
		t.Errorf("%v seconds are left, want 27 epochs of 100, %v and 9", left, compile)
	}
	text := printed(t, p)
	for _, want := range []string{"resumes: full/resnet50 after 3 of 30 epochs", "0 of 1", "3 of 30", "5 min", "45 min", "estimated: resnet50 by full/resnet50 (cpu: a processor, 2 cores)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan does not say %q:\n%s", want, text)
		}
	}
}

func TestPlanCountsARunOnceThoughTwoNotebooksNeedIt(t *testing.T) {
	l := layouttest.New(t)
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
	if seen["full/cnn"] != "03-cnn" || seen["full/convnext-source"] != "08-convnext" {
		t.Errorf("counted: %v", seen)
	}
	if text := printed(t, p); !strings.Contains(text, "not counted: full/convnext,") {
		t.Errorf("it is not said that the training from ImageNet is not counted:\n%s", text)
	}
}

func TestPlanFindsARunOfAnotherRecipeBeforeTheNotebookDoes(t *testing.T) {
	l, root := layouttest.New(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	other := study.ResNet50(study.Full)
	other.Seed = 77
	begun(t, root, "full/resnet50", other, 1, 100)
	_, err := planOf(t, l, "06", study.Full, t.TempDir())
	layouttest.Mentions(t, err, "06-resnet50", filepath.Join(root, "full", "resnet50"), "seed: 77 != 1")
	if _, err := planOf(t, l, "03", study.Full, t.TempDir()); err != nil {
		t.Errorf("a notebook that does not need it: %v", err)
	}
}

func TestPlanOfASearchCountsItsEpochsAndThoseOfTheDroppedTrials(t *testing.T) {
	l, root := layouttest.New(t), t.TempDir()
	t.Setenv(run.RootVariable, root)
	smoke := study.Smoke
	of := func() training {
		t.Helper()
		p, err := planOf(t, l, "07", smoke, t.TempDir())
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
	scores := func(_ recipes.Recipe, epochs int) ([]float64, error) { return make([]float64, epochs), nil }
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

func TestEveryTrainingOfANotebookHasATimedStep(t *testing.T) {
	l := layouttest.New(t)
	t.Setenv(run.RootVariable, t.TempDir())
	for _, profile := range study.Profiles() {
		p, err := planOf(t, l, "", profile, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range p.notebooks {
			for _, training := range n.trainings {
				if (estimate.Speeds{}).For(training.recipe).Seconds(training.recipe, 1) == 0 {
					t.Errorf("%s: nothing like its model was timed", training.run)
				}
			}
		}
	}
}
