package report_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestEnsembleOfTheSlideIsListedAtEachProfileWithTheSlidesAndWithFittedWeights(t *testing.T) {
	s := newTestStore(t)
	s.members(study.Smoke)
	s.members(study.Full)
	lines := s.lines("")
	for title, fitted := range map[string]bool{"Ensemble, the slide's weights": false, "Ensemble, fitted weights": true} {
		list := titled(lines, title)
		if len(list) != 2 || list[0].Ensemble.Profile != "full" || list[1].Ensemble.Profile != "smoke" {
			t.Fatalf("%s: lines are %+v, want one of full, then one of smoke", title, list)
		}
		for _, l := range list {
			e, sum := l.Ensemble, 0.0
			for _, m := range e.Members {
				sum += m.Weight
			}
			if l.Model != "ensemble" || l.Slide != 0.911 || l.Published || e.Fitted != fitted || math.Abs(sum-1) > 1e-9 || e.TestImages != 40 || e.ValidationImages != 20 ||
				l.Parameters != 3*467818 || l.Seconds != 3*61 || l.Device != "cpu: a processor, 2 cores" {
				t.Errorf("%s is %+v of %+v", title, l, *e)
			}
		}
	}
	e := titled(lines, "Ensemble, the slide's weights")[1].Ensemble
	want := []report.Member{{Title: "CNN", Run: "smoke/cnn", Weight: 0.45, Images: 3200}, {Title: "ResNet50", Run: "smoke/resnet50", Weight: 0.45, Images: 480},
		{Title: "ConvNeXt, from rotations", Run: "smoke/convnext-transfer", Weight: 0.1, Images: 160}}
	if !slices.EqualFunc(e.Members, want, func(a, b report.Member) bool {
		return a.Title == b.Title && a.Run == b.Run && a.Images == b.Images && math.Abs(a.Weight-b.Weight) < 1e-9
	}) {
		t.Errorf("members are %+v, want %+v", e.Members, want)
	}
	if len(titled(lines, "Ensemble")) != 0 {
		t.Error("an ensemble is listed as not run too")
	}
}

func TestEnsembleHasAllDevicesOfItsMembers(t *testing.T) {
	s := newTestStore(t)
	r := s.save("full/cnn", study.CNN(study.Full), 5)
	s.save("full/resnet50", study.ResNet50(study.Full), 6)
	s.save("full/convnext-transfer", study.Transfer(study.Full, 0), 7)
	r.Record.Before = []run.Stretch{{Computer: run.Computer{Device: "cuda: a large GPU"}, Last: 1}}
	if err := r.SaveRecord(); err != nil {
		t.Fatal(err)
	}
	want := "cuda: a large GPU (to epoch 1), then cpu: a processor, 2 cores; cpu: a processor, 2 cores"
	if l := only(t, s.lines(""), "Ensemble, fitted weights"); l.Device != want {
		t.Errorf("the devices are %q, want %q", l.Device, want)
	}
}

func TestEnsembleHasTheEvaluationOfItsMembers(t *testing.T) {
	s := newTestStore(t)
	s.members(study.Smoke)
	members, err := ensemble.Load(study.SlideEnsemble(study.Smoke), s.store())
	if err != nil {
		t.Fatal(err)
	}
	fitted, err := ensemble.GridWeights(20, members.Validation()...)
	if err != nil {
		t.Fatal(err)
	}
	lines := s.lines("")
	for title, weights := range map[string][]float64{"Ensemble, the slide's weights": {0.45, 0.45, 0.1}, "Ensemble, fitted weights": fitted} {
		want, err := members.Evaluate(weights)
		if err != nil {
			t.Fatal(err)
		}
		l := only(t, lines, title)
		if e := l.Ensemble; *l.Test != want.Test || *l.Validation != want.Validation || e.Best != want.Best || e.BestValidation != want.BestValidation ||
			e.Gain != want.Gain || e.P != want.McNemar.P || e.NotWorse != (want.Validation.Value >= want.BestValidation.Value) {
			t.Errorf("%s is %+v of %+v, want the evaluation %+v", title, l, *e, want)
		}
	}
}

func TestEnsembleThatLacksAMemberNamesItsCommand(t *testing.T) {
	command := "go run ./kernel-setup train -recipe resnet50 -profile full"
	for name, spoil := range map[string]func(s testStore) error{
		"missing":    func(testStore) error { return nil },
		"unfinished": func(s testStore) error { return s.begin("full/resnet50", study.ResNet50(study.Full)).Close() },
		"not tested": func(s testStore) error { return s.begin("full/resnet50", study.ResNet50(study.Full)).Finish() },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestStore(t)
			s.save("full/cnn", study.CNN(study.Full), 4)
			s.save("full/convnext-transfer", study.Transfer(study.Full, 0), 4)
			if err := spoil(s); err != nil {
				t.Fatal(err)
			}
			if l := only(t, s.lines(""), "Ensemble"); l.Test != nil || l.NotRun != command {
				t.Errorf("the line is %+v, want one that was not run, with the command %s", l, command)
			}
		})
	}
}

func TestRunsThatAreNoEnsembleSaySoWithoutThePathOfTheFolder(t *testing.T) {
	s := newTestStore(t)
	s.save("full/cnn", study.CNN(study.Full), 4)
	s.save("full/convnext-transfer", study.Transfer(study.Full, 0), 4)
	other := study.ResNet50(study.Full)
	other.Data.SplitSeed = 7
	s.save("full/resnet50", other, 4)
	l := only(t, s.lines(""), "Ensemble")
	mentions(t, l.NotRun, "full/resnet50", "seed 7")
	if strings.Contains(l.NotRun, s.root) {
		t.Errorf("the reason names this machine's folder: %s", l.NotRun)
	}
}

func TestEnsemblesOfOurRecipesAndOfPublishedRunsAreMarked(t *testing.T) {
	s, published := newTestStore(t), newTestStore(t)
	for i, name := range []string{"cnn-augmented", "resnet50-augmented", "convnext-transfer"} {
		s.save("full/"+name, recipe(t, name, study.Full), 5+i)
		published.save("full/"+name, recipe(t, name, study.Full), 5+i)
	}
	published.members(study.Quick) // of published runs, only those of full count
	lines := s.lines(published.root)
	for _, title := range []string{"Ensemble of our recipes, the slide's weights", "Ensemble of our recipes, fitted weights"} {
		list := titled(lines, title)
		if len(list) != 2 || list[0].Published || !list[1].Published || list[0].Ensemble.Members[0].Title != "CNN, augmented" {
			t.Errorf("%s: %+v, want this machine's, then the published one", title, list)
		}
	}
	if list := titled(lines, "Ensemble, the slide's weights"); len(list) != 0 {
		t.Errorf("the slide's ensemble is listed without its runs: %+v", list)
	}
}

func TestEnsembleOfOurBestModelsHasNoWeightsOfTheSlide(t *testing.T) {
	s := newTestStore(t)
	for i, name := range []string{"cnn-augmented", "residual", "residual-again", "residual-long"} {
		s.save("full/"+name, recipe(t, name, study.Full), 5+i)
	}
	l := only(t, s.lines(""), "Ensemble of our best models, fitted weights")
	if l.Ensemble == nil || len(l.Ensemble.Members) != 4 || !l.Ensemble.Fitted {
		t.Errorf("the line is %+v, want an ensemble of four", l)
	}
	if list := titled(s.lines(""), "Ensemble of our best models, the slide's weights"); len(list) != 0 {
		t.Errorf("weights of the slide are used for models that it does not have: %+v", list)
	}
}

func TestMembersThatWereTestedOnNothingAreReported(t *testing.T) {
	s := newTestStore(t)
	for _, name := range []string{"cnn", "resnet50", "convnext-transfer"} {
		r := s.begin("full/"+name, recipe(t, name, study.Full))
		one := predictions(nil, 1)
		if err := errors.Join(r.SavePredictions(run.Validation, predictions([]fashion.Label{3}, 2)), r.SavePredictions(run.Test, one), r.Finish()); err != nil {
			t.Fatal(err)
		}
	}
	lines, err := report.Collect(report.Stores{Local: s.store(), Published: run.StoreAt("", true)})
	if l := only(t, lines, "Ensemble"); err == nil || l.Test != nil || l.NotRun == "" {
		t.Errorf("the line is %+v and the error %v", l, err)
	}
}

func TestEnsemblesOfThreeSeedsHaveEqualWeightsAndSayWhatTheyWereTrainedOn(t *testing.T) {
	s := newTestStore(t)
	for recipe, title := range map[string]string{
		"residual-strong": "Ensemble of three residual networks with all ingredients, equal weights",
		"residual-final":  "Ensemble of three residual networks with all ingredients, on 59,400 images, not the slides' split, equal weights",
	} {
		r, err := study.ByName(recipe, study.Full)
		if err != nil {
			t.Fatal(err)
		}
		for seed := uint64(1); seed <= 3; seed++ {
			v := study.Variant{Run: study.Full.Run(recipe), Recipe: r}.WithSeed(seed)
			s.save(v.Run, v.Recipe, 4)
		}
		l := only(t, s.lines(""), title)
		for _, m := range l.Ensemble.Members {
			if l.Ensemble.Fitted || math.Abs(m.Weight-1.0/3) > 1e-9 || m.Images != r.Data.TrainingImages() {
				t.Errorf("%s has the member %+v, fitted %v; want a third, fixed", title, m, l.Ensemble.Fitted)
			}
		}
	}
}
