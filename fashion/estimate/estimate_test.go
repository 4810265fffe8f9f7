package estimate

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// trained makes a run of so many epochs that took so many seconds each.
func trained(t *testing.T, root, name string, recipe recipes.Recipe, epochs int, seconds float64) {
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
	r.Record.Device = "cpu: a processor, 2 cores"
	if err := errors.Join(r.SaveHistory(history), r.SaveRecord()); err != nil {
		t.Fatal(err)
	}
}

func TestEstimateRestsOnTheMostSimilarRunOfThisMachine(t *testing.T) {
	resnet, cnn := study.ResNet50(study.Full), study.CNN(study.Quick)
	large := resnet
	large.Batch = 256
	here, published := t.TempDir(), t.TempDir()
	onGPU := false
	expect := func(step, source string, factor float64) {
		t.Helper()
		speeds, err := Measure(run.StoreAt(here, false), run.StoreAt(published, true), onGPU)
		if err != nil {
			t.Fatal(err)
		}
		b := speeds.For(resnet)
		if !strings.Contains(b.Source, source) || math.Abs(b.factor-factor) > 1e-9 {
			t.Errorf("%s: it rests on %s, factor %v, want %s and %v", step, b.Source, b.factor, source, factor)
		}
	}
	expect("nothing was trained", referenceDevice, 1)
	trained(t, published, "cnn", cnn, 2, 8*epochSeconds(cnn))
	expect("a published run of another model", referenceDevice, 1)
	trained(t, published, "resnet", resnet, 2, 2*epochSeconds(resnet))
	expect("a published run", "resnet (cpu: a processor, 2 cores), published, not made on this machine", 2)
	own := cnn
	own.Model = recipes.Model{Name: "mine"}
	trained(t, here, "mine", own, 9, 7*epochSeconds(cnn))
	expect("a run of a model here that was never timed", "resnet (cpu: a processor, 2 cores), published", 2)
	trained(t, here, "cnn", cnn, 2, 3*epochSeconds(cnn))
	expect("a run of another model here", "cnn (cpu: a processor, 2 cores), another model", 3)
	trained(t, here, "large", large, 9, 4*epochSeconds(large))
	expect("a run with larger batches here", "large", 4)
	trained(t, here, "short", resnet, 1, 5*epochSeconds(resnet))
	expect("a run with the same batches", "short", 5)
	trained(t, here, "long", resnet, 2, 6*epochSeconds(resnet))
	expect("a run of twice as many epochs", "short", 5)
	trained(t, here, "longer", resnet, 3, 7*epochSeconds(resnet))
	trained(t, here, "longest", resnet, 4, 9*epochSeconds(resnet))
	expect("the short one does not count any more; the median of the others", "longer", 7)
	interrupted, err := run.Begin(filepath.Join(here, "longer"), resnet)
	if err != nil {
		t.Fatal(err)
	}
	defer interrupted.Close()
	interrupted.History[1].Seconds *= 100
	if err := interrupted.SaveHistory(interrupted.History); err != nil {
		t.Fatal(err)
	}
	expect("an epoch in which the machine slept", "longer", 7)
	onGPU = true
	expect("on a GPU, where nothing was trained", referenceDevice, 1)
}

func TestPreciseStatisticsCostForwardPassesOfTheirImagesAndOfTheValidationImages(t *testing.T) {
	r := recipes.Recipe{Model: recipes.Model{Name: "resnet50"}, Data: recipes.Data{Limit: 1000, Validation: 0.2}, Batch: 64}
	plain := epochSeconds(r)
	r.PreciseBN = 400 // as 600/3 training images beside 800 + 200/3
	if got, want := epochSeconds(r)/plain, (800+200.0/3+600.0/3)/(800+200.0/3); math.Abs(got-want) > 1e-9 {
		t.Errorf("an epoch takes %v times as long, want %v", got, want)
	}
}

func TestUnreadableRunIsReportedAndTheOthersAreMeasured(t *testing.T) {
	root, cnn := t.TempDir(), study.CNN(study.Quick)
	trained(t, root, "cnn", cnn, 1, 2*epochSeconds(cnn))
	trained(t, root, "corrupt", cnn, 1, 1)
	if err := os.WriteFile(filepath.Join(root, "corrupt", "recipe.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	speeds, err := Measure(run.StoreAt(root, false), run.StoreAt(t.TempDir(), true), false)
	if err == nil || !strings.Contains(err.Error(), "corrupt") {
		t.Errorf("the error is %v, want one that names the corrupt run", err)
	}
	if b := speeds.For(cnn); !b.SameModel(cnn) || math.Abs(b.factor-2) > 1e-9 {
		t.Errorf("the estimate rests on %s, factor %v, want cnn and 2", b.Source, b.factor)
	}
}

func TestSmallStemTakesAsManyTimesAsLongAsItsMapsAreLarger(t *testing.T) {
	large, small := study.ResNet50Augmented(study.Full), study.ResNet50SmallStem(study.Full)
	if got := (Speeds{}).For(small).Seconds(small, 1) / (Speeds{}).For(large).Seconds(large, 1); got < 10 || got > 16 {
		t.Errorf("an epoch with the small stem takes %.1f times as long, want about 16", got)
	}
}

func TestTwiceTheWidthTakesFourTimesAsLong(t *testing.T) {
	narrow, wide := study.Residual(study.Full), study.ResidualWide(study.Full)
	wide.Batch = narrow.Batch
	if got := (Speeds{}).For(wide).Seconds(wide, 1) / (Speeds{}).For(narrow).Seconds(narrow, 1); got < 3.99 || got > 4.01 {
		t.Errorf("an epoch of the residual network of twice the width takes %.1f times as long, want 4", got)
	}
}
