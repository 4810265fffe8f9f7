package models

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Layers builds a model once, without compiling it, and lists its layers. Its parameters are made in the store, with
// the initial values that the seed decides.
func Layers(backend compute.Backend, store *model.Store, m run.Model, seed uint64) (list []layers.Layer, err error) {
	if err := Check(m); err != nil {
		return nil, err
	}
	err = exceptions.TryCatch[error](func() {
		g := NewGraph(backend, m.Name)
		defer g.Finalize()
		n := layers.Inference(g, store, seed)
		Logits(n, m, Parameter(g, "images", shapes.Make(dtypes.Float32, 1, fashion.Side, fashion.Side, 1)))
		list = n.Layers()
	})
	return list, err
}

// Summary is a table of a model's layers: names, shapes of their outputs (None is the batch) and parameters. It needs
// no accelerator and no plugin.
type Summary struct {
	Model      run.Model
	Layers     []layers.Layer
	Parameters int // trainable ones
}

// Summarize describes a model.
func Summarize(m run.Model) (Summary, error) {
	backend, err := gobackend.New("")
	if err != nil {
		return Summary{}, err
	}
	defer backend.Finalize()
	s := Summary{Model: m}
	if s.Layers, err = Layers(backend, model.NewStore(), m, 0); err != nil {
		return Summary{}, err
	}
	for _, l := range s.Layers {
		s.Parameters += l.Parameters
	}
	return s, nil
}

// Rows returns a row of words per layer: name and type, output shape, parameters.
func (s Summary) Rows() [][]string {
	var rows [][]string
	for _, l := range s.Layers {
		shape := "None"
		for _, d := range l.Shape {
			shape += fmt.Sprintf(", %d", d)
		}
		rows = append(rows, []string{fmt.Sprintf("%s (%s)", l.Name, l.Type), "(" + shape + ")", thousands(l.Parameters)})
	}
	return append(rows, []string{"total", "", thousands(s.Parameters)})
}

// String returns the table as text.
func (s Summary) String() string {
	rows := append([][]string{{"layer (type)", "output shape", "parameters"}}, s.Rows()...)
	var b strings.Builder
	fmt.Fprintf(&b, "model %s\n", s.Model.Name)
	for _, r := range rows {
		fmt.Fprintf(&b, "%-36s %-22s %12s\n", r[0], r[1], r[2])
	}
	return b.String()
}

// thousands writes a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
