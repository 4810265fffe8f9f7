// Package fashion holds the Fashion-MNIST data set of Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image
// Dataset for Benchmarking Machine Learning Algorithms" (2017): its images, labels, files and splits. It needs the
// standard library only.
package fashion

import (
	"fmt"
	"slices"
)

const (
	// Side is the width and the height of an image in pixels.
	Side = 28
	// Pixels is the number of bytes of an image.
	Pixels = Side * Side
	// NumClasses is the number of classes of Fashion-MNIST.
	NumClasses = 10
	// MaxClasses is how many classes a data set of one's own may have.
	MaxClasses = 1000
)

// Image is a grey image, row by row from the top left, with values from 0 (black, the background) to 255 (white).
type Image [Pixels]byte

// Label is a class in the data set's own order, 0 for the first: 0 to 9 in Fashion-MNIST.
type Label uint16

// classNames are the data set's own names of the classes, indexed by Label.
var classNames = [NumClasses]string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
}

// String returns the name of a class of Fashion-MNIST, such as "Ankle boot". Classes.Name has those of other data sets.
func (l Label) String() string {
	if int(l) < len(classNames) {
		return classNames[l]
	}
	return fmt.Sprintf("Label(%d)", uint16(l))
}

// Classes are the names of a data set's classes, indexed by Label. Without any they are those of Fashion-MNIST.
type Classes []string

// Len is the number of classes.
func (c Classes) Len() int {
	if c == nil {
		return NumClasses
	}
	return len(c)
}

// Name returns the name of a class; of one that there is not, its number, such as "Label(12)".
func (c Classes) Name(l Label) string {
	switch {
	case c == nil:
		return l.String()
	case int(l) < len(c):
		return c[l]
	}
	return fmt.Sprintf("Label(%d)", l)
}

// Names are the names of all classes, indexed by Label.
func (c Classes) Names() []string {
	if c == nil {
		c = classNames[:]
	}
	return slices.Clone(c)
}

// Set is a list of labelled images: Labels[i] is the class of Images[i], or of Pictures[i].
type Set struct {
	Images   []Image
	Labels   []Label
	Classes  Classes   // nil for Fashion-MNIST
	Shape    Shape     // of the images
	Pictures []Picture // instead of Images, where the shape is not that of Fashion-MNIST
}

// Len returns the number of images.
func (s Set) Len() int { return len(s.Images) + len(s.Pictures) }

// At returns the pixels of an image, whatever its shape. They are the set's own.
func (s Set) At(i int) Picture {
	if s.Shape == (Shape{}) {
		return s.Images[i][:]
	}
	return s.Pictures[i]
}

// Check reports pictures that are not of the set's shape, labels that are not as many as the images, if there are any, and labels beyond the classes.
func (s Set) Check() error {
	switch {
	case s.Shape == (Shape{}) && len(s.Pictures) > 0:
		return fmt.Errorf("the set has Pictures and no Shape; %v are Images", Shape{})
	case s.Shape != (Shape{}) && len(s.Images) > 0:
		return fmt.Errorf("the set has Images, and its shape is that of %v, which are Pictures", s.Shape)
	case len(s.Labels) > 0 && len(s.Labels) != s.Len():
		return fmt.Errorf("the set has %d labels for %d images, want one for each, or none", len(s.Labels), s.Len())
	}
	for i, p := range s.Pictures {
		if len(p) != 0 && len(p) != s.Shape.Bytes() {
			return fmt.Errorf("picture %d has %d bytes, want %d, or none for a black one: the set is of %v", i, len(p), s.Shape.Bytes(), s.Shape)
		}
	}
	for i, l := range s.Labels {
		if int(l) >= s.Classes.Len() {
			return fmt.Errorf("label %d is %d, want 0 to %d", i, l, s.Classes.Len()-1)
		}
	}
	return nil
}

// Append adds an image of the set's shape. It panics if it has another number of bytes, unless it has none and is black.
func (s *Set) Append(p Picture, label Label) {
	if len(p) != 0 && len(p) != s.Shape.Bytes() {
		panic(fmt.Sprintf("Set.Append: the picture has %d bytes, want %d: the set is of %v", len(p), s.Shape.Bytes(), s.Shape))
	}
	if s.Labels = append(s.Labels, label); s.Shape == (Shape{}) {
		var image Image
		copy(image[:], p)
		s.Images = append(s.Images, image)
	} else {
		s.Pictures = append(s.Pictures, p)
	}
}

// Range returns the images from first to before end, with their labels if the set has some.
func (s Set) Range(first, end int) Set {
	t := Set{Classes: s.Classes, Shape: s.Shape}
	if len(s.Labels) > 0 {
		t.Labels = s.Labels[first:end]
	}
	if s.Shape == (Shape{}) {
		t.Images = s.Images[first:end]
	} else {
		t.Pictures = s.Pictures[first:end]
	}
	return t
}

// Take returns the set of the images at the given positions (0 is the first), in that order. It panics if a position is out of range.
func (s Set) Take(positions []int) Set {
	t := Set{Labels: make([]Label, 0, len(positions)), Classes: s.Classes, Shape: s.Shape}
	if s.Shape == (Shape{}) {
		t.Images = make([]Image, 0, len(positions))
	}
	for _, p := range positions {
		t.Append(s.At(p), s.Labels[p])
	}
	return t
}

// Some are the positions of so many of n images, or of all if they are fewer: the first, or, spread over all of them, at equal distances.
func Some(n, most int, spread bool) (positions []int) {
	most = min(n, most)
	for i := range most {
		if spread {
			i = i * n / most
		}
		positions = append(positions, i)
	}
	return positions
}

// Of returns the images of a class. It panics if they are not of the shape of Fashion-MNIST; Take chooses among images of any shape.
func (s Set) Of(class Label) (images []Image) {
	s.WantImages("Set.Of")
	for i, l := range s.Labels {
		if l == class {
			images = append(images, s.Images[i])
		}
	}
	return images
}

// WantImages panics if a function that knows the shape of Fashion-MNIST alone is called for a set of another.
func (s Set) WantImages(function string) {
	if s.Shape != (Shape{}) {
		panic(fmt.Sprintf("%s is for %v, and the set has %v", function, Shape{}, s.Shape))
	}
}

// CountByClass returns how many images of each class the set holds, indexed by Label.
func (s Set) CountByClass() []int {
	counts := make([]int, s.Classes.Len())
	for _, l := range s.Labels {
		counts[l]++
	}
	return counts
}
