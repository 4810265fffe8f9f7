package claims_test

import (
	"bytes"
	"strings"
	"testing"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// saveRobustness saves a run of the variant that misclassifies that many of 10,000 corrupted images.
func saveRobustness(t *testing.T, v study.Variant, wrong int) {
	t.Helper()
	good(0.9).save(t, run.Local(), v)
	bits := bytes.Repeat([]byte{0xff}, 1250)
	clear(bits[:wrong/8])
	r := begin(t, run.Local(), v)
	defer r.Close()
	corrupted := func(name string) run.Corrupted {
		return run.Corrupted{Name: name, Unit: "pixels", Strengths: []float64{1}, Correct: []run.Bits{bits}}
	}
	if err := r.SaveRobustness(run.Test, run.Robustness{Seed: 1, Images: 10000, Clean: bits, Corruptions: []run.Corrupted{corrupted("shift"), corrupted("blur")}}); err != nil {
		t.Fatal(err)
	}
}

func TestRobustnessThatIsNotTestedNamesTheCommandThatMeasuresAndPublishes(t *testing.T) {
	v, err := claims.Robustness(run.StoreAt(t.TempDir(), true))
	if err != nil || !strings.Contains(v.String(), "0 of 3 seeds") || !strings.HasSuffix(v.String(), "train -all -profile full -claim augmentation -publish") {
		t.Errorf("the verdict without runs is %v (%v)", v, err)
	}
}

func TestRobustnessIsJudgedByTheMeanCorruptionErrorOfThreeSeeds(t *testing.T) {
	variants := study.AugmentationAblation(study.Full)
	for with, want := range map[int]claims.Verdict{800: claims.Confirmed, 2400: claims.Contradicted, 1600: claims.NoDifference} {
		t.Setenv(run.RootVariable, t.TempDir())
		for seed := uint64(1); seed <= 3; seed++ {
			if v, err := claims.Robustness(run.Local()); err != nil || v.Verdict != claims.NotTested || len(v.With) != int(seed-1) {
				t.Errorf("before seed %d: %v (%v), want not tested", seed, v, err)
			}
			saveRobustness(t, variants[0].WithSeed(seed), 1600)
			saveRobustness(t, variants[1].WithSeed(seed), with+80*int(seed-2))
		}
		v, err := claims.Robustness(run.Local())
		if err != nil || v.Verdict != want || v.Errors.Mean.Value != float64(with)/1600 || !strings.Contains(v.String(), "3 seeds") {
			t.Errorf("%d errors in the place of 1600: %v (%v), want %s", with, v, err, want)
		}
	}
}
