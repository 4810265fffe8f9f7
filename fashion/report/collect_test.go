package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestWithoutRunsEachSlideNamesTheCommandThatMakesItsRun(t *testing.T) {
	s := testStore{t, filepath.Join(t.TempDir(), "none")}
	lines := s.lines(filepath.Join(s.root, "none"))
	if len(lines) != 4 {
		t.Fatalf("lines are %v, want one for each slide", titles(lines))
	}
	for i, want := range []struct{ title, recipe string }{
		{"CNN", "cnn"}, {"ResNet50", "resnet50"}, {"ConvNeXt", "convnext"}, {"Ensemble", "cnn"},
	} {
		l := lines[i]
		if l.Title != want.title || l.Test != nil || l.Slide == 0 || l.NotRun != "go run ./kernel-setup train -recipe "+want.recipe+" -profile full" {
			t.Errorf("line %d is %+v, want %s, not run, and the command of %s", i, l, want.title, want.recipe)
		}
	}
}

func TestOnlyFinishedAndTestedRunsOfTheClassesAreListed(t *testing.T) {
	s := newTestStore(t)
	s.save("smoke/cnn", study.CNN(study.Smoke), 4)
	s.begin("quick/cnn", study.CNN(study.Quick))
	if err := s.begin("full/cnn", study.CNN(study.Full)).Finish(); err != nil { // not tested
		t.Fatal(err)
	}
	s.save("smoke/convnext-source", study.Pretraining(study.Smoke), 4) // classifies rotations
	lines := s.lines("")
	l := only(t, lines, "CNN")
	if len(lines) != 4 || l.Run != "smoke/cnn" || l.Published || *l.Test != metrics.Wilson(30, 40) || *l.Validation != metrics.Wilson(15, 20) ||
		l.Slide != 0.9016 || l.Parameters != 467818 || l.Seconds != 61 || l.Epochs != 1 || l.Device != "cpu: a processor, 2 cores" || l.Seed != 1 ||
		l.Finished.IsZero() || l.Modules["github.com/gomlx/gomlx"] != "v0.28.7" || l.Images != 3200 || !l.Limited {
		t.Errorf("lines are %v, and the CNN's is %+v", titles(lines), l)
	}
}

func TestPublishedRunIsMarkedAndDoesNotStandForThisMachines(t *testing.T) {
	s, published := newTestStore(t), newTestStore(t)
	published.save("full/cnn", study.CNN(study.Full), 4)
	published.save("full/ablation/none", study.CNN(study.Full), 4) // of a claim's comparison
	lines := titled(s.lines(published.root), "CNN")
	if len(lines) != 2 || lines[0].Test != nil || lines[0].Published || lines[1].Run != "full/cnn" || !lines[1].Published {
		t.Fatalf("the CNN's lines are %+v, want one that was not run, then a published one", lines)
	}
	s.save("full/cnn", study.CNN(study.Full), 4)
	lines = titled(s.lines(published.root), "CNN")
	if len(lines) != 2 || lines[0].Test == nil || lines[0].Published || !lines[1].Published {
		t.Fatalf("the CNN's lines are %+v, want this machine's, then the published one", lines)
	}
}

func TestRunThatWasCopiedFromAnotherMachineIsListedWithItsDevice(t *testing.T) {
	other, s := newTestStore(t), newTestStore(t)
	r := other.save("full/cnn", study.CNN(study.Full), 4)
	r.Record.Device = "cuda: a large GPU"
	if err := errors.Join(r.SaveRecord(), r.Close(), os.CopyFS(filepath.Join(s.root, "elsewhere", "cnn"), os.DirFS(r.Dir))); err != nil {
		t.Fatal(err)
	}
	if l := only(t, s.lines(""), "CNN"); l.Run != "elsewhere/cnn" || l.Device != "cuda: a large GPU" || l.Published {
		t.Errorf("the line is %+v", l)
	}
}

func TestDifferentTrainingsOfAModelHaveDifferentTitles(t *testing.T) {
	s := newTestStore(t)
	file, scratch := study.ConvNeXt(study.Full), study.Transfer(study.Quick, 0)
	file.Model.Weights = recipes.Weights{File: "/home/somebody/convnext.safetensors"}
	scratch.Model.Weights = recipes.Weights{}
	mine := study.CNN(study.Full)
	mine.Model.Name = "mine"
	final := study.CNNAugmented(study.Full)
	final.Data.Validation = study.ResidualFinal(study.Full).Data.Validation
	for name, r := range map[string]recipes.Recipe{
		"CNN": study.CNN(study.Full), "CNN, augmented": study.CNNAugmented(study.Full), "CNN, augmented, on 59,400 images, not the slides' split": final, "mine": mine,
		"ResNet50": study.ResNet50(study.Quick), "ResNet50, augmented": study.ResNet50Augmented(study.Full),
		"ConvNeXt": file, "ConvNeXt, from rotations, augmented": study.Transfer(study.Full, 0), "ConvNeXt, from rotations": study.Transfer(study.Quick, 36),
		"ConvNeXt, from random weights": scratch, "ConvNeXt, from quick/transfer/from-103": study.GradualUnfreezing(study.Quick)[0].Recipe,
	} {
		s.save("runs/"+name, r, 4)
	}
	lines := s.lines("")
	want := []string{"CNN", "CNN, augmented", "CNN, augmented, on 59,400 images, not the slides' split", "ResNet50", "ResNet50, augmented", "ConvNeXt", "ConvNeXt, from quick/transfer/from-103",
		"ConvNeXt, from random weights", "ConvNeXt, from rotations", "ConvNeXt, from rotations, augmented", "mine", "Ensemble"}
	if !slices.Equal(titles(lines), want) {
		t.Errorf("titles are %q, want %q", titles(lines), want)
	}
	for _, l := range lines[:len(lines)-1] {
		if l.Run != "runs/"+l.Title {
			t.Errorf("%s is titled %s", l.Run, l.Title)
		}
	}
	if l := only(t, lines, "mine"); l.Slide != 0 {
		t.Errorf("a model of no slide has the slide's value %v", l.Slide)
	}
}

func TestSlidesConvNeXtStaysNotRunBesideOneFromRotations(t *testing.T) {
	s := newTestStore(t)
	s.save("quick/convnext-transfer", study.Transfer(study.Quick, 0), 4)
	lines := s.lines("")
	if l := only(t, lines, "ConvNeXt"); l.Test != nil || l.NotRun == "" {
		t.Errorf("the slide's line is %+v, want one that was not run", l)
	}
	if l := only(t, lines, "ConvNeXt, from rotations"); l.Slide != 0.7423 || l.Images != 1000 || !l.Limited {
		t.Errorf("the line of the run is %+v", l)
	}
}

func TestUnreadableRunIsReportedAndTheRestShown(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"recipe": func(dir string) error { return os.WriteFile(filepath.Join(dir, "recipe.json"), []byte("{"), 0o666) },
		"test": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "predictions/test.npz"), []byte("PK"), 0o666)
		},
		"validation": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "predictions/validation.npz"), nil, 0o666)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestStore(t)
			s.members(study.Smoke)
			if err := spoil(filepath.Join(s.root, "smoke", "resnet50")); err != nil {
				t.Fatal(err)
			}
			lines, err := report.Collect(report.Stores{Local: s.store(), Published: run.StoreAt("", true)})
			if err == nil || !strings.Contains(err.Error(), filepath.Join("smoke", "resnet50")) {
				t.Errorf("the error is %v, want one that names smoke/resnet50", err)
			}
			if want := []string{"CNN", "ResNet50", "ConvNeXt", "ConvNeXt, from rotations", "Ensemble"}; !slices.Equal(titles(lines), want) {
				t.Errorf("lines are %q, want %q", titles(lines), want)
			}
			if l := only(t, lines, "ResNet50"); l.Test != nil {
				t.Errorf("the corrupt run is shown: %+v", l)
			}
		})
	}
}

func TestRunTestedOnNoImagesIsReported(t *testing.T) {
	s := newTestStore(t)
	r := s.begin("full/cnn", study.CNN(study.Full))
	if err := errors.Join(r.SavePredictions(run.Test, run.Predictions{}), r.Finish()); err != nil {
		t.Fatal(err)
	}
	lines, err := report.Collect(report.Stores{Local: s.store(), Published: run.StoreAt("", true)})
	if l := only(t, lines, "CNN"); err == nil || !strings.Contains(err.Error(), "0 test images") || l.Test != nil {
		t.Errorf("the line is %+v and the error %v", l, err)
	}
}

// The predictions of a published run are 0.7 MB.
func TestLinesDoNotHoldThePredictionsOfTheirRuns(t *testing.T) {
	root := t.TempDir()
	r, err := run.Published().Open("full/cnn")
	if err != nil {
		t.Fatal(err)
	}
	const copies = 20
	for i := range copies {
		if err := os.CopyFS(filepath.Join(root, fmt.Sprint(i)), os.DirFS(r.Dir)); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	lines, err := report.Collect(report.Stores{Local: run.StoreAt(root, false), Published: run.StoreAt(filepath.Join(root, "none"), true)})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > copies*100_000 {
		t.Errorf("the lines of %d runs hold %d bytes", copies, held)
	}
	tested := 0
	for _, l := range lines {
		if l.Test != nil {
			tested++
		}
	}
	if tested != copies {
		t.Errorf("%d lines have an accuracy, want %d", tested, copies)
	}
}
