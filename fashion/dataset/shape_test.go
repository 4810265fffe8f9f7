package dataset_test

import (
	"bytes"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/recipes"
)

// shaped is a data set of two classes whose images are so many bytes, all the same but the first.
func shaped(s fashion.Shape) dataset.DataSet {
	d := dataset.DataSet{Fit: "crop"}
	for _, set := range []*fashion.Set{&d.Train, &d.Test} {
		*set = fashion.Set{Shape: s, Classes: fashion.Classes{"a", "b"}}
		for i := range 6 {
			p := bytes.Repeat([]byte{9}, s.Bytes())
			p[0] = byte(i)
			set.Append(p, fashion.Label(i%2))
		}
	}
	return d
}

func TestADataSetIsKeptWithItsShape(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	seen := map[string]fashion.Shape{}
	for _, s := range []fashion.Shape{{}, {Channels: 3}, {Side: 64}, {Side: 96, Channels: 3}} {
		d := shaped(s)
		if err := d.Check("made here"); err != nil {
			t.Fatal(err)
		}
		kept, err := dataset.Keep(d)
		if err != nil {
			t.Fatal(err)
		}
		r := kept.For(recipes.Recipe{})
		train, err := dataset.Train(r.Data)
		if err != nil {
			t.Fatal(err)
		}
		if r.Model.Shape != s || train.Shape != s || train.Len() != 6 || !bytes.Equal(train.At(5), d.Train.At(5)) {
			t.Errorf("%v are kept as %d of %v for a recipe of %v", s, train.Len(), train.Shape, r.Model.Shape)
		}
		if other, twice := seen[kept.Digest]; twice {
			t.Errorf("%v and %v have one digest", s, other)
		}
		seen[kept.Digest] = s
	}
}

func TestImagesOfTwoShapesAreNoDataSet(t *testing.T) {
	d := shaped(fashion.Shape{Side: 64})
	d.Test = shaped(fashion.Shape{Side: 64, Channels: 3}).Test
	if err := d.Check("made here"); err == nil || !strings.Contains(err.Error(), "colour images of 64x64") {
		t.Errorf("the error is %v", err)
	}
}

func TestWhatNoTrainingCouldUseIsNotKept(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	change := func(f func(*dataset.DataSet)) dataset.DataSet {
		d := shaped(fashion.Shape{Side: 64})
		f(&d)
		return d
	}
	for want, d := range map[string]dataset.DataSet{
		"0 classes, want 2":        {},
		"there are no test images": change(func(d *dataset.DataSet) { d.Test = fashion.Set{Shape: d.Test.Shape} }),
		"label 0 is 9":             change(func(d *dataset.DataSet) { d.Test.Labels[0] = 9 }),
		"labels for":               change(func(d *dataset.DataSet) { d.Train.Labels = d.Train.Labels[1:] }),
		"has 5 bytes, want 4096":   change(func(d *dataset.DataSet) { d.Train.Pictures[0] = make(fashion.Picture, 5) }),
	} {
		if _, err := dataset.Keep(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
}
