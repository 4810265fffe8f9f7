package run_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// uniform are predictions for n images, whose indices are multiples of 3.
func uniform(n int) run.Predictions {
	var p run.Predictions
	for i := range n {
		var row [fashion.NumClasses]float32
		row[i%3] = 1
		p.Indices, p.Labels, p.Probabilities = append(p.Indices, int32(3*i)), append(p.Labels, fashion.Label(i%2)), append(p.Probabilities, row[:])
	}
	return p
}

func TestCorrectCountsTheImagesWhoseMostProbableClassIsTheTrueOne(t *testing.T) {
	if got := uniform(12).Correct(); got != 4 { // rows 0, 1, 6 and 7
		t.Errorf("%d are correct, want 4", got)
	}
}

func TestPickCopiesRowsInTheirOrder(t *testing.T) {
	p := uniform(5)
	got := p.Pick([]int{3, 0})
	if !slices.Equal(got.Indices, []int32{9, 0}) || !slices.Equal(got.Labels, []fashion.Label{1, 0}) || !slices.Equal(got.Probabilities[0], p.Probabilities[3]) || len(got.Probabilities) != 2 {
		t.Errorf("rows 3 and 0 are %+v", got)
	}
}

func TestWithoutRemovesExactlyThose(t *testing.T) {
	p := uniform(300)
	got := p.Without([]int32{0, 30, 31, 897})
	row := 0
	for i, index := range p.Indices {
		if index == 0 || index == 30 || index == 897 {
			continue
		}
		if got.Indices[row] != index || got.Labels[row] != p.Labels[i] || !slices.Equal(got.Probabilities[row], p.Probabilities[i]) {
			t.Errorf("row %d is image %d, want %d", row, got.Indices[row], index)
		}
		row++
	}
	if row != 297 || len(got.Indices) != row || len(got.Labels) != row || len(got.Probabilities) != row {
		t.Errorf("%d images are left, want 297", len(got.Indices))
	}
	if all := p.Without(nil); !slices.EqualFunc(all.Probabilities, p.Probabilities, slices.Equal) {
		t.Error("without none, some are missing")
	}
}

func TestRoundedPredictionsHaveTheSameClassesAndAreClose(t *testing.T) {
	p := uniform(2000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range p.Probabilities {
		sharpness, sum := math.Exp(4*random.Float64()), 0.0
		var row [fashion.NumClasses]float64
		for class := range row {
			row[class] = math.Exp(sharpness * random.NormFloat64())
			sum += row[class]
		}
		for class := range row {
			p.Probabilities[i][class] = float32(row[class] / sum)
		}
	}
	almostEqual := 0.25 - 1.0/(1<<18)
	p.Probabilities[0] = []float32{float32(almostEqual), 0.25, float32(almostEqual), 0.25, 1.0 / (1 << 17), 9: 0}
	p.Probabilities[1] = []float32{9: 1}
	q := p.Rounded()
	for i, row := range q.Probabilities {
		sum := 0.0
		for class, v := range row {
			sum += float64(v)
			if d := math.Abs(float64(v) - float64(p.Probabilities[i][class])); d > 32.0/(1<<16) || v < 1.0/(1<<17) || v*(1<<17) != float32(math.Trunc(float64(v*(1<<17)))) {
				t.Fatalf("row %d, class %d: %v is rounded to %v", i, class, p.Probabilities[i][class], v)
			}
		}
		if sum != 1 || p.Predicted(i) != q.Predicted(i) {
			t.Errorf("row %d: the class %v becomes %v, the sum is %v", i, p.Predicted(i), q.Predicted(i), sum)
		}
	}
	if p.Probabilities[1][9] != 1 {
		t.Error("the original has changed")
	}
}

func TestPredictionsOfAnyNumberOfClassesAreSaved(t *testing.T) {
	for _, classes := range []int{2, 3, 47, 256, 257, 1000} {
		recipe := recipe()
		recipe.Data.Set, recipe.Data.Size, recipe.Model.Classes = "digest", 5000, classes
		r, err := run.Begin(t.TempDir()+"/run", recipe)
		if err != nil {
			t.Fatal(err)
		}
		for class := range classes {
			r.Record.Classes = append(r.Record.Classes, fmt.Sprintf("class %d", class))
		}
		want := run.Predictions{Indices: []int32{4, 9}, Labels: []fashion.Label{0, fashion.Label(classes - 1)}, Probabilities: run.NewRows(2, classes)}
		want.Probabilities[0][0], want.Probabilities[1][classes-1], want.Probabilities[1][0] = 1, 0.75, 0.25
		if err := errors.Join(r.SaveRecord(), r.SavePredictions(run.Test, want), r.Close()); err != nil {
			t.Fatal(err)
		}
		again, err := run.Open(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Predictions(run.Test)
		if err != nil || !slices.EqualFunc(got.Probabilities, want.Probabilities, slices.Equal) || !slices.Equal(got.Labels, want.Labels) || got.Classes.Name(1) != "class 1" {
			t.Errorf("%d classes: read %+v (%v), want %+v", classes, got, err, want)
		}
		again.Record.Classes = nil
		if _, err := again.Predictions(run.Test); err == nil {
			t.Errorf("predictions of %d classes are read as Fashion-MNIST's", classes)
		}
	}
}
