package recipes_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
)

func recipe() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Dropout: 0.1}, Data: recipes.Data{Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.001, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7},
		Epochs:    3, Batch: 64, Seed: 1,
	}
}

func TestRecipeWithANumberThatJSONLacksIsPrinted(t *testing.T) {
	for _, rate := range []float64{math.NaN(), math.Inf(1)} {
		r := recipe()
		r.Optimizer.LearningRate = rate
		if got := r.String(); !strings.Contains(got, fmt.Sprint("LearningRate:", rate)) {
			t.Errorf("it is printed as %s", got)
		}
	}
}

func TestScheduleWhoseMinimumIsNoNumberOrNegativeIsAnError(t *testing.T) {
	for _, value := range []float64{-1e-5, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for field, schedule := range map[string]recipes.Schedule{
			"schedule.min_rate":  {Name: "cosine", MinLearningRate: value},
			"schedule.min_delta": {Name: "plateau", Factor: 0.5, MinDelta: value},
		} {
			r := recipe()
			r.Schedule = schedule
			if err := r.Validate(); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%s is %v: error %v, want one about it", field, value, err)
			}
		}
	}
	r := recipe()
	r.Schedule = recipes.Schedule{Name: "plateau", Factor: 0.5, MinLearningRate: 1e-6, MinDelta: 1e-4}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	good, err := json.Marshal(recipe())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	f.Add(`{"epochs": 1e400}`)
	f.Add(`{"unknown": 1}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := recipes.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := recipes.Read(strings.NewReader(r.String()))
		if err != nil || again != r {
			t.Errorf("%+v was written and read as %+v (%v)", r, again, err)
		}
	})
}

func TestBlurAndNoiseAreStandardDeviations(t *testing.T) {
	for _, c := range []struct {
		a     recipes.Augmentation
		field string // in the error; "" for none
	}{
		{recipes.Augmentation{Blur: recipes.Range{High: 10}, Noise: recipes.Range{Low: 0.1, High: 1}}, ""},
		{recipes.Augmentation{Blur: recipes.Within(1)}, "augmentation.blur"},
		{recipes.Augmentation{Blur: recipes.Range{High: 11}}, "augmentation.blur"},
		{recipes.Augmentation{Noise: recipes.Range{Low: 0.2, High: 0.1}}, "augmentation.noise"},
	} {
		if err := c.a.Validate(); (err == nil) != (c.field == "") || err != nil && !strings.Contains(err.Error(), c.field) {
			t.Errorf("%+v: error %v, want one about %q", c.a, err, c.field)
		}
	}
}

func TestRecipeReaderRefusesUnknownFields(t *testing.T) {
	text := strings.Replace(recipe().String(), `"epochs"`, `"epoch"`, 1)
	if _, err := recipes.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "epoch") {
		t.Errorf("error is %v, want one that names the field", err)
	}
}

// A valid recipe with names of any text is written to disk and read the same.
func FuzzRecipeText(f *testing.F) {
	f.Add("own", "name\n", 0.5)
	f.Add("\xff", "\u2028<&>", -1.0)
	f.Fuzz(func(t *testing.T, model, optimizer string, rate float64) {
		r := recipe()
		r.Model.Name, r.Optimizer.Name, r.Optimizer.LearningRate = model, optimizer, rate
		if r.Validate() != nil {
			return
		}
		again, err := recipes.Read(strings.NewReader(r.String()))
		if err != nil || again != r {
			t.Errorf("%+v was written and read as %+v (%v)", r, again, err)
		}
	})
}
