package train

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// Generator makes images of a class from latents. It may be used by several goroutines, which take turns.
type Generator struct {
	Latent int // numbers of a latent

	backend compute.Backend
	recipe  run.Recipe
	store   *model.Store
	average bool // take the averages of a training that is under way

	turn   sync.Mutex
	graphs map[int]*model.Exec // by the number of images
}

// LoadGenerator returns the generator of a GAN's run: the average of its parameters after the best epoch.
func LoadGenerator(r *run.Run) (*Generator, error) {
	if !models.IsGAN(r.Recipe.Model.Name) {
		return nil, fmt.Errorf("%s: the model is %s, want a GAN", r.Dir, r.Recipe.Model.Name)
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	c, err := best(r)
	if err != nil {
		return nil, err
	}
	g := newGenerator(backend, r.Recipe, model.NewStore())
	err = try(func() error {
		if err := g.build(); err != nil {
			return err
		}
		return variables{g.store, r.Recipe.Model.Name}.restore(generatorOf(c.Tensors))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return g, nil
}

func newGenerator(backend compute.Backend, recipe run.Recipe, store *model.Store) *Generator {
	return &Generator{Latent: recipe.Model.Latent, backend: backend, recipe: recipe, store: store, graphs: map[int]*model.Exec{}}
}

// build makes the generator's variables.
func (g *Generator) build() error {
	graph := NewGraph(g.backend, g.recipe.Model.Name)
	defer graph.Finalize()
	input := func(name string, dims ...int) *Node {
		return Parameter(graph, name, shapes.Make(dtypes.Float32, dims...))
	}
	n := layers.Inference(graph, g.store, g.recipe.Seed)
	models.NewGAN(g.recipe.Model).Images(n, input("latents", 1, g.Latent), input("classes", 1, fashion.NumClasses))
	return nil
}

// generatorOf are the variables of a generator from a checkpoint: its averages, or all that there is where the checkpoint has been reduced to them.
func generatorOf(list []run.Tensor) []run.Tensor {
	var averages, plain []run.Tensor
	for _, t := range list {
		if path, ok := strings.CutPrefix(t.Name, slotPath("", averageSlot)); ok {
			t.Name = path
			averages = append(averages, t)
		} else if strings.HasPrefix(t.Name, prefix+models.GeneratorLayers) {
			plain = append(plain, t)
		}
	}
	if averages != nil {
		return averages
	}
	return plain
}

// Latents draws so many latents from the normal distribution that the generator was trained with.
func (g *Generator) Latents(n int, seed uint64) [][]float32 {
	r, list := rand.New(rand.NewPCG(seed, 0)), make([][]float32, n)
	for i := range list {
		list[i] = normal(r, g.Latent)
	}
	return list
}

// Images makes an image of a class from each latent, of Latent numbers.
func (g *Generator) Images(latents [][]float32, classes []fashion.Label) ([]fashion.Image, error) {
	if len(latents) != len(classes) {
		return nil, fmt.Errorf("%d latents and %d classes, want as many of both", len(latents), len(classes))
	}
	for i, l := range latents {
		if len(l) != g.Latent || classes[i] >= fashion.NumClasses {
			return nil, fmt.Errorf("latent %d has %d numbers for class %d, want %d for a class below %d", i, len(l), classes[i], g.Latent, fashion.NumClasses)
		}
	}
	images, size := make([]fashion.Image, 0, len(latents)), batchFor(len(latents))
	for len(images) < len(latents) {
		first := len(images)
		end := min(first+size, len(latents))
		var made []fashion.Image
		err := try(func() (err error) {
			made, err = g.oneBatch(latents[first:end], classes[first:end], size)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("generating images: %w", err)
		}
		images = append(images, made...)
	}
	return images, nil
}

// Set makes so many images of each class, class by class, from latents that follow from the seed.
func (g *Generator) Set(perClass int, seed uint64) (fashion.Set, error) {
	var set fashion.Set
	for class := range fashion.Label(fashion.NumClasses) {
		for range perClass {
			set.Labels = append(set.Labels, class)
		}
	}
	var err error
	set.Images, err = g.Images(g.Latents(len(set.Labels), seed), set.Labels)
	return set, err
}

// oneBatch makes up to size images.
func (g *Generator) oneBatch(latents [][]float32, classes []fashion.Label, size int) ([]fashion.Image, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	exec := g.graphs[size]
	if exec == nil {
		var err error
		if exec, err = model.NewExec(g.backend, g.store, g.graph); err != nil {
			return nil, err
		}
		g.graphs[size] = exec
	}
	flat, labels := make([]float32, size*g.Latent), make([]int32, size)
	for i, l := range latents {
		copy(flat[i*g.Latent:], l)
		labels[i] = int32(classes[i])
	}
	out, err := exec.Call1(tensors.FromFlatDataAndDimensions(flat, size, g.Latent), labels)
	if err != nil {
		return nil, err
	}
	defer out.FinalizeAll()
	bytes, err := tensors.CopyFlatData[uint8](out)
	if err != nil {
		return nil, err
	}
	images := make([]fashion.Image, len(latents))
	for i := range images {
		images[i] = fashion.Image(bytes[i*fashion.Pixels:])
	}
	return images, nil
}

// graph gives the grey levels of images, uint8 [B, 784], from latents [B, L] and labels, int32 [B].
func (g *Generator) graph(_ *model.Scope, in []*Node) *Node {
	n := layers.Inference(in[0].Graph(), g.store, g.recipe.Seed).Plain()
	if g.average {
		for v := range g.store.IterVariables() {
			if path, ok := strings.CutPrefix(v.Path(), slotPath("", averageSlot)); ok {
				name, _ := layers.ParameterAt(path)
				n.Use(name, v.NodeValue(n.Graph()))
			}
		}
	}
	images := models.NewGAN(g.recipe.Model).Images(n, in[0], OneHot(in[1], fashion.NumClasses, dtypes.Float32))
	return ConvertDType(Reshape(AddScalar(MulScalar(images, 255), 0.5), -1, fashion.Pixels), dtypes.Uint8)
}
