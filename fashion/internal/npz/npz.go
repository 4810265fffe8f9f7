// Package npz reads and writes npz files: zip files of NumPy arrays in its format 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Array is an array of a file, in row order.
type Array struct {
	Name  string
	DType string // as NumPy writes it: "<i4", "|u1", "<f4"
	Shape []int
	Data  any // what encoding/binary writes and reads: a slice of fixed size
}

// Encode returns the file of arrays.
func Encode(arrays []Array) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, a := range arrays {
		w, err := z.Create(a.Name + ".npy")
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(a.head()); err != nil {
			return nil, err
		}
		if err := binary.Write(w, binary.LittleEndian, a.Data); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return b.Bytes(), err
}

// head is what stands before an array's values.
func (a Array) head() []byte {
	tuple := strings.Trim(strings.ReplaceAll(fmt.Sprint(a.Shape), " ", ", "), "[]")
	if len(a.Shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", a.DType, tuple)
	const before = 10 // magic, version, length
	dict += strings.Repeat(" ", 63-(before+len(dict))%64) + "\n"
	head := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(head[8:], uint16(len(dict)))
	return append(head, dict...)
}

// File is an npz file in memory.
type File struct{ zip *zip.Reader }

// Open reads a file's directory.
func Open(data []byte) (File, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return File{}, fmt.Errorf("found no npz file: %w", err)
	}
	return File{z}, nil
}

// Shape returns the dimensions of an array, of which there must be as many as limits, each at most its limit.
func (f File) Shape(name string, limits ...int) ([]int, error) {
	r, err := f.zip.Open(name + ".npy")
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	defer r.Close()
	head := make([]byte, 128)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("array %s: %w", name, err)
	}
	_, after, _ := strings.Cut(string(head[:n]), "'shape': (")
	tuple, _, _ := strings.Cut(after, ")")
	numbers := strings.Split(strings.TrimSuffix(tuple, ","), ",")
	if len(numbers) != len(limits) {
		return nil, fmt.Errorf("array %s has the shape (%s), want %d dimensions", name, tuple, len(limits))
	}
	var shape []int
	for i, digits := range numbers {
		d, err := strconv.Atoi(strings.TrimSpace(digits))
		if err != nil || d < 0 || d > limits[i] {
			return nil, fmt.Errorf("array %s has the shape (%s), want at most %v", name, tuple, limits)
		}
		shape = append(shape, d)
	}
	return shape, nil
}

// Read fills an array's Data. The array must have its name, type and shape in the file, and end there: reading to the end is what has zip check its CRC.
func (f File) Read(a Array) error {
	r, err := f.zip.Open(a.Name + ".npy")
	if err != nil {
		return fmt.Errorf("array %s: %w", a.Name, err)
	}
	defer r.Close()
	want := a.head()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil {
		return fmt.Errorf("array %s ends early: %w", a.Name, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("array %s has the head %q, want %q", a.Name, got, want)
	}
	if err := binary.Read(r, binary.LittleEndian, a.Data); err != nil {
		return fmt.Errorf("array %s ends early: %w", a.Name, err)
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n > 0:
		return fmt.Errorf("array %s goes on after its last value", a.Name)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("array %s: %w", a.Name, err)
	}
	return nil
}
