package run

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fashionlab/fashion"
)

// Predictions are a model's outputs for a list of images. On disk they are an npz file, a zip of NumPy arrays:
// indices int32 [n], labels uint8 [n], probabilities float32 [n, 10].
type Predictions struct {
	Indices       []int32                       // positions of the images in the file of training or of test images
	Labels        []fashion.Label               // true classes
	Probabilities [][fashion.NumClasses]float32 // one row per image, summing to 1
}

// Names of the parts that predictions are made for.
const (
	Validation = "validation"
	Test       = "test"
)

// Predicted returns the most probable class of row i; the first of equals.
func (p Predictions) Predicted(i int) fashion.Label {
	best := 0
	for class, v := range p.Probabilities[i] {
		if v > p.Probabilities[i][best] {
			best = class
		}
	}
	return fashion.Label(best)
}

// Correct is the number of images whose most probable class is the true one.
func (p Predictions) Correct() int {
	n := 0
	for i, label := range p.Labels {
		if p.Predicted(i) == label {
			n++
		}
	}
	return n
}

// Softmax returns the probabilities that logits z stand for: exp(scale z) divided by its sum over the classes. scale is one over a temperature, 1 as a rule.
func Softmax(z [fashion.NumClasses]float64, scale float64) [fashion.NumClasses]float64 {
	top, sum := z[0], 0.0
	for _, v := range z {
		top = max(top, v)
	}
	for class, v := range z {
		z[class] = math.Exp(scale * (v - top))
		sum += z[class]
	}
	for class := range z {
		z[class] /= sum
	}
	return z
}

func (r *Run) predictionsPath(part string) string {
	return filepath.Join(r.Dir, predictionsDir, part+".npz")
}

// SavePredictions saves the predictions for a part.
func (r *Run) SavePredictions(part string, p Predictions) error {
	n := len(p.Labels)
	if len(p.Indices) != n || len(p.Probabilities) != n {
		return fmt.Errorf("predictions of %d indices, %d labels and %d rows, want as many of each", len(p.Indices), n, len(p.Probabilities))
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, a := range []struct {
		name, descr, shape string
		data               any
	}{
		{"indices", "<i4", fmt.Sprintf("(%d,)", n), p.Indices},
		{"labels", "|u1", fmt.Sprintf("(%d,)", n), p.Labels},
		{"probabilities", "<f4", fmt.Sprintf("(%d, %d)", n, fashion.NumClasses), p.Probabilities},
	} {
		w, err := z.Create(a.name + ".npy")
		if err != nil {
			return err
		}
		if _, err := w.Write(npyHeader(a.descr, a.shape)); err != nil {
			return err
		}
		if err := binary.Write(w, binary.LittleEndian, a.data); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return r.write(filepath.Join(predictionsDir, part+".npz"), b.Bytes())
}

// npyHeader is the head of an array in NumPy's format, version 1.0
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
func npyHeader(descr, shape string) []byte {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr, shape)
	const before = 10 // magic, version, length
	dict += strings.Repeat(" ", 63-(before+len(dict))%64) + "\n"
	head := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(head[8:], uint16(len(dict)))
	return append(head, dict...)
}

// Predictions reads the saved predictions for a part.
func (r *Run) Predictions(part string) (Predictions, error) {
	path := r.predictionsPath(part)
	data, err := os.ReadFile(path)
	if err != nil {
		return Predictions{}, fmt.Errorf("no predictions for the %s images: %w", part, err)
	}
	p, err := decodePredictions(data)
	if err != nil {
		return Predictions{}, fmt.Errorf("%s: %w; remove it and predict again", path, err)
	}
	return p, nil
}

func decodePredictions(data []byte) (Predictions, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return Predictions{}, fmt.Errorf("found no npz file: %w", err)
	}
	rows, err := npyRows(z, "probabilities")
	if err != nil {
		return Predictions{}, err
	}
	p := Predictions{make([]int32, rows), make([]fashion.Label, rows), make([][fashion.NumClasses]float32, rows)}
	for _, a := range []struct {
		name, descr, shape string
		data               any
	}{
		{"indices", "<i4", fmt.Sprintf("(%d,)", rows), p.Indices},
		{"labels", "|u1", fmt.Sprintf("(%d,)", rows), p.Labels},
		{"probabilities", "<f4", fmt.Sprintf("(%d, %d)", rows, fashion.NumClasses), p.Probabilities},
	} {
		if err := readNpy(z, a.name, npyHeader(a.descr, a.shape), a.data); err != nil {
			return Predictions{}, err
		}
	}
	if i := slices.IndexFunc(p.Labels, func(l fashion.Label) bool { return l >= fashion.NumClasses }); i >= 0 {
		return Predictions{}, fmt.Errorf("label %d is %d, want 0 to %d", i, p.Labels[i], fashion.NumClasses-1)
	}
	return p, nil
}

// maxRows bounds what a damaged file can make us allocate.
const maxRows = 1 << 20

// npyRows returns the first dimension of an array.
func npyRows(z *zip.Reader, name string) (int, error) {
	f, err := z.Open(name + ".npy")
	if err != nil {
		return 0, fmt.Errorf("array %s: %w", name, err)
	}
	defer f.Close()
	head := make([]byte, 128)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF {
		return 0, fmt.Errorf("array %s: %w", name, err)
	}
	_, after, _ := strings.Cut(string(head[:n]), "'shape': (")
	digits, _, _ := strings.Cut(after, ",")
	rows, err := strconv.Atoi(digits)
	if err != nil || rows < 0 || rows > maxRows {
		return 0, fmt.Errorf("array %s has %q rows, want 0 to %d", name, digits, maxRows)
	}
	return rows, nil
}

// readNpy reads an array that has exactly the given head.
func readNpy(z *zip.Reader, name string, head []byte, data any) error {
	f, err := z.Open(name + ".npy")
	if err != nil {
		return fmt.Errorf("array %s: %w", name, err)
	}
	defer f.Close()
	got := make([]byte, len(head))
	if _, err := io.ReadFull(f, got); err != nil {
		return fmt.Errorf("array %s ends early: %w", name, err)
	}
	if !bytes.Equal(got, head) {
		return fmt.Errorf("array %s has the head %q, want %q", name, got, head)
	}
	if err := binary.Read(f, binary.LittleEndian, data); err != nil {
		return fmt.Errorf("array %s ends early: %w", name, err)
	}
	return nil
}
