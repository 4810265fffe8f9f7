package pictures_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/recipes"
)

// save writes a picture.
func save(t *testing.T, img image.Image, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

// plain is a picture of one colour with a mark of its own.
func plain(w, h, mark int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, color.RGBA{100, 150, 200, 255})
	}
	for i := range min(12, h) {
		img.Set((mark+i*7)%w, i%h, color.White)
	}
	return img
}

// folder has so many pictures of each class.
func folder(t *testing.T, counts map[string]int) string {
	dir := t.TempDir()
	mark := 0
	for class, n := range counts {
		for i := range n {
			mark += 3
			save(t, plain(40+i, 30, mark), dir, class, fmt.Sprintf("%d.png", i))
		}
	}
	return dir
}

func read(t *testing.T, dir, fit string) (dataset.DataSet, pictures.Report) {
	t.Helper()
	d, report, err := pictures.Read(context.Background(), dir, fit)
	if err != nil {
		t.Fatal(err)
	}
	return d, report
}

// The data set's own images, saved as PNG under their numbers, are the same data set, bit for bit.
func TestImagesSavedAsPNGAreTheDataSetOfTheirIDXFiles(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	idx, err := dataset.FromIDX("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for split, s := range map[string]fashion.Set{"train": idx.Train, "test": idx.Test} {
		for i := range s.Images {
			save(t, photo.Grey(s.Images[i]), dir, split, fmt.Sprint(uint16(s.Labels[i])), fmt.Sprintf("%05d.png", i))
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "classes.txt"), []byte(strings.Join(idx.Train.Classes, "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	d, report := read(t, dir, "")
	if !slices.Equal(d.Train.Images, idx.Train.Images) || !slices.Equal(d.Train.Labels, idx.Train.Labels) || !slices.Equal(d.Test.Images, idx.Test.Images) || !slices.Equal(d.Test.Labels, idx.Test.Labels) {
		t.Error("the images or labels differ")
	}
	if !slices.Equal(d.Train.Classes, idx.Train.Classes) || report.Pictures != 2000 || len(report.Unusable) != 0 {
		t.Errorf("the classes are %q; %v", d.Train.Classes, report)
	}
	a, err := dataset.Keep(idx)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := dataset.Keep(d); err != nil || a.Digest != b.Digest {
		t.Errorf("the digest is %s (%v), want %s", b.Digest, err, a.Digest)
	}
}

func TestAFolderWithoutASplitIsDivided(t *testing.T) {
	d, report := read(t, folder(t, map[string]int{"zebra": 14, "ant": 14, "bee": 90}), pictures.Pad)
	if !slices.Equal(d.Train.Classes, fashion.Classes{"ant", "bee", "zebra"}) || !slices.Equal(d.Test.CountByClass(), []int{2, 13, 2}) {
		t.Errorf("classes %q, test images %v", d.Train.Classes, d.Test.CountByClass())
	}
	text := report.String()
	for _, want := range []string{"118 pictures of 3 classes, 40x30 to 129x30", "imbalanced", "bee: 77 training and 13 test images"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestNumbersAreOrderedAsNumbers(t *testing.T) {
	d, _ := read(t, folder(t, map[string]int{"10": 4, "9": 4, "1": 4}), pictures.Crop)
	if !slices.Equal(d.Train.Classes, fashion.Classes{"1", "9", "10"}) {
		t.Errorf("the classes are %q", d.Train.Classes)
	}
}

func TestWhatIsLeftOutIsReported(t *testing.T) {
	dir := folder(t, map[string]int{"train/a": 5, "train/b": 5, "test/a": 2})
	save(t, plain(1, 1, 0), dir, "train", "a", "dot.png")
	save(t, plain(40, 30, 99), dir, "train", "a", "same.png")
	save(t, plain(40, 30, 99), dir, "train", "b", "same.png")
	save(t, plain(40, 30, 99), dir, "test", "a", "same.png")
	for name, text := range map[string]string{"train/b/corrupt.png": "\x89PNG\r\n\x1a\nno", "train/b/notes.txt": "hello"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("loop.png", filepath.Join(dir, "train/a/loop.png")); err != nil {
		t.Fatal(err)
	}
	_, report := read(t, dir, pictures.Stretch)
	if report.Others != 1 || len(report.Unusable) != 3 || report.Duplicates < 2 || report.Contradictions < 1 || report.AcrossSplit < 1 {
		t.Errorf("%+v", report)
	}
	text := report.String()
	for _, want := range []string{"dot.png: found a picture of 1x1", "corrupt.png", "loop.png", "among the training images", "b has no test images"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
}

func TestEachMistakeIsNamed(t *testing.T) {
	texts := t.TempDir()
	for i := range 3 {
		for _, class := range []string{"a", "b"} {
			if err := os.MkdirAll(filepath.Join(texts, class), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(texts, class, fmt.Sprint(i, ".txt")), []byte("text"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	many := t.TempDir()
	for i := range 1001 {
		if err := os.Mkdir(filepath.Join(many, fmt.Sprint(i)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	dots := t.TempDir()
	for i := range 4 {
		save(t, plain(1, 1, 0), dots, "a", fmt.Sprint(i, ".png"))
		save(t, plain(40, 30, 3*i), dots, "b", fmt.Sprint(i, ".png"))
	}
	capitals := folder(t, map[string]int{"a": 5, "b": 5})
	save(t, plain(40, 30, 99), capitals, "b", "Case.png")
	save(t, plain(41, 30, 99), capitals, "b", "case.PNG")
	few := folder(t, map[string]int{"0": 5, "1": 5, "2": 5})
	if err := os.WriteFile(filepath.Join(few, "classes.txt"), []byte("ant\nbee\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	linked := folder(t, map[string]int{"a": 5, "b": 5})
	if err := os.Symlink(linked, filepath.Join(linked, "c")); err != nil {
		t.Fatal(err)
	}
	order := folder(t, map[string]int{"a": 5, "b": 5})
	if err := os.WriteFile(filepath.Join(order, "classes.txt"), []byte("a\nc\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	empty := folder(t, map[string]int{"a": 5, "b": 5})
	if err := os.Mkdir(filepath.Join(empty, "c"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir  string
		want []string
	}{
		"no folder":                {filepath.Join(texts, "none"), []string{"none"}},
		"a folder of nothing":      {t.TempDir(), []string{"no subfolders"}},
		"a folder of text files":   {texts, []string{`"a" has 0 images`, "6 files in the folder are not pictures"}},
		"one class":                {folder(t, map[string]int{"a": 5}), []string{"1 subfolders", "2 to 1000"}},
		"1,001 classes":            {many, []string{"1001 subfolders", "2 to 1000"}},
		"pictures of 1x1":          {dots, []string{`"a" has 0 images`, filepath.Join("a", "0.png") + ": found a picture of 1x1", "add images"}},
		"two files of a name":      {capitals, []string{filepath.Join("b", "Case.png"), "case.PNG", "capitals", "rename one"}},
		"labels beyond the names":  {few, []string{"classes.txt has 2 lines", "3 subfolders", "want a line for each"}},
		"an empty class":           {empty, []string{empty, `"c" has 0 images`, "add images"}},
		"a link that loops":        {linked, []string{filepath.Join(linked, "c"), "link"}},
		"two classes of a name":    {folder(t, map[string]int{"a": 5, "A": 5}), []string{`"A"`, `"a"`, "capitals"}},
		"a name without a folder":  {order, []string{"classes.txt", "line 2", `"c"`}},
		"a class of the test only": {folder(t, map[string]int{"train/a": 5, "train/b": 5, "test/c": 5}), []string{filepath.Join("test", "c")}},
	} {
		_, _, err := pictures.Read(context.Background(), c.dir, pictures.Pad)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want one with %q", name, err, want)
			}
		}
	}
	if _, _, err := pictures.Read(context.Background(), empty, "squeeze"); err == nil || !strings.Contains(err.Error(), "squeeze") {
		t.Errorf("an unknown fit: %v", err)
	}
}

// Pictures of a name in both splits, or in two classes, are different pictures.
func TestANameMayOccurInBothSplitsAndInEachClass(t *testing.T) {
	d, report := read(t, folder(t, map[string]int{"train/a": 4, "train/b": 4, "test/a": 4, "test/b": 4}), pictures.Pad) // each is 0.png to 3.png
	if d.Train.Len() != 8 || d.Test.Len() != 8 || report.Duplicates != 0 {
		t.Errorf("%d training and %d test images; %+v", d.Train.Len(), d.Test.Len(), report)
	}
}

func TestAFolderThatChangesChangesNoTrainingOnIt(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	dir := folder(t, map[string]int{"a": 6, "b": 6})
	before, _, err := pictures.Keep(context.Background(), dir, pictures.Pad)
	if err != nil {
		t.Fatal(err)
	}
	recipe := before.For(recipes.Recipe{})
	first, err := dataset.Train(recipe.Data)
	if err != nil {
		t.Fatal(err)
	}
	save(t, plain(77, 30, 500), dir, "a", "0.png")
	if err := os.Remove(filepath.Join(dir, "b", "1.png")); err != nil {
		t.Fatal(err)
	}
	resumed, err := dataset.Train(recipe.Data)
	if err != nil || !slices.Equal(resumed.Images, first.Images) || !slices.Equal(resumed.Labels, first.Labels) {
		t.Errorf("a training that resumes reads other images (%v)", err)
	}
	after, _, err := pictures.Keep(context.Background(), dir, pictures.Pad)
	if err != nil {
		t.Fatal(err)
	}
	if diff := strings.Join(recipes.Diff(recipe, after.For(recipes.Recipe{})), "; "); !strings.Contains(diff, "data.set") || !strings.Contains(diff, "data.images: 10 != 9") {
		t.Errorf("the recipes differ in %q, want the digest and the number of images", diff)
	}
}

func TestFilesThatOccurTwiceAreNamed(t *testing.T) {
	dir := folder(t, map[string]int{"train/a": 5, "train/b": 5, "test/a": 3, "test/b": 3})
	save(t, plain(64, 64, 7), dir, "train", "a", "one.png")
	save(t, plain(64, 64, 7), dir, "train", "b", "two.png")
	nearly := plain(64, 64, 7)
	nearly.Set(30, 30, color.White)
	save(t, nearly, dir, "test", "a", "three.png")
	_, report := read(t, dir, pictures.Pad)
	if report.Duplicates != 1 || report.Contradictions != 1 || !slices.Equal(report.Repeated, []string{"train/a/one.png and train/b/two.png"}) {
		t.Errorf("repeated: %+v", report)
	}
	if report.AcrossSplit < 1 || report.Leaked[0] != "train/a/one.png and test/a/three.png" {
		t.Errorf("across the split: %d, %q", report.AcrossSplit, report.Leaked)
	}
	for _, want := range []string{"train/a/one.png and train/b/two.png", "train/a/one.png and test/a/three.png", "64x64", "40x30 the most often (4)"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("the report lacks %q:\n%v", want, report)
		}
	}
}

func TestFilesWithDifferentLabelsAreNamedAmongMoreCopies(t *testing.T) {
	dir := folder(t, map[string]int{"train/a": 5, "train/b": 5, "test/a": 3, "test/b": 3})
	for _, path := range []string{"a/one.png", "a/three.png", "b/two.png", "a/zero.png"} {
		save(t, plain(64, 64, 7), dir, "train", path)
	}
	_, report := read(t, dir, pictures.Pad)
	if report.Duplicates != 3 || report.Contradictions != 1 || !slices.Equal(report.Repeated, []string{"train/a/one.png and train/b/two.png", "train/a/one.png and train/a/zero.png"}) {
		t.Errorf("repeated: %+v", report)
	}
}

func TestIDXFilesAreReportedToo(t *testing.T) {
	d, report := read(t, "../../testdata/fashion-mnist", "")
	if d.Name != "fashion-mnist" || d.Fit != "" || report.Pictures != 2000 || !strings.Contains(report.String(), "28x28 pixels; 1,600 training and 400 test images") {
		t.Errorf("%q, fit %q: %v", d.Name, d.Fit, report)
	}
}

func TestFitsShowWhatTheySay(t *testing.T) {
	wide := image.NewGray(image.Rect(0, 0, 84, 28)) // three squares: black, white, black
	for i := range wide.Pix {
		if x := i % 84; x >= 28 && x < 56 {
			wide.Pix[i] = 255
		}
	}
	for fit, want := range map[string][3]byte{ // top middle, centre, left middle
		pictures.Crop:    {255, 255, 255},
		pictures.Pad:     {0, 255, 0},
		pictures.Stretch: {255, 255, 0},
	} {
		p, err := pictures.Preparation{Fit: fit}.Prepare(wide)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]byte{p.Image[14], p.Image[14*28+14], p.Image[14*28]}; got != want {
			t.Errorf("%s: the pixels are %v, want %v", fit, got, want)
		}
	}
}

// Whatever bytes a file has, it is used or left out with a reason.
func FuzzRead(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"), "a.png")
	f.Add([]byte("GIF89a"), "b.gif")
	f.Add([]byte("text"), "c.txt")
	f.Fuzz(func(t *testing.T, data []byte, name string) {
		if strings.ContainsAny(name, "/\x00") || name == "" || name == "." || name == ".." || len(name) > 100 {
			t.Skip("no name of a file")
		}
		dir := folder(t, map[string]int{"a": 4, "b": 4})
		path := filepath.Join(dir, "a", strings.ToLower(name)) // two files whose names differ in capitals only are an error
		if _, err := os.Stat(path); err == nil {
			t.Skip("it is there")
		}
		if os.WriteFile(path, data, 0o666) != nil {
			t.Skip("no name of a file")
		}
		_, report := read(t, dir, pictures.Stretch)
		if report.Pictures+report.Others+len(report.Unusable) > 9 || report.Pictures < 8 {
			t.Errorf("%+v", report)
		}
	})
}

func TestSearchForNearDuplicatesEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := pictures.Read(ctx, "../../testdata/fashion-mnist", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("reading ends with %v, want that it is cancelled", err)
	}
}

// link makes a link of a name to a folder.
func link(t *testing.T, to string, name ...string) string {
	t.Helper()
	path := filepath.Join(name...)
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFolderMayBeALink(t *testing.T) {
	dir := folder(t, map[string]int{"a": 8, "b": 8})
	linked := link(t, dir, t.TempDir(), "my things")
	class := link(t, filepath.Join(dir, "a"), t.TempDir(), ".class")
	for _, root := range []string{linked, class} {
		paths, err := pictures.List(root)
		if err != nil || !strings.HasPrefix(paths[0], root+string(filepath.Separator)) || filepath.Base(paths[0]) != "0.png" {
			t.Errorf("the pictures of %s are %q (%v), want them under the name of the link", root, paths, err)
		}
	}
	if d, _ := read(t, linked, pictures.Pad); d.Name != "my things" || d.Train.Len()+d.Test.Len() != 16 {
		t.Errorf("the data set %q has %d training and %d test images", d.Name, d.Train.Len(), d.Test.Len())
	}
}

func TestLinkInAFolderToAFolderIsNamed(t *testing.T) {
	dir := folder(t, map[string]int{"a": 8, "b": 8})
	loop := link(t, dir, dir, "a", "c")
	if _, err := pictures.List(dir); err == nil || !strings.Contains(err.Error(), loop+" is a link") {
		t.Errorf("the error is %v, want one that names the link", err)
	}
}

func TestPicturesAreFoundBesideWhatIsLeftOut(t *testing.T) {
	dir := folder(t, map[string]int{"a": 3, "b": 2})
	loop := link(t, dir, dir, "a", "0 before the others")
	save(t, plain(9, 9, 200), dir, "b", "0.PNG") // beside 0.png
	paths, left := pictures.Find(dir)
	if len(paths) != 6 || len(left) != 1 || !strings.Contains(left[0].Error(), loop+" is a link") {
		t.Errorf("%d pictures, want 6, and %v, want the link alone: %q", len(paths), left, paths)
	}
	if _, left := pictures.Find(t.TempDir()); len(left) != 1 || !strings.Contains(left[0].Error(), "has no pictures") {
		t.Errorf("an empty folder: %v", left)
	}
	if err := os.Remove(loop); err != nil {
		t.Fatal(err)
	}
	if _, err := pictures.List(dir); err == nil || !strings.Contains(err.Error(), "differ in capitals only") {
		t.Errorf("listed for a copy: %v", err)
	}
}

func TestFoldersOfSplitsAreKnownByTheirCommonNames(t *testing.T) {
	for _, c := range [][2]string{{"Training", "Testing"}, {"train", "VALID"}, {"TRAIN", "validation"}, {"train", "val"}, {"training", "Test"}} {
		d, report := read(t, folder(t, map[string]int{c[0] + "/a": 4, c[0] + "/b": 5, c[1] + "/a": 2, c[1] + "/b": 1}), pictures.Pad)
		if !slices.Equal(d.Train.Classes, fashion.Classes{"a", "b"}) || !slices.Equal(report.Train, []int{4, 5}) || !slices.Equal(report.Test, []int{2, 1}) || report.Validation != "" {
			t.Errorf("%q: the classes are %q; %+v", c, d.Train.Classes, report)
		}
	}
}

func TestValidationImagesBesideTestImagesAreForTraining(t *testing.T) {
	dir := folder(t, map[string]int{"train/a": 4, "train/b": 5, "Valid/b": 3, "test/a": 2, "test/b": 1})
	save(t, plain(90, 30, 200), dir, "Valid", "b", "extra.png")
	d, report := read(t, dir, pictures.Pad)
	if d.Train.Len() != 13 || !slices.Equal(report.Train, []int{4, 9}) || !slices.Equal(report.Test, []int{2, 1}) || report.Pictures != 16 {
		t.Errorf("%+v", report)
	}
	if text := report.String(); !strings.Contains(text, "the pictures of Valid are training images") {
		t.Errorf("the report lacks the validation split:\n%s", text)
	}
	if got := report.Files(d.Train.At(d.Train.Len()-1), 1); !slices.Equal(got, []string{"Valid/b/extra.png"}) {
		t.Errorf("the last training image by its name is %q", got)
	}
}

func TestClassesMayBeNamedLikeSplits(t *testing.T) {
	d, _ := read(t, folder(t, map[string]int{"train": 5, "car": 5, "bus/red": 5}), pictures.Pad)
	if !slices.Equal(d.Train.Classes, fashion.Classes{"bus", "car", "train"}) {
		t.Errorf("the classes are %q", d.Train.Classes)
	}
}

func TestFoldersThatAreNeitherSplitsNorClassesAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		counts map[string]int
		want   []string
	}{
		"another folder beside splits":          {map[string]int{"train/a": 4, "train/b": 4, "test/a": 4, "annotations": 1}, []string{"found the splits ", "train, ", "test beside ", "annotations, want splits only", "move the folders"}},
		"another folder with subfolders":        {map[string]int{"Train/a": 4, "Train/b": 4, "extra/a": 4}, []string{"Train beside ", "extra, want splits only", "if all are classes, rename"}},
		"two folders of one split":              {map[string]int{"train/a": 4, "train/b": 4, "val/a": 4, "Valid/b": 4}, []string{"Valid and ", "val are folders of one split", "put their pictures together"}},
		"splits without one of training images": {map[string]int{"test/a": 4, "test/b": 4, "val/a": 4}, []string{"test, val", "add the folder train"}},
		"a class of the validation split only":  {map[string]int{"train/a": 5, "train/b": 5, "val/c": 5, "test/a": 5}, []string{filepath.Join("val", "c") + " is a class that"}},
	} {
		_, _, err := pictures.Read(t.Context(), folder(t, c.counts), pictures.Pad)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want one with %q", name, err, want)
			}
		}
	}
}

// A review of labels leaves such a folder where no picture is of some class.
func TestNumberedClassesWithoutAFolderAreLeftOut(t *testing.T) {
	dir := folder(t, map[string]int{"0": 5, "3": 5})
	if err := os.WriteFile(filepath.Join(dir, "classes.txt"), []byte("ant\nbee\ncat\ndog\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	d, _, err := pictures.Read(context.Background(), dir, pictures.Pad)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Train.Classes; !slices.Equal(got, fashion.Classes{"ant", "dog"}) {
		t.Errorf("the classes are %q, want those with a folder", got)
	}
}
