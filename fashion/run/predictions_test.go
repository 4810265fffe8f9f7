package run_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/npz"
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

// Runs of earlier versions have the positions themselves where there is a mask now, and a row of images for each epoch.
func TestPredictionsOfEarlierVersionsAreRead(t *testing.T) {
	r := begin(t, t.TempDir())
	want := predicted(3)
	if err := errors.Join(r.SaveRecord(), r.SavePredictions(run.Test, want), r.KeepEpoch(1, want.Indices, want.Labels, want.Labels), r.SaveHistory([]run.Epoch{{Epoch: 1}})); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"test", "epochs"} {
		path := filepath.Join(r.Dir, "predictions", name+".npz")
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := npz.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		arrays := []npz.Array{{Name: "indices", DType: "<i4", Shape: []int{3}, Data: want.Indices}, {Name: "labels", DType: "|u1", Shape: []int{3}, Data: make([]uint8, 3)}}
		if name == "test" {
			arrays = append(arrays, npz.Array{Name: "probabilities", DType: "<f4", Shape: []int{3, 10}, Data: make([]float32, 30)})
		} else {
			arrays = append(arrays, npz.Array{Name: "epochs", DType: "|u1", Shape: []int{3, 1}, Data: make([]uint8, 3)})
		}
		for _, a := range arrays[1:] {
			if err := file.Read(a); err != nil {
				t.Fatal(err)
			}
		}
		if name == "epochs" {
			arrays[2].Name, arrays[2].Shape = "classes", []int{1, 3}
		}
		if data, err = npz.Encode(arrays); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := r.Predictions(run.Test); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := r.EpochPredictions(); err != nil || !slices.Equal(got.Indices, want.Indices) || len(got.Classes) != 1 || !slices.Equal(got.Classes[0], want.Labels) {
		t.Errorf("got %v, %v after the epoch, want %v", got, err, want)
	}
}

// Published predictions take less space. The fourth roots of the probabilities here are whole 255ths, or half a one, so that they come back as they were.
func TestPublishedPredictionsComeBack(t *testing.T) {
	t.Setenv(run.PublishedVariable, t.TempDir())
	for _, classes := range []int{2, 10, 256, 257, 300} {
		recipe := recipe()
		recipe.Data.Set, recipe.Data.Size, recipe.Model.Classes = "digest", 5000, classes
		r, err := run.Begin(t.TempDir()+"/run", recipe)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for class := range classes {
			r.Record.Classes = append(r.Record.Classes, fmt.Sprintf("class %d", class))
		}
		root := func(of float64) float32 { return float32(math.Pow(of/255, 4)) }
		want := run.Predictions{Indices: []int32{4, 9, 700}, Labels: []fashion.Label{0, 1, fashion.Label(classes - 1)}, Probabilities: run.NewRows(3, classes), Classes: r.Record.Classes}
		for i, row := range want.Probabilities {
			best, second, rest := i%classes, (i+1)%classes, 1.0
			for class := range row {
				switch class {
				case best:
					continue
				case second:
					row[class] = root(100)
				default:
					row[class] = root(0.5)
				}
				rest -= float64(row[class])
			}
			row[best] = float32(rest)
		}
		if err := errors.Join(r.SaveRecord(), r.SavePredictions(run.Test, want), r.Finish(), r.Publish("here", nil)); err != nil {
			t.Fatalf("%d classes: %v", classes, err)
		}
		published, err := run.Published().Open("here")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := published.Predictions(run.Test); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d classes: got %v, %v, want %v", classes, got, err, want)
		}
	}
}
