package run_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// robustness is that of ten images, of which the first and the last are classified correctly.
func robustness() run.Robustness {
	bits := run.Bits{1, 2}
	return run.Robustness{Seed: 1, Images: 10, Clean: bits,
		Corruptions: []run.Corrupted{{Name: "shift", Unit: "pixels", Strengths: []float64{1, 2}, Correct: []run.Bits{bits, {0, 0}}}}}
}

func TestRobustnessIsReadAsItWasSavedAndPublishedWithTheRun(t *testing.T) {
	t.Setenv(run.PublishedVariable, t.TempDir())
	dir := t.TempDir()
	r := begin(t, dir)
	if _, err := r.Robustness(run.Test); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a run that was not measured: %v", err)
	}
	bad := robustness()
	bad.Images = 17
	if err := r.SaveRobustness(run.Test, bad); err == nil {
		t.Error("two bytes of bits were saved for 17 images")
	}
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.Finish(), r.SaveRobustness(run.Test, robustness()), r.Publish("mine/net", nil)); err != nil {
		t.Fatal(err)
	}
	p, err := run.Published().Open("mine/net")
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Robustness(run.Test)
	if err != nil || !reflect.DeepEqual(got, robustness()) {
		t.Errorf("published is %+v (%v)", got, err)
	}
	if problems := errors.Join(append(r.Check(), p.Check()...)...); problems != nil {
		t.Error(problems)
	}
	if n := got.Clean.Correct(10); n != 2 || !got.Clean.At(9) || got.Clean.At(8) {
		t.Errorf("%d of the images are correct, want the first and the last", n)
	}
}

func TestRobustnessThatWasChangedIsAnErrorThatSaysToMeasureAgain(t *testing.T) {
	dir := t.TempDir()
	r := begin(t, dir)
	if err := errors.Join(r.SaveHistory([]run.Epoch{{Epoch: 1}}), r.SaveRobustness(run.Test, robustness()), r.Finish()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "robustness", "test.json")
	data, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(data), "shift", "shaft", 1)), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	again, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Robustness(run.Test); err == nil || !strings.Contains(err.Error(), "measure the robustness again") {
		t.Errorf("the error is %v", err)
	}
}

func TestCorrectBitsAreThoseOfThePredictions(t *testing.T) {
	var p run.Predictions
	for i := range 11 {
		row := make([]float32, fashion.NumClasses)
		row[i%3] = 1
		p.Labels, p.Probabilities = append(p.Labels, 1), append(p.Probabilities, row)
	}
	bits := run.CorrectBits(p)
	for i := range 11 {
		if bits.At(i) != (i%3 == 1) {
			t.Errorf("bit %d is %v", i, bits.At(i))
		}
	}
	if bits.Correct(11) != p.Correct() {
		t.Errorf("%d are correct, want %d", bits.Correct(11), p.Correct())
	}
}
