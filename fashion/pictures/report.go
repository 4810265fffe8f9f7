package pictures

import (
	"context"
	"fmt"
	"image"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/internal/text"
)

// Report is what was found in a folder of a data set.
type Report struct {
	Pictures          int                 // that are used
	Others            int                 // files that are no pictures by their names
	Unusable          []string            // pictures that are left out, each with the reason
	Smallest, Largest image.Point         // width and height of the pictures of the fewest and of the most pixels
	Sizes             map[image.Point]int // how many pictures have each width and height

	Validation string // the folder of a validation split beside a test split: its pictures are training images; "" for none

	Train, Test    []int    // images of each class
	Duplicates     int      // images that occur more than once, beyond the first
	Contradictions int      // of these, images with different labels
	AcrossSplit    int      // test images that are near-duplicates of a training image; -1 if there were too many images to compare
	Repeated       []string // of the duplicates, some pairs by their files: first those with different labels
	Leaked         []string // of the test images that are near-duplicates of a training image, some pairs by their files

	dir     string
	classes fashion.Classes
	files   map[string][]file // the pictures that became an image, by its pixels, in the order of reading
}

// note counts a picture and reports whether it is used.
func (r *Report) note(f file) bool {
	if f.err != nil {
		r.Unusable = append(r.Unusable, text.Shown(fmt.Sprintf("%s: %v", f.path, f.err)))
		return false
	}
	pixels := func(p image.Point) int { return p.X * p.Y }
	if r.Pictures == 0 || pixels(f.size) < pixels(r.Smallest) {
		r.Smallest = f.size
	}
	if pixels(f.size) > pixels(r.Largest) {
		r.Largest = f.size
	}
	r.Pictures++
	r.Sizes[f.size]++
	key := string(f.img)
	f.img = nil // the key has it
	r.files[key] = append(r.files[key], f)
	return true
}

// nearDistance is the distance, in grey levels, up to which two images of a shape are near-duplicates: 7 at each value of a pixel, 200 of 28x28 grey pixels.
func nearDistance(s fashion.Shape) float64 {
	return 200 * math.Sqrt(float64(s.Bytes())/fashion.Pixels)
}

// mostCompared is how many pairs of a test and a training image are looked at, of 28x28 grey pixels: as many as of Fashion-MNIST.
const mostCompared = 600_000_000

// compare counts the images of each class and finds those that occur more than once. Its error is that of ctx, which ends it.
func (r *Report) compare(ctx context.Context, d dataset.DataSet) error {
	r.classes, r.Train, r.Test = d.Train.Classes, d.Train.CountByClass(), d.Test.CountByClass()
	seen := map[string]fashion.Label{}
	var same []string
	for _, s := range []fashion.Set{d.Train, d.Test} {
		for i := range s.Len() {
			image := s.At(i)
			first, again := seen[string(image)]
			if !again {
				seen[string(image)] = s.Labels[i]
				continue
			}
			r.Duplicates++
			pair := r.pair(image, first, image, s.Labels[i])
			if first != s.Labels[i] {
				r.Contradictions++
				r.Repeated = appended(r.Repeated, pair)
			} else {
				same = appended(same, pair)
			}
		}
	}
	for _, pair := range same {
		r.Repeated = appended(r.Repeated, pair)
	}
	if r.AcrossSplit = -1; d.Train.Len()*d.Test.Len()*d.Train.Shape.Bytes() > mostCompared*fashion.Pixels {
		return nil
	}
	near, err := d.Test.NearestIn(ctx, d.Train, nearDistance(d.Train.Shape))
	for _, pair := range near {
		r.Leaked = appended(r.Leaked, r.pair(d.Train.At(pair.J), d.Train.Labels[pair.J], d.Test.At(pair.I), d.Test.Labels[pair.I]))
	}
	r.AcrossSplit = len(near)
	return err
}

// pair names the first file of a label that became an image and the last that became another, or the same; "" for images of IDX files.
func (r Report) pair(a fashion.Picture, labelOfA fashion.Label, b fashion.Picture, labelOfB fashion.Label) string {
	first := slices.IndexFunc(r.files[string(a)], func(f file) bool { return f.class == labelOfA })
	last := -1
	for i, f := range r.files[string(b)] {
		if f.class == labelOfB {
			last = i
		}
	}
	if first < 0 || last < 0 {
		return ""
	}
	return text.Shown(r.relative(r.files[string(a)][first].path) + " and " + r.relative(r.files[string(b)][last].path))
}

// Files are the paths of the pictures of a class that became an image, in the data set's folder; none for an image of IDX files.
func (r Report) Files(img fashion.Picture, class fashion.Label) (paths []string) {
	for _, f := range r.files[string(img)] {
		if f.class == class {
			paths = append(paths, text.Line(r.relative(f.path)))
		}
	}
	return paths
}

// relative is the path of a file in the data set's folder.
func (r Report) relative(path string) string {
	if name, err := filepath.Rel(r.dir, path); err == nil {
		return filepath.ToSlash(name)
	}
	return path
}

// shownFiles is how many files, or pairs of them, are named.
const shownFiles = 5

// appended is a list with another text, unless that is empty or there, or the list is long enough to be shown.
func appended(list []string, s string) []string {
	if s == "" || len(list) == shownFiles || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// commonest is the size that most pictures have, and of sizes that as many have the smallest.
func (r Report) commonest() (size image.Point, n int) {
	for s, count := range r.Sizes {
		if count > n || count == n && (s.X < size.X || s.X == size.X && s.Y < size.Y) {
			size, n = s, count
		}
	}
	return size, n
}

// imbalanced is by how much the largest class may outnumber the smallest without a warning.
const imbalanced = 5

// advice names the files that were left out, after an error that may be due to them.
func (r Report) advice() string {
	if len(r.Unusable) == 0 && r.Others == 0 {
		return ""
	}
	lines := []string{fmt.Sprintf("; besides, %d files in the folder are not pictures (%s), and %d pictures cannot be used", r.Others, strings.Join(extensions, ", "), len(r.Unusable))}
	return strings.Join(append(lines, r.Unusable[:min(shownFiles, len(r.Unusable))]...), "\n  ")
}

// listed are texts under a line, indented.
func listed(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ":\n  " + strings.Join(list, "\n  ")
}

// String is the report as text of a line for each finding.
func (r Report) String() string {
	train, test := 0, 0
	for class := range r.Train {
		train, test = train+r.Train[class], test+r.Test[class]
	}
	size, n := r.commonest()
	sizes := fmt.Sprintf("%dx%d to %dx%d pixels, %dx%d the most often (%s)", r.Smallest.X, r.Smallest.Y, r.Largest.X, r.Largest.Y, size.X, size.Y, text.Thousands(n))
	if len(r.Sizes) == 1 {
		sizes = fmt.Sprintf("%dx%d pixels", size.X, size.Y)
	}
	lines := []string{fmt.Sprintf("%s: %s pictures of %d classes, %s; %s training and %s test images", r.dir, text.Thousands(r.Pictures), len(r.classes),
		sizes, text.Thousands(train), text.Thousands(test))}
	add := func(n int, format string, args ...any) {
		if n > 0 {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	for class, n := range r.Train[:min(len(r.Train), 50)] {
		lines = append(lines, fmt.Sprintf("  %s: %s training and %s test images", r.classes[class], text.Thousands(n), text.Thousands(r.Test[class])))
	}
	add(len(r.Train)-50, "  and %d classes more", len(r.Train)-50)
	if r.Validation != "" {
		lines = append(lines, fmt.Sprintf("the pictures of %s are training images: the validation split is taken from all training images", r.relative(r.Validation)))
	}
	add(r.Others, "%d files are no pictures by their names and are left out", r.Others)
	add(len(r.Unusable), "%d pictures cannot be used and are left out:\n  %s", len(r.Unusable), strings.Join(r.Unusable[:min(shownFiles, len(r.Unusable))], "\n  "))
	add(r.Duplicates, "%d images occur more than once, %d of them with another label%s", r.Duplicates, r.Contradictions, listed(r.Repeated))
	add(r.AcrossSplit, "warning: %d test images are also among the training images, or almost: the accuracy on the test images will be too high; remove them%s", r.AcrossSplit, listed(r.Leaked))
	if r.AcrossSplit < 0 {
		lines = append(lines, "there are too many images to look for test images that are almost training images")
	}
	least, most := slices.Min(r.Train), slices.Max(r.Train)
	if most > imbalanced*least {
		lines = append(lines, fmt.Sprintf("warning: the classes are imbalanced: %s has %d training images and %s has %d; a model may neglect the small ones, so look at the recall of each",
			r.classes[slices.Index(r.Train, most)], most, r.classes[slices.Index(r.Train, least)], least))
	}
	if slices.Min(r.Test) == 0 {
		lines = append(lines, fmt.Sprintf("warning: %s has no test images: how well it is recognized is not measured", r.classes[slices.Index(r.Test, 0)]))
	}
	return text.Shown(strings.Join(lines, "\n"))
}
