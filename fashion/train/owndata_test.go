package train_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// stripes is a data set whose class is the distance between bright columns, an easy one.
func stripes(n, classes int) (s fashion.Set) {
	for class := range classes {
		s.Classes = append(s.Classes, fmt.Sprintf("every %d", class+2))
	}
	for i := range n {
		var image fashion.Image
		for p := range image {
			if (p%fashion.Side+i)%(2+i%classes) == 0 {
				image[p] = byte(200 + i%50)
			}
		}
		s.Images, s.Labels = append(s.Images, image), append(s.Labels, fashion.Label(i%classes))
	}
	return s
}

// onData keeps a data set and returns a recipe for it.
func onData(t *testing.T, d dataset.DataSet, r recipes.Recipe) recipes.Recipe {
	t.Helper()
	if err := d.Check("made here"); err != nil {
		t.Fatal(err)
	}
	kept, err := dataset.Keep(d)
	if err != nil {
		t.Fatal(err)
	}
	return kept.For(r)
}

func TestDataSetsOfAnyNumberOfClassesAreLearned(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	var runs []*run.Run
	for _, classes := range []int{3, 47} {
		r := recipe()
		r.Epochs, r.Data.Limit = 2, 0
		train1, test := stripes(10*classes, classes), stripes(4*classes, classes)
		r = onData(t, dataset.DataSet{Train: train1, Test: test}, r)
		fitted, err := train.Fit(fmt.Sprintf("own/%d", classes), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := infer.Test(fitted)
		if err != nil {
			t.Fatal(err)
		}
		if p.NumClasses() != classes || len(p.Labels) != test.Len() || p.Classes.Name(1) != "every 3" {
			t.Errorf("%d classes: predictions of %d classes for %d images, class 1 is %q", classes, p.NumClasses(), len(p.Labels), p.Classes.Name(1))
		}
		if again, err := fitted.Predictions(run.Test); err != nil || metrics.Accuracy(again) != metrics.Accuracy(p) || again.Classes.Name(1) != "every 3" {
			t.Errorf("%d classes: saved are %v, %q (%v)", classes, metrics.Accuracy(again), again.Classes, err)
		}
		runs = append(runs, fitted)
	}
	m, err := infer.Load(runs[0])
	if err != nil {
		t.Fatal(err)
	}
	seen, err := m.GradCAM(stripes(2, 3).Images)
	if err != nil || len(seen.Maps) != 2 {
		t.Errorf("%d maps (%v)", len(seen.Maps), err)
	}
	unnamed := fashion.Set{Images: stripes(2, 3).Images}
	p, err := m.Predict(unnamed)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.Embed(unnamed.Images)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]fashion.Classes{"the model": m.Classes(), "its predictions": p.Classes, "its embedding": e.Classes} {
		if c.Name(1) != "every 3" {
			t.Errorf("class 1 of %s is %q, want that of the data set", what, c.Name(1))
		}
	}
	if _, err := ensemble.Join(ensemble.Member{Name: "a", Run: runs[0]}, ensemble.Member{Name: "b", Run: runs[1]}); err == nil || !strings.Contains(err.Error(), "another data set") {
		t.Errorf("runs on different data vote together: %v", err)
	}
}

// The same images under a digest are the same training, bit for bit.
func TestFashionMNISTAsADataSetOfOnesOwnIsLearnedAsBefore(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	r := recipe()
	r.Epochs = 1
	d, err := dataset.FromIDX("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	var rows [2][][]float32
	for i, r := range []recipes.Recipe{r, onData(t, d, r)} {
		fitted, err := train.Fit(fmt.Sprint("twin/", i), r, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := infer.Test(fitted)
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = p.Probabilities
	}
	if !slices.EqualFunc(rows[0], rows[1], slices.Equal) {
		t.Error("the probabilities differ")
	}
}

func TestAFinishedRunTakesOverTheCorrectedNamesOfItsClasses(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	d, err := dataset.FromIDX("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	r := recipe()
	r.Epochs = 1
	r = onData(t, d, r)
	if _, err := train.Fit("named", r, nil); err != nil {
		t.Fatal(err)
	}
	d.Train.Classes = slices.Clone(d.Train.Classes)
	d.Train.Classes[9] = "boot"
	d.Test.Classes, d.Fit = d.Train.Classes, "pad"
	onData(t, d, r)
	if _, err := train.Fit("named", r, nil); err != nil {
		t.Fatal(err)
	}
	named, err := run.Local().Open("named")
	if err != nil || named.Record.Classes.Name(9) != "boot" || named.Record.Fit != "pad" || len(named.History) != 1 {
		t.Errorf("after %d epochs the classes are %v, fitted by %q (%v)", len(named.History), named.Record.Classes, named.Record.Fit, err)
	}
}
