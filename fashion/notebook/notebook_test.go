package notebook_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/janpfeifer/must"

	"fashionlab/fashion/notebook"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// A cell that shows a saved run must not wait for a compiler of graphs that it does not use.
func TestNoBackendIsLinkedIntoACellThatShowsARun(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "fashionlab/fashion/notebook").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	packages := strings.Fields(string(out))
	for _, p := range packages {
		if strings.Contains(p, "gomlx") {
			t.Errorf("package notebook imports %s", p)
		}
	}
	if len(packages) < 10 {
		t.Errorf("go list names %d packages: %s", len(packages), out)
	}
}

// Outside a notebook, as in a test or a program made from its cells, there is no kernel to send to; nothing may fail
// or wait for one.
func TestCellsOfANotebookRunAsAProgram(t *testing.T) {
	must.M(notebook.Show(plots.LearningCurves(nil, 2)))
	notebook.Say("%d images", 3)
	notebook.Table([]string{"a"}, [][]string{{"1"}})
	notebook.Live()(run.Progress{Stage: "compiling"})
}

func TestProgressLineHasEpochStepAndSpeed(t *testing.T) {
	p := run.Progress{Recipe: recipes.Recipe{Epochs: 6}, Epoch: 2, Step: 100, Steps: 750, Stage: "training", Loss: 0.4321, Accuracy: 0.9, ImagesPerSecond: 1800, TimeLeft: 95e9}
	got := notebook.ProgressLine(p)
	for _, want := range []string{"2 of 6", "100 of 750", "0.4321", "0.9000", "1800 images/s", "1m35s left"} {
		if !strings.Contains(got, want) {
			t.Errorf("the line %q lacks %q", got, want)
		}
	}
}

func TestProgressLineReportsALossThatExploded(t *testing.T) {
	for loss, want := range map[float64]bool{2.4: false, 2.6e21: true} {
		for _, stage := range []string{"training", "done"} {
			p := run.Progress{Stage: stage, History: []run.Epoch{{Loss: loss, LearningRate: 100}}}
			if got := notebook.ProgressLine(p); strings.Contains(got, "EXPLODED") != want {
				t.Errorf("of a loss of %g the line says %q", loss, got)
			}
		}
	}
}

func TestProgressLineReportsModeCollapse(t *testing.T) {
	p := run.Progress{Stage: "training", History: []run.Epoch{{Synthesis: run.Synthesis{FrechetDistance: 3, Diversity: 0.9}}}}
	if got := notebook.ProgressLine(p); strings.Contains(got, "COLLAPSE") {
		t.Errorf("of a good GAN the line says %q", got)
	}
	p.History = append(p.History, run.Epoch{Synthesis: run.Synthesis{FrechetDistance: 30, Diversity: 0.12}})
	if got := notebook.ProgressLine(p); !strings.Contains(got, "COLLAPSE") || !strings.Contains(got, "0.12") {
		t.Errorf("of a GAN with mode collapse the line says %q", got)
	}
	p.History = []run.Epoch{{Loss: 1}} // a classifier
	if got := notebook.ProgressLine(p); strings.Contains(got, "COLLAPSE") {
		t.Errorf("of a classifier the line says %q", got)
	}
}
