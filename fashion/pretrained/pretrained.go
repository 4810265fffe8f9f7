// Package pretrained reads the weights of a pretrained ConvNeXt from a file in the safetensors format (https://huggingface.co/docs/safetensors). It recognizes
// three naming schemes:
//
//	original      downsample_layers.0.0.weight  stages.0.1.dwconv.weight         norm.weight       head.weight
//	timm          stem.0.weight                 stages.0.blocks.1.conv_dw.weight head.norm.weight  head.fc.weight
//	transformers  convnext.embeddings.patch_embeddings.weight  convnext.encoder.stages.0.layers.1.dwconv.weight ...
//
// Weights get the names and the layout of models.ConvNeXt.
package pretrained

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/go-huggingface/hub"
	"github.com/gomlx/go-huggingface/models/safetensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Tensor is a weight: float32 values in row order.
type Tensor struct {
	Shape  []int
	Values []float32
}

// Weights are the weights in a file.
type Weights struct {
	File    string
	Scheme  Scheme
	Tensors map[string]Tensor // by the names of models.ConvNeXt's parameters
}

// FileError is a weights' file that cannot be used.
type FileError struct {
	File, Got, Want string
	Err             error
}

func (e *FileError) Error() string {
	s := fmt.Sprintf("%s: found %s, want %s", e.File, e.Got, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FileError) Unwrap() error { return e.Err }

// maxTensorBytes bounds the size of a tensor: the largest of any ConvNeXt has 12 million values.
const maxTensorBytes = 1 << 30

// Read reads a weights' file. Its errors are a *FileError, or those of the file system.
func Read(path string) (w Weights, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Weights{}, fmt.Errorf("no weights: %w; put a ConvNeXt in the safetensors format there", err)
	}
	if err != nil {
		return Weights{}, err
	}
	body, err := bodyLength(path, info.Size())
	if err != nil {
		return Weights{}, err
	}
	backend, err := gobackend.New("")
	if err != nil {
		return Weights{}, err
	}
	defer backend.Finalize()
	if caught := exceptions.TryCatch[error](func() { w, err = read(backend, path, body) }); caught != nil {
		return Weights{}, &FileError{path, "a corrupt file", "safetensors", caught}
	}
	return w, err
}

// bodyLength returns the number of bytes after the header of a file of that size. It refuses a file that is shorter than the header's stated length, before memory
// for the header is allocated.
func bodyLength(path string, size int64) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var header uint64
	if err := binary.Read(f, binary.LittleEndian, &header); err != nil {
		return 0, &FileError{path, fmt.Sprintf("%d bytes", size), "a safetensors file, which has a header", err}
	}
	if header > uint64(size-8) {
		return 0, &FileError{path, fmt.Sprintf("a header of %d bytes in a file of %d", header, size), "a complete safetensors file", nil}
	}
	return size - 8 - int64(header), nil
}

func read(backend compute.Backend, path string, body int64) (Weights, error) {
	reader, err := safetensors.NewEmpty(hub.NewLocal(filepath.Dir(path))).NewTensorReader(filepath.Base(path))
	if err != nil {
		return Weights{}, &FileError{path, "a corrupt header", "safetensors", err}
	}
	defer reader.Close()
	w := Weights{File: path, Tensors: map[string]Tensor{}}
	names := slices.Sorted(maps.Keys(reader.Header.Tensors))
	if w.Scheme, err = schemeOf(names); err != nil {
		return Weights{}, &FileError{path, err.Error(), "the weights of a ConvNeXt", nil}
	}
	for _, name := range names {
		meta := reader.Header.Tensors[name]
		if got := meta.DataOffsets; got[0] < 0 || got[1] < got[0] || got[1]-got[0] > maxTensorBytes || got[1] > body {
			return Weights{}, &FileError{path, fmt.Sprintf("tensor %s at bytes %v of %d", name, got, body), "a range inside the file", nil}
		}
		t, err := reader.ReadTensor(backend, name)
		if err != nil {
			return Weights{}, &FileError{path, "a corrupt tensor " + name, "its values", err}
		}
		values, err := floats(t)
		if err != nil {
			return Weights{}, &FileError{path, fmt.Sprintf("tensor %s of %s", name, t.Shape()), "float32, float16 or bfloat16", err}
		}
		ours, tensor, err := convert(w.Scheme, name, Tensor{t.Shape().Dimensions, values})
		if err != nil {
			return Weights{}, &FileError{path, err.Error(), "the weights of a ConvNeXt", nil}
		}
		w.Tensors[ours] = tensor
	}
	return w, nil
}

// MismatchError lists the weights that do not fit a model.
type MismatchError struct {
	File                            string
	Missing, Unexpected, WrongShape []string
}

func (e *MismatchError) Error() string {
	s := e.File + " does not fit the model"
	for _, part := range []struct {
		what  string
		names []string
	}{{"missing", e.Missing}, {"unexpected", e.Unexpected}, {"of another shape", e.WrongShape}} {
		if len(part.names) > 0 {
			s += fmt.Sprintf("; %s: %s", part.what, strings.Join(part.names, ", "))
		}
	}
	return s
}

// Fit returns the tensors for a model, given by the shapes of its parameters. Weights that are missing, unexpected or of another shape are a *MismatchError. The
// last layer, head_fc, may differ, because its shape depends on the number of classes: then it is left out.
func (w Weights) Fit(parameters map[string][]int) (map[string]Tensor, error) {
	fitting := map[string]Tensor{}
	e := &MismatchError{File: w.File}
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		t, ok := w.Tensors[name]
		switch {
		case ok && slices.Equal(t.Shape, parameters[name]):
			fitting[name] = t
		case strings.HasPrefix(name, "head_fc/"):
		case ok:
			e.WrongShape = append(e.WrongShape, fmt.Sprintf("%s %v, want %v", name, t.Shape, parameters[name]))
		default:
			e.Missing = append(e.Missing, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Tensors)) {
		if _, ok := parameters[name]; !ok {
			e.Unexpected = append(e.Unexpected, name)
		}
	}
	if len(e.Missing)+len(e.Unexpected)+len(e.WrongShape) > 0 {
		return nil, e
	}
	return fitting, nil
}
