// Package fashion holds the Fashion-MNIST data set of Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image
// Dataset for Benchmarking Machine Learning Algorithms" (2017): its images, labels, files and splits. It needs the
// standard library only.
package fashion

import "fmt"

const (
	// Side is the width and the height of an image in pixels.
	Side = 28
	// Pixels is the number of bytes of an image.
	Pixels = Side * Side
	// NumClasses is the number of classes.
	NumClasses = 10
)

// Image is a grey image, row by row from the top left, with values from 0 (black, the background) to 255 (white).
type Image [Pixels]byte

// Label is a class, 0 to 9, in the data set's own order.
type Label uint8

// classNames are the data set's own names of the classes, indexed by Label.
var classNames = [NumClasses]string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// String returns the class's name, such as "Ankle boot".
func (l Label) String() string {
	if int(l) < len(classNames) {
		return classNames[l]
	}
	return fmt.Sprintf("Label(%d)", uint8(l))
}

// Set is a list of labelled images: Labels[i] is the class of Images[i].
type Set struct {
	Images []Image
	Labels []Label
}

// Len returns the number of images.
func (s Set) Len() int { return len(s.Images) }

// Take returns the set of the images at the given positions (0 is the first), in that order. It panics if a position is out of range.
func (s Set) Take(positions []int) Set {
	t := Set{Images: make([]Image, len(positions)), Labels: make([]Label, len(positions))}
	for i, p := range positions {
		t.Images[i], t.Labels[i] = s.Images[p], s.Labels[p]
	}
	return t
}

// Of returns the images of a class.
func (s Set) Of(class Label) (images []Image) {
	for i, l := range s.Labels {
		if l == class {
			images = append(images, s.Images[i])
		}
	}
	return images
}

// CountByClass returns how many images of each class the set holds, indexed by Label.
func (s Set) CountByClass() [NumClasses]int {
	var counts [NumClasses]int
	for _, l := range s.Labels {
		counts[l]++
	}
	return counts
}
