package dataset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/recipes"
)

// made is a set of n images of so many classes, image i of class i%classes.
func made(n, classes int, seed byte) fashion.Set {
	s := fashion.Set{Images: make([]fashion.Image, n)}
	for i := range n {
		s.Labels = append(s.Labels, fashion.Label(i%classes))
		s.Images[i][i%fashion.Pixels], s.Images[i][0] = byte(i), seed
	}
	return s
}

// bytesIDX are IDX files with labels of one byte.
func bytesIDX(s fashion.Set) (images, labels []byte) {
	images, _ = s.EncodeIDX()
	labels = binary.BigEndian.AppendUint32(nil, 0x0801)
	labels = binary.BigEndian.AppendUint32(labels, uint32(s.Len()))
	for _, l := range s.Labels {
		labels = append(labels, byte(l))
	}
	return images, labels
}

func compressed(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// write writes files into a folder.
func write(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// folder is a folder of IDX files of so many classes.
func folder(t *testing.T, classes int) string {
	dir := t.TempDir()
	trainImages, trainLabels := bytesIDX(made(6*classes, classes, 1))
	testImages, testLabels := bytesIDX(made(2*classes, classes, 2))
	write(t, dir, map[string][]byte{
		"train-images-idx3-ubyte": trainImages, "train-labels-idx1-ubyte.gz": compressed(trainLabels),
		"t10k-images-idx3-ubyte.gz": compressed(testImages), "t10k-labels-idx1-ubyte": testLabels,
	})
	return dir
}

func TestIDXFilesOfAnyNumberOfClassesAreKept(t *testing.T) {
	for _, classes := range []int{2, 3, 10, 47, 256} {
		t.Setenv("FASHIONLAB_HOME", t.TempDir())
		dir := folder(t, classes)
		d, err := dataset.FromIDX(dir)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := dataset.Keep(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil { // no training needs it any more
			t.Fatal(err)
		}
		recipe := kept.For(recipes.Recipe{Data: recipes.Data{Limit: 1 << 20}})
		if recipe.Model.Classes != classes || recipe.Data.Images() != 6*classes {
			t.Errorf("the recipe is %+v", recipe)
		}
		train, err := dataset.Train(recipe.Data)
		if err != nil {
			t.Fatal(err)
		}
		test, err := dataset.Test(recipe.Data)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(train.Images, d.Train.Images) || !slices.Equal(train.Labels, d.Train.Labels) || test.Len() != 2*classes || test.Classes.Name(1) != "1" {
			t.Errorf("%d classes: %d and %d images, class 1 is %q", classes, train.Len(), test.Len(), test.Classes.Name(1))
		}
	}
}

func TestTheNamesOfClassesAreReadFromATextFile(t *testing.T) {
	for file, text := range map[string]string{"classes.txt": "ant\nbee\r\nwasp, with a sting\n", "emnist-balanced-mapping.txt": "0 65\n1 66\n2 8364\n"} {
		dir := folder(t, 3)
		write(t, dir, map[string][]byte{file: []byte(text)})
		d, err := dataset.FromIDX(dir)
		want := fashion.Classes{"ant", "bee", "wasp, with a sting"}
		if file != "classes.txt" {
			want = fashion.Classes{"A", "B", "€"}
		}
		if err != nil || !slices.Equal(d.Train.Classes, want) {
			t.Errorf("%s: the classes are %q (%v), want %q", file, d.Train.Classes, err, want)
		}
	}
}

func TestFashionMNISTIsKnownByItsContent(t *testing.T) {
	d, err := dataset.FromIDX("../../testdata/fashion-mnist")
	if err != nil || d.Train.Classes.Name(9) != "Ankle boot" {
		t.Errorf("class 9 is %q (%v)", d.Train.Classes.Name(9), err)
	}
}

func TestWhatNoTrainingCouldUseIsNamed(t *testing.T) {
	images, labels := bytesIDX(made(12, 3, 1))
	floats := slices.Clone(images)
	floats[2] = 0x0d
	wide := slices.Clone(images)
	wide[11] = 32
	gap := made(12, 3, 1)
	for i := range gap.Labels {
		gap.Labels[i] = 2 * (gap.Labels[i] / 2)
	}
	_, gapLabels := bytesIDX(gap)
	one := made(12, 1, 1)
	_, oneLabels := bytesIDX(one)
	for name, c := range map[string]struct {
		files map[string][]byte
		want  []string
	}{
		"IDX of another type":       {map[string][]byte{"train-images-idx3-ubyte": floats}, []string{"train-images", "magic number is 0x0000000d03", "IDX images"}},
		"images of another size":    {map[string][]byte{"train-images-idx3-ubyte": wide}, []string{"train-images", "rows is 32", "want 28"}},
		"a truncated file":          {map[string][]byte{"train-images-idx3-ubyte": images[:200]}, []string{"train-images", "truncated"}},
		"labels of other images":    {map[string][]byte{"train-images-idx3-ubyte": images[:16+28*28*12]}, []string{"has 12 images", "has 18 labels"}},
		"labels beyond the classes": {map[string][]byte{"classes.txt": []byte("a\nb\n")}, []string{"classes.txt", "label 2 is 2", "add the names"}},
		"two classes of a name":     {map[string][]byte{"classes.txt": []byte("a\nb\na\n")}, []string{"classes.txt", `"a"`}},
		"a name that does not show": {map[string][]byte{"classes.txt": []byte("a\n\x1b[31m\nc\n")}, []string{"classes.txt", "can be read"}},
		"a class without images":    {map[string][]byte{"train-labels-idx1-ubyte.gz": compressed(gapLabels), "train-images-idx3-ubyte": images}, []string{`class "1"`, "has 0 training images", "without a gap"}},
		"one class":                 {map[string][]byte{"classes.txt": []byte("all\n"), "train-labels-idx1-ubyte.gz": compressed(oneLabels), "train-images-idx3-ubyte": images}, []string{"1 classes", "2 to 1000"}},
		"10,000 classes":            {map[string][]byte{"classes.txt": []byte(strings.Join(numbers(10_000), "\n"))}, []string{"10000 classes", "2 to 1000"}},
		"two data sets in a folder": {map[string][]byte{"emnist-train-images-idx3-ubyte": images}, []string{"emnist-train-images", "one data set"}},
		"a mapping of something":    {map[string][]byte{"mapping.txt": labels}, []string{"mapping.txt", "line 1"}},
	} {
		dir := folder(t, 3)
		write(t, dir, c.files)
		_, err := dataset.FromIDX(dir)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want one with %q", name, err, want)
			}
		}
	}
	if _, err := dataset.FromIDX(t.TempDir()); err == nil || !strings.Contains(err.Error(), "train-images-idx3-ubyte") {
		t.Errorf("an empty folder: %v", err)
	}
}

func numbers(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func TestEMNISTsImagesBecomeUpright(t *testing.T) {
	plain := folder(t, 3)
	files, err := filepath.Glob(filepath.Join(plain, "*"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := dataset.FromIDX(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		name := strings.Replace(filepath.Base(path), "t10k", "test", 1)
		if err := os.Rename(path, filepath.Join(plain, "emnist-letters-"+name)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := dataset.FromIDX(plain)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range got.Train.Images {
		for y := range fashion.Side {
			for x := range fashion.Side {
				if img[y*fashion.Side+x] != want.Train.Images[i][x*fashion.Side+y] {
					t.Fatalf("image %d is not transposed at %d, %d", i, x, y)
				}
			}
		}
	}
}

func TestADataSetIsKeptAtTheSameTimeByMany(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	d, err := dataset.FromIDX(folder(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	const processes = 8 // a lock excludes others of this process, too
	for range processes {
		go func() {
			kept, err := dataset.Keep(d)
			if err == nil {
				_, err = kept.Train()
			}
			ended <- err
		}()
	}
	for range processes {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestNamesOfClassesAreCorrectedInADataSetThatIsKept(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	d, err := dataset.FromIDX(folder(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	before, err := dataset.Keep(d)
	if err != nil {
		t.Fatal(err)
	}
	d.Train.Classes = fashion.Classes{"ant", "bee", "wasp"}
	d.Test.Classes = d.Train.Classes
	if _, err := dataset.Keep(d); err != nil {
		t.Fatal(err)
	}
	after, err := dataset.Open(before.Digest)
	if err != nil || after.Classes.Name(2) != "wasp" {
		t.Errorf("the classes are %v (%v)", after.Classes, err)
	}
}

func TestAChangedCopyIsNotTrainedOn(t *testing.T) {
	home := t.TempDir()
	t.Setenv("FASHIONLAB_HOME", home)
	d, err := dataset.FromIDX(folder(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := dataset.Keep(d)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(home, "datasets", kept.Digest, "train-images.idx")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[100]++
	write(t, filepath.Dir(path), map[string][]byte{filepath.Base(path): data})
	if _, err := kept.Train(); err == nil || !strings.Contains(err.Error(), "corrupt") || !strings.Contains(err.Error(), "-data") {
		t.Errorf("the error is %v", err)
	}
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if _, err := dataset.Open(kept.Digest); err == nil || !strings.Contains(err.Error(), "train -data DIR") {
		t.Errorf("the error is %v", err)
	}
	if _, err := dataset.Open("../../etc"); err == nil {
		t.Error("a path is taken for a digest")
	}
}

func TestTestImagesAreSetAsideOfEachClass(t *testing.T) {
	s := made(140, 7, 1)
	s.Classes = numbers(7)
	train, test, err := dataset.Divide(s)
	if err != nil || train.Len()+test.Len() != 140 || test.Len() != 21 || slices.Min(test.CountByClass()) != 3 {
		t.Errorf("%d and %d images (%v)", train.Len(), test.Len(), err)
	}
}

// Whatever bytes a folder's files have, reading ends with a data set that Check finds nothing wrong with, or with an error that names the folder.
func FuzzFromIDX(f *testing.F) {
	images, labels := bytesIDX(made(9, 3, 1))
	_, shorts := made(9, 3, 1).EncodeIDX()
	f.Add(images, labels, []byte("a\nb\nc"))
	f.Add(compressed(images), shorts, []byte("a"))
	f.Add(images[:20], labels[:9], []byte{0xff})
	f.Fuzz(func(t *testing.T, images, labels, classes []byte) {
		dir := t.TempDir()
		write(t, dir, map[string][]byte{"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": labels,
			"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": labels, "classes.txt": classes})
		d, err := dataset.FromIDX(dir)
		if err == nil {
			err = d.Check(dir)
		}
		if err != nil && !strings.Contains(err.Error(), dir) {
			t.Errorf("the error %q does not name the folder", err)
		}
	})
}

func TestIDXFilesWithADotInTheirNamesAreRead(t *testing.T) {
	dir := folder(t, 3)
	for _, name := range []string{"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"} {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, strings.Replace(name, "-idx", ".idx", 1))); err != nil {
			t.Fatal(err)
		}
	}
	if d, err := dataset.FromIDX(dir); err != nil || d.Train.Len() != 18 || !dataset.IsIDX(dir) {
		t.Errorf("%d training images (%v), want 18", d.Train.Len(), err)
	}
}
