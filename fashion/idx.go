package fashion

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The IDX format (http://yann.lecun.com/exdb/mnist, after LeCun, Cortes and Burges): two zero bytes, a type byte
// (0x08 is unsigned byte), the number of dimensions, each dimension as a big-endian uint32, then the values in row
// order.
const (
	imagesMagic = 0x0803
	labelsMagic = 0x0801
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

// readImages reads an IDX file of images, compressed with gzip or not. The name is for errors.
func readImages(r io.Reader, name string) ([]Image, error) {
	f, err := open(r, name)
	if err != nil {
		return nil, err
	}
	n, err := f.header(imagesMagic, "images")
	if err != nil {
		return nil, err
	}
	for _, side := range []string{"rows", "columns"} {
		got, err := f.uint32(side)
		if err != nil {
			return nil, err
		}
		if got != Side {
			return nil, f.mismatch(4, side, got, Side)
		}
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

// readLabels reads an IDX file of labels, compressed with gzip or not. The name is for errors.
func readLabels(r io.Reader, name string) ([]Label, error) {
	f, err := open(r, name)
	if err != nil {
		return nil, err
	}
	n, err := f.header(labelsMagic, "labels")
	if err != nil {
		return nil, err
	}
	var labels []Label
	var one [1]byte
	for range n {
		if err := f.full(one[:], "label %d of %d", len(labels), n); err != nil {
			return nil, err
		}
		if one[0] >= NumClasses {
			return nil, f.mismatch(1, fmt.Sprintf("label %d", len(labels)), uint32(one[0]), NumClasses-1)
		}
		labels = append(labels, Label(one[0]))
	}
	return labels, f.end()
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

// header reads the magic number and the count of items.
func (f *idxFile) header(magic uint32, items string) (int, error) {
	got, err := f.uint32("magic number")
	if err != nil {
		return 0, err
	}
	if got != magic {
		return 0, &FormatError{f.name, 0, "magic number", fmt.Sprintf("%#010x", got), fmt.Sprintf("%#010x (IDX %s)", magic, items), nil}
	}
	n, err := f.uint32("number of " + items)
	if err != nil {
		return 0, err
	}
	if n == 0 || n > maxItems {
		return 0, &FormatError{f.name, 4, "number of " + items, fmt.Sprint(n), fmt.Sprintf("1 to %d", maxItems), nil}
	}
	return int(n), nil
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
