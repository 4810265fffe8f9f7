package demo

import (
	"math"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// saveRun saves a run that predicts the class of each image with that probability, but another class for every so-many-th image.
func saveRun(t *testing.T, name string, probability float32, wrongEvery int) {
	t.Helper()
	dir, err := run.Local().Path("full/" + name)
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := study.ByName("cnn", study.Full)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, recipe)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, split := range []string{run.Validation, run.Test} {
		var p run.Predictions
		for i := range 200 {
			row := [fashion.NumClasses]float32{}
			for class := range row {
				row[class] = (1 - probability) / (fashion.NumClasses - 1)
			}
			class := i % fashion.NumClasses
			p.Indices, p.Labels = append(p.Indices, int32(i)), append(p.Labels, fashion.Label(class))
			if i%wrongEvery == wrongEvery-1 {
				class = (class + 1) % fashion.NumClasses
			}
			row[class] = probability
			p.Probabilities = append(p.Probabilities, row[:])
		}
		if err := r.SavePredictions(split, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
}

func TestWeightsStayWithTheirMembersAndThoseOfLittleWeightAreLeftOut(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	saveRun(t, "poor", 0.9, 2)   // wrong on half of the images, with high confidence
	saveRun(t, "fair", 0.85, 7)  // on a seventh
	saveRun(t, "good", 0.95, 11) // on an eleventh
	joined, err := ensemble.Load([]ensemble.Candidate{{Name: "poor", Runs: []string{"full/poor"}}, {Name: "fair", Runs: []string{"full/fair"}}, {Name: "good", Runs: []string{"full/good"}}}, run.Local())
	if err != nil {
		t.Fatal(err)
	}
	e, err := weigh(joined)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Members) != 2 || e.Members[0].Title != "good" || e.Members[1].Title != "fair" {
		t.Fatalf("the members are %+v, want good and fair", e.Members)
	}
	alone, err := ensemble.LogLossWeights(joined[1:].Validation()...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{alone[1], alone[0]} {
		if got := e.Members[i].Weight; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s has the weight %v, want %v, fitted without the one that is left out", e.Members[i].Title, got, want)
		}
	}
	for i, want := range []float64{182. / 200, 172. / 200} {
		if got := e.Members[i].Test.Value; got != want {
			t.Errorf("%s has the accuracy %v, want %v", e.Members[i].Title, got, want)
		}
	}
}

func TestNetworkForPhotosHasMostVotesButNotTheFeatures(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	saveRun(t, "fair", 0.85, 7)
	saveRun(t, "good", 0.95, 11)
	joined, err := ensemble.Load([]ensemble.Candidate{{Name: forPhotos, Runs: []string{"full/fair"}}, {Name: "good", Runs: []string{"full/good"}}}, run.Local())
	if err != nil {
		t.Fatal(err)
	}
	e, err := weigh(joined)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Members) != 2 || e.Members[0].Title != "good" || e.Members[1].Title != forPhotos || math.Abs(e.Members[1].Weight-photoWeight) > 1e-9 {
		t.Errorf("the members are %+v, want the good one first, and %v of the votes for the other", e.Members, photoWeight)
	}
}
