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

	"fashionlab/fashion"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Built describes a model that was built.
type Built struct {
	Layers     []layers.Layer
	Head       string // name of the last layer with parameters, which returns the logits
	Normalizes bool   // has batch normalization, so that a training step needs the whole batch
	Operations string // a digest of the graph in the form layers.Reference

	Generator []string // of a GAN: the paths of the generator's variables
	Apart     bool     // of a GAN: the discriminator has batch normalization, so that real and generated images are separate batches
}

// Layers builds a model, which may be a Network or a GAN of own, without compiling it, and describes it. It makes the parameters in the store, with initial values from the seed.
func Layers(backend compute.Backend, store *model.Store, m recipes.Model, seed uint64, own ...recipes.Own) (b Built, err error) {
	if err := Check(m, own...); err != nil {
		return b, err
	}
	err = layers.Catch(func() error {
		g := NewGraph(backend, m.Name)
		defer g.Finalize()
		input := func(name string, dims ...int) *Node { return Parameter(g, name, shapes.Make(dtypes.Float32, dims...)) }
		n := layers.Inference(g, store, seed).WithForm(layers.Reference)
		var result *Node
		if isGAN(m, own) {
			gan, err := GANOf(m, recipes.OwnOf[GAN](own)...)
			if err != nil {
				return err
			}
			classes := input("classes", 1, fashion.NumClasses)
			images := gan.BuildGenerator(n, input("latents", 1, m.Latent), classes)
			for v := range store.IterVariables() {
				b.Generator = append(b.Generator, v.Path())
			}
			ofGenerator := len(n.Layers())
			result = gan.BuildDiscriminator(n, images, classes)
			checkLayers(m.Name, n, result, "discriminator's logits")
			b.Apart = len(layers.RunningStatistics(n.Layers()[ofGenerator:])) > 0
		} else {
			net, err := Of(m, recipes.OwnOf[Network](own)...)
			if err != nil {
				return err
			}
			d := m.Shape.Dimensions()
			result = net.Build(n, input("images", 1, d[0], d[1], d[2]))
		}
		b.Operations = layers.Digest(result)
		b.Layers = n.Layers()
		return nil
	})
	b.Normalizes = len(layers.RunningStatistics(b.Layers)) > 0
	for _, l := range b.Layers {
		if l.Parameters > 0 {
			b.Head = l.Name
		}
	}
	return b, err
}

// Summary lists a model's layers, as Keras's model.summary() does.
type Summary struct {
	Model      recipes.Model
	Layers     []layers.Layer
	Parameters int // of the layers, and those trained ones that layers.Net.Param made beside them
	Fixed      int // of the parameters, those that are not trained
}

// Summarize returns the summary of a model, which may be a Network or a GAN of own. It needs no plugin.
func Summarize(m recipes.Model, own ...recipes.Own) (Summary, error) {
	backend, err := gobackend.New("")
	if err != nil {
		return Summary{}, err
	}
	defer backend.Finalize()
	store := model.NewStore()
	built, err := Layers(backend, store, m, 0, own...)
	if err != nil {
		return Summary{}, err
	}
	s := Summary{Model: m, Layers: built.Layers}
	beside := 0
	for v := range store.IterVariables() {
		if v.Trainable {
			beside += v.Shape().Size()
		}
	}
	for _, l := range s.Layers {
		s.Parameters += l.Parameters
		s.Fixed += l.Fixed
		beside -= l.Parameters - l.Fixed
	}
	s.Parameters += beside
	return s, nil
}

// Rows returns a row of text for each layer: name and type, output shape (None is the batch) and number of parameters; then the totals.
func (s Summary) Rows() [][]string {
	var rows [][]string
	for _, l := range s.Layers {
		shape := "None"
		for _, d := range l.Shape {
			shape += fmt.Sprintf(", %d", d)
		}
		rows = append(rows, []string{fmt.Sprintf("%s (%s)", l.Name, l.Type), "(" + shape + ")", text.Thousands(l.Parameters)})
	}
	if n := s.besideLayers(); n > 0 {
		rows = append(rows, []string{"beside the layers", "", text.Thousands(n)})
	}
	rows = append(rows, []string{"total", "", text.Thousands(s.Parameters)})
	if s.Fixed > 0 {
		rows = append(rows, []string{"non-trainable", "", text.Thousands(s.Fixed)})
	}
	return rows
}

// besideLayers is how many parameters are in no layer.
func (s Summary) besideLayers() int {
	n := s.Parameters
	for _, l := range s.Layers {
		n -= l.Parameters
	}
	return n
}

// ByStage is Rows for a deep network: a row for consecutive layers whose names agree up to the first "_" or "/", with their number, the last one's output shape and
// their parameters.
func (s Summary) ByStage() [][]string {
	var stages []layers.Layer
	var counts []int
	for _, l := range s.Layers {
		name := l.Name
		if i := strings.IndexAny(name, "_/"); i > 0 {
			name = name[:i]
		}
		last := len(stages) - 1
		if last < 0 || stages[last].Name != name {
			stages, counts = append(stages, layers.Layer{Name: name}), append(counts, 0)
			last++
		}
		stages[last].Shape, stages[last].Type = l.Shape, l.Type
		stages[last].Parameters += l.Parameters
		stages[last].Fixed += l.Fixed
		counts[last]++
	}
	for i, n := range counts {
		if n > 1 {
			stages[i].Type = fmt.Sprintf("%d layers", n)
		}
	}
	return Summary{Layers: stages, Parameters: s.Parameters, Fixed: s.Fixed}.Rows()
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
