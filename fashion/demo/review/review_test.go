package review_test

import (
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/demo/review"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/scene"
)

var kinds = []string{"mug", "cup and saucer", "key"}

// predicted are pictures of three kinds in a folder with a subfolder, and predictions for them: that of picture i is right if i is even, and the more certain the larger i is.
func predicted(t *testing.T, n int) (dir string, files []demo.File) {
	t.Helper()
	dir = t.TempDir()
	for i, o := range scene.ObjectsOf(len(kinds), n, 1) {
		f := demo.File{Path: filepath.Join(dir, "more", fmt.Sprintf("%02d.png", i))}
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o777); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(f.Path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(png.Encode(file, o.Picture), file.Close()); err != nil {
			t.Fatal(err)
		}
		prepared, err := pictures.Preparation{Fit: pictures.Pad}.Prepare(o.Picture)
		if err != nil {
			t.Fatal(err)
		}
		p := float32(0.4 + 0.5*float64(i)/float64(n))
		f.Prediction = demo.Prediction{Prepared: prepared, Probabilities: make([]float32, len(kinds)), Decision: demo.NotSure, Reason: "low confidence"}
		for k := range f.Probabilities {
			f.Probabilities[k] = (1 - p) / 2
		}
		f.Probabilities[(i+i%2)%len(kinds)] = p
		files = append(files, f)
	}
	return dir, files
}

func begin(t *testing.T, dir string, files []demo.File) (r *review.Review, out string) {
	t.Helper()
	parent, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(parent, "labels")
	r, err = review.New(kinds, files, dir, out)
	if err != nil {
		t.Fatal(err)
	}
	return r, out
}

// written lists the pictures in a folder.
func written(t *testing.T, out string) (list []string) {
	t.Helper()
	paths, err := pictures.List(out)
	if err != nil && !strings.Contains(err.Error(), "has no pictures") {
		t.Fatal(err)
	}
	for _, p := range paths {
		name, err := filepath.Rel(out, p)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, filepath.ToSlash(name))
	}
	return list
}

func TestWhatIsReviewedIsAFolderToTrainOn(t *testing.T) {
	dir, files := predicted(t, 12)
	r, out := begin(t, dir, files)
	for i := range r.Len() {
		if err := r.Choose(i, kinds[i%3]); err != nil {
			t.Fatal(err)
		}
	}
	d, report, err := pictures.Read(t.Context(), out, pictures.Pad)
	if err != nil || !slices.Equal(d.Train.Classes, []string{"cup and saucer", "key", "mug"}) || report.Pictures != 12 || len(report.Unusable) != 0 {
		t.Errorf("%v (%v)", report, err)
	}
	if list := written(t, dir); len(list) != 12 {
		t.Errorf("the folder that is reviewed has %d pictures now", len(list))
	}
}

func TestAChoiceIsChangedTakenBackAndContinued(t *testing.T) {
	dir, files := predicted(t, 3)
	files = append(files, demo.File{Path: filepath.Join(dir, "broken.png"), Err: errors.New("found a file of another format")})
	r, out := begin(t, dir, files)
	if r.Len() != 3 || len(r.Left) != 1 {
		t.Errorf("%d pictures are reviewed and %d left out", r.Len(), len(r.Left))
	}
	for _, c := range []struct {
		choice string
		want   []string
	}{
		{"mug", []string{"mug/more/00.png"}},
		{"key", []string{"key/more/00.png"}},
		{review.Skipped, nil},
		{"mug", []string{"mug/more/00.png"}},
		{review.Open, nil},
		{"key", []string{"key/more/00.png"}},
	} {
		if err := r.Choose(0, c.choice); err != nil {
			t.Fatal(err)
		}
		if got := written(t, out); !slices.Equal(got, c.want) {
			t.Errorf("after %q there are %q, want %q", c.choice, got, c.want)
		}
	}
	again, err := review.New(kinds, files, dir, out)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Choose(0, "mug"); err != nil || !slices.Equal(written(t, out), []string{"mug/more/00.png"}) {
		t.Errorf("after a review that was continued there are %q (%v)", written(t, out), err)
	}
}

func TestClassesThatCannotBeFoldersAreNumbered(t *testing.T) {
	dir, files := predicted(t, 12)
	for _, class := range []string{"T-shirt/top", "..", "Train", "CUP AND SAUCER", ".hidden", "a:b", " space"} {
		classes, out := []string{"mug", "cup and saucer", class}, filepath.Join(t.TempDir(), "labels")
		r, err := review.New(classes, files, dir, out)
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		if class == "T-shirt/top" {
			n = r.Len()
		}
		for i := range n {
			if err := r.Choose(i, classes[i%3]); err != nil {
				t.Fatal(err)
			}
		}
		if name := written(t, out)[0]; name != "0/more/00.png" {
			t.Errorf("%q: a picture is %s", class, name)
		}
		if n > 1 {
			if d, _, err := pictures.Read(t.Context(), out, pictures.Pad); err != nil || !slices.Equal(d.Train.Classes, classes) {
				t.Errorf("it is read with the classes %q (%v)", d.Train.Classes, err)
			}
		}
	}
}

func TestWhatCannotBeReviewedIsNamed(t *testing.T) {
	dir, files := predicted(t, 3)
	other := filepath.Join(t.TempDir(), "labels")
	if err := os.MkdirAll(other, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "review.json"), []byte(`{"more/00.png": "teapot"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files    []demo.File
		dir, out string
		want     string
	}{
		"labels in the folder":     {files, dir, filepath.Join(dir, "labels"), "neither in the other nor around it"},
		"labels around the folder": {files, dir, filepath.Dir(dir), "neither in the other nor around it"},
		"labels of another model":  {files, dir, other, `"teapot"`},
		"no pictures":              {nil, dir, filepath.Join(t.TempDir(), "labels"), "no pictures"},
		"a picture elsewhere":      {files, filepath.Join(dir, "more", "deep"), filepath.Join(t.TempDir(), "labels"), "is not in"},
	} {
		if _, err := review.New(kinds, c.files, c.dir, c.out); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one with %q", name, err, c.want)
		}
	}
	r, out := begin(t, dir, files)
	for _, err := range []error{r.Choose(-1, "mug"), r.Choose(3, "mug"), r.Choose(0, "teapot"), r.Choose(0, "../mug")} {
		if err == nil {
			t.Error("a choice that there is not is taken")
		}
	}
	if err := os.Remove(files[0].Path); err != nil {
		t.Fatal(err)
	}
	if err := r.Choose(0, "mug"); err == nil || len(written(t, out)) != 0 {
		t.Errorf("a picture that is gone is labelled: %v", err)
	}
}
