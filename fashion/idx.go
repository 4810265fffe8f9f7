package fashion

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// The IDX format (http://yann.lecun.com/exdb/mnist, after LeCun, Cortes and Burges): two zero bytes, a type byte
// (0x08 is unsigned byte), the number of dimensions, each dimension as a big-endian uint32, then the values in row
// order.
const (
	imagesMagic = 0x0803
	colourMagic = 0x0804 // images with a last dimension of channels
	labelsMagic = 0x0801
	shortsMagic = 0x0b01  // labels of two bytes, big-endian, of more than 256 classes
	maxItems    = 1 << 20 // far above any file of this family; a larger count is a corrupt header
	preallocate = 60000   // images at most: as many as the largest real file has
)

// FormatError is a file that breaks the IDX or the gzip format.
type FormatError struct {
	File   string
	Offset int64 // in the decompressed bytes
	Field  string
	Got    string
	Want   string
	Err    error // the cause; may be nil
}

func (e *FormatError) Error() string {
	s := fmt.Sprintf("%s: at byte %d: %s is %s, want %s", e.File, e.Offset, e.Field, e.Got, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }

// begin reads an IDX file of images of a shape up to the first image, and returns their number. The file may be compressed with gzip; its name is for errors.
func begin(r io.Reader, name string, shape Shape) (f *idxFile, n int, err error) {
	if f, err = open(r, name); err != nil {
		return nil, 0, err
	}
	d, axes, magic := shape.Dimensions(), []string{"rows", "columns", "channels"}, uint32(colourMagic)
	if shape.Channels == 0 {
		axes, magic = axes[:2], imagesMagic
	}
	if n, _, err = f.header("images", magic); err != nil {
		return nil, 0, err
	}
	for i, axis := range axes {
		got, err := f.uint32(axis)
		if err != nil {
			return nil, 0, err
		}
		if want := uint32(d[i]); got != want {
			return nil, 0, f.mismatch(4, axis, got, want)
		}
	}
	return f, n, nil
}

// readImages reads an IDX file of images like Fashion-MNIST's.
func readImages(r io.Reader, name string) ([]Image, error) {
	f, n, err := begin(r, name, Shape{})
	if err != nil {
		return nil, err
	}
	images := make([]Image, 0, min(n, preallocate))
	for i := range n {
		images = append(images, Image{})
		if err := f.full(images[i][:], "image %d of %d", i, n); err != nil {
			return nil, err
		}
	}
	return images, f.end()
}

// readPictures reads an IDX file of images of a shape.
func readPictures(r io.Reader, name string, shape Shape) (list []Picture, err error) {
	f, n, err := begin(r, name, shape)
	if err != nil {
		return nil, err
	}
	for i := range n {
		list = append(list, make(Picture, shape.Bytes()))
		if err := f.full(list[i], "image %d of %d", i, n); err != nil {
			return nil, err
		}
	}
	return list, f.end()
}

// readLabels reads an IDX file of labels, compressed with gzip or not. The name is for errors.
func readLabels(r io.Reader, name string) ([]Label, error) {
	return readLabelsOf(r, name, NumClasses, labelsMagic)
}

// readLabelsOf reads labels of so many classes from a file with one of the magic numbers.
func readLabelsOf(r io.Reader, name string, classes uint32, magic ...uint32) ([]Label, error) {
	f, err := open(r, name)
	if err != nil {
		return nil, err
	}
	n, found, err := f.header("labels", magic...)
	if err != nil {
		return nil, err
	}
	one := make([]byte, 1)
	if found == shortsMagic {
		one = make([]byte, 2)
	}
	var labels []Label
	for range n {
		if err := f.full(one, "label %d of %d", len(labels), n); err != nil {
			return nil, err
		}
		label := uint32(0)
		for _, b := range one {
			label = label<<8 | uint32(b)
		}
		if label >= classes {
			return nil, f.mismatch(int64(len(one)), fmt.Sprintf("label %d", len(labels)), label, classes-1)
		}
		labels = append(labels, Label(label))
	}
	return labels, f.end()
}

// ReadIDX reads a labelled set of images of a shape and of up to MaxClasses classes from a file of images and one of labels, compressed with gzip or not, of any content. The
// classes are left to the caller. Its errors are a *FormatError, or name the file.
func ReadIDX(imagesPath, labelsPath string, shape Shape) (s Set, err error) {
	if s.Shape = shape; shape == (Shape{}) {
		s.Images, err = readFrom(imagesPath, readImages)
	} else {
		s.Pictures, err = readFrom(imagesPath, func(r io.Reader, name string) ([]Picture, error) { return readPictures(r, name, shape) })
	}
	if err != nil {
		return Set{}, err
	}
	s.Labels, err = readFrom(labelsPath, func(r io.Reader, name string) ([]Label, error) {
		return readLabelsOf(r, name, MaxClasses, labelsMagic, shortsMagic)
	})
	if err == nil && s.Len() != len(s.Labels) {
		err = &countError{imagesPath, labelsPath, s.Len(), len(s.Labels)}
	}
	if err != nil {
		return Set{}, err
	}
	return s, nil
}

// countError is a file of images and one of labels that do not belong together.
type countError struct {
	imagesPath, labelsPath string
	images, labels         int
}

func (e *countError) Error() string {
	return fmt.Sprintf("%s has %d images and %s has %d labels, want the same number", e.imagesPath, e.images, e.labelsPath, e.labels)
}

// readFrom reads a file by one of the functions above.
func readFrom[T any](path string, read func(io.Reader, string) ([]T, error)) ([]T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(file, path)
}

// EncodeIDX returns the set as a file of images and one of labels, of two bytes each, which ReadIDX reads.
func (s Set) EncodeIDX() (images, labels []byte) {
	d := s.Shape.Dimensions()
	head := []int{imagesMagic, s.Len(), d[0], d[1]}
	if s.Shape.Channels != 0 {
		head = []int{colourMagic, s.Len(), d[0], d[1], d[2]}
	}
	images = make([]byte, 0, 4*len(head)+s.Len()*s.Shape.Bytes())
	for _, v := range head {
		images = binary.BigEndian.AppendUint32(images, uint32(v))
	}
	labels = binary.BigEndian.AppendUint32(nil, shortsMagic)
	labels = binary.BigEndian.AppendUint32(labels, uint32(s.Len()))
	for i := range s.Len() {
		images = append(images, s.At(i)...)
		labels = binary.BigEndian.AppendUint16(labels, uint16(s.Labels[i]))
	}
	return images, labels
}

// idxFile reads an IDX file and counts the bytes that were read.
type idxFile struct {
	name   string
	r      io.Reader
	offset int64
}

func open(r io.Reader, name string) (*idxFile, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	f := &idxFile{name: name, r: b}
	if head, err := b.Peek(2); err == nil && head[0] == 0x1f && head[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, &FormatError{name, 0, "gzip header", "corrupt", "a complete one; fetch the file again", err}
		}
		f.r = bufio.NewReaderSize(z, 1<<16)
	}
	return f, nil
}

// full fills p. Its error names the field, which format and args describe.
func (f *idxFile) full(p []byte, format string, args ...any) error {
	n, err := io.ReadFull(f.r, p)
	f.offset += int64(n)
	if err == nil {
		return nil
	}
	field := fmt.Sprintf(format, args...)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{f.name, f.offset, field, "truncated", fmt.Sprintf("%d bytes; fetch the file again", len(p)), io.ErrUnexpectedEOF}
	default:
		return &FormatError{f.name, f.offset, field, "unreadable", fmt.Sprintf("%d bytes; fetch the file again", len(p)), err}
	}
}

func (f *idxFile) uint32(field string) (uint32, error) {
	var b [4]byte
	err := f.full(b[:], "%s", field)
	return binary.BigEndian.Uint32(b[:]), err
}

// header reads the magic number, which must be one of those given, and the count of items.
func (f *idxFile) header(items string, magic ...uint32) (count int, found uint32, err error) {
	found, err = f.uint32("magic number")
	if err != nil {
		return 0, 0, err
	}
	if !slices.Contains(magic, found) {
		return 0, 0, &FormatError{f.name, 0, "magic number", fmt.Sprintf("%#010x", found), fmt.Sprintf("%#010x (IDX %s)", magic[0], items), nil}
	}
	n, err := f.uint32("number of " + items)
	if err != nil {
		return 0, 0, err
	}
	if n == 0 || n > maxItems {
		return 0, 0, &FormatError{f.name, 4, "number of " + items, fmt.Sprint(n), fmt.Sprintf("1 to %d", maxItems), nil}
	}
	return int(n), found, nil
}

// mismatch returns an error about the last size bytes that were read.
func (f *idxFile) mismatch(size int64, field string, got, want uint32) error {
	return &FormatError{f.name, f.offset - size, field, fmt.Sprint(got), fmt.Sprint(want), nil}
}

// end checks that nothing follows. Reading to the end makes gzip check its own checksum.
func (f *idxFile) end() error {
	var b [1]byte
	switch n, err := io.ReadFull(f.r, b[:]); {
	case n > 0:
		return &FormatError{f.name, f.offset, "end of file", "more bytes", "none; the count and the size disagree", nil}
	case !errors.Is(err, io.EOF):
		return &FormatError{f.name, f.offset, "end of file", "corrupt", "gzip's checksum; fetch the file again", err}
	}
	return nil
}
