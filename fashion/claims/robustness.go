package claims

import (
	"errors"
	"fmt"
	"io/fs"

	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// RobustnessVerdict says whether augmentation improves robustness, as the slide's title has it.
type RobustnessVerdict struct {
	Verdict       Verdict
	Without, With []run.Robustness        // of the networks without and with the adopted augmentation, on test images; one for each seed that is there on both sides
	Errors        metrics.CorruptionError // of With relative to Without; zero if there is none
}

// Robustness judges augmentation by the trainings of the ablation at full size, each in the first store that has it, and by their mean corruption error: confirmed if its 95% interval over seeds and images lies below 1, contradicted if it
// lies above, not tested with fewer seeds or images than any verdict needs.
func Robustness(stores ...run.Store) (v RobustnessVerdict, err error) {
	v.Verdict = NotTested
	e := evidence{stores, map[string]*run.Run{}, nil}
	variants := study.AugmentationAblation(study.Full)
	for seed := uint64(1); seed <= leastSeeds; seed++ {
		without, err := e.onCorrupted(variants[0].WithSeed(seed))
		if err != nil {
			return v, err
		}
		with, err := e.onCorrupted(variants[1].WithSeed(seed))
		if err != nil {
			return v, err
		}
		if without != nil && with != nil {
			v.Without, v.With = append(v.Without, *without), append(v.With, *with)
		}
	}
	if len(v.With) == 0 {
		return v, nil
	}
	if v.Errors, err = metrics.CorruptionErrors(v.With, v.Without); err != nil || len(v.With) < leastSeeds || v.With[0].Images < leastImages {
		return v, err
	}
	v.Verdict = relativeTo1(v.Errors.Mean)
	return v, nil
}

// onCorrupted is what the variant's run makes of corrupted test images, nil if the run is missing or was not measured.
func (e evidence) onCorrupted(v study.Variant) (*run.Robustness, error) {
	r := e.open(v)
	if r == nil {
		return nil, nil
	}
	found, err := r.Robustness(run.Test)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return &found, err
}

// robustnessToo is the secondary verdict, beside that of the augmentation's accuracy.
func robustnessToo(stores ...run.Store) (string, error) {
	v, err := Robustness(stores...)
	return "On corrupted images, which the slide's title speaks of: " + v.String(), err
}

// relativeTo1 is the verdict of a relative error, of which less than 1 is better than the baseline.
func relativeTo1(e metrics.Interval) Verdict {
	return verdictOf(metrics.Interval{Value: 1 - e.Value, Low: 1 - e.High, High: 1 - e.Low}, 0)
}

// Of tells a corruption's effect by the same rule as the verdict, as a word: helps, hurts, or no significant difference.
func (v RobustnessVerdict) Of(corruption int) string {
	switch relativeTo1(v.Errors.Each[corruption]) {
	case Confirmed:
		return "helps"
	case Contradicted:
		return "hurts"
	}
	return string(NoDifference)
}

// String says the verdict and what it rests on.
func (v RobustnessVerdict) String() string {
	if v.Verdict == NotTested {
		return fmt.Sprintf("%s: %d of %d seeds were measured on corrupted test images. This trains and measures the others, and publishes them: go run ./kernel-setup train -all -profile %s -claim augmentation -publish",
			v.Verdict, len(v.With), leastSeeds, study.Full)
	}
	return fmt.Sprintf("%s: under %d corruptions of %s test images the networks with augmentation make %v times as many errors as those without (mean corruption error, mCE; 95%% interval over %d seeds and images)",
		v.Verdict, len(v.Errors.Each), text.Thousands(v.With[0].Images), v.Errors.Mean, len(v.With))
}
