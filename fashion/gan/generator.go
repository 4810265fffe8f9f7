package gan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Generator makes images of a class from latents. It may be used by several goroutines, which take turns.
type Generator struct {
	Latent int // numbers of a latent

	backend compute.Backend
	recipe  recipes.Recipe
	gan     models.GAN
	store   *model.Store
	average bool // take the moving averages of a training that is under way

	turn   sync.Mutex
	graphs map[int]*model.Exec // by the number of images
}

// Load returns the generator of a GAN's run: the exponential moving average of its parameters after the best epoch. own contains the user-defined GAN that the recipe names, if any; without it the
// call is an error.
func Load(r *run.Run, own ...recipes.Own) (*Generator, error) {
	if !r.Recipe.IsGAN() {
		return nil, fmt.Errorf("%s: the model is %s, want a GAN", r.Dir, r.Recipe.Model.Name)
	}
	networks, err := models.GANOf(r.Recipe.Model, recipes.OwnOf[models.GAN](own)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	if err := infer.CheckNetwork(r, own...); err != nil {
		return nil, err
	}
	backend, err := infer.Backend()
	if err != nil {
		return nil, err
	}
	c, err := r.Checkpoint(run.Best)
	if err != nil {
		return nil, err
	}
	g := newGenerator(backend, r.Recipe, networks, model.NewStore())
	err = layers.Catch(func() error {
		if err := g.build(); err != nil {
			return err
		}
		return infer.Restore(g.store, generatorOf(c.Tensors))
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return g, nil
}

func newGenerator(backend compute.Backend, recipe recipes.Recipe, networks models.GAN, store *model.Store) *Generator {
	return &Generator{Latent: recipe.Model.Latent, backend: backend, recipe: recipe, gan: networks, store: store, graphs: map[int]*model.Exec{}}
}

// build makes the generator's variables.
func (g *Generator) build() error {
	graph := NewGraph(g.backend, g.recipe.Model.Name)
	defer graph.Finalize()
	input := func(name string, dims ...int) *Node {
		return Parameter(graph, name, shapes.Make(dtypes.Float32, dims...))
	}
	n := layers.Inference(graph, g.store, g.recipe.Seed)
	g.gan.BuildGenerator(n, input("latents", 1, g.Latent), input("classes", 1, fashion.NumClasses))
	return nil
}

// generatorOf are the variables of a generator from a checkpoint: its moving averages, or all that there is where the checkpoint has been reduced to them.
func generatorOf(list []run.Tensor) []run.Tensor {
	var averages []run.Tensor
	for _, t := range list {
		if path, ok := optim.EMAOf(t.Name); ok {
			t.Name = path
			averages = append(averages, t)
		}
	}
	if averages == nil {
		return list
	}
	return averages
}

// Latents draws so many latents from the normal distribution that the generator was trained with.
func (g *Generator) Latents(n int, seed uint64) [][]float32 {
	r, list := rand.New(rand.NewPCG(seed, 0)), make([][]float32, n)
	for i := range list {
		list[i] = normal(r, g.Latent)
	}
	return list
}

// Images makes an image from each code.
func (g *Generator) Images(codes []Code) ([]fashion.Image, error) {
	for i, c := range codes {
		if len(c.Latent) != g.Latent {
			return nil, fmt.Errorf("code %d has a latent of %d numbers, want %d", i, len(c.Latent), g.Latent)
		}
	}
	images, size := make([]fashion.Image, 0, len(codes)), infer.BatchFor(len(codes))
	for batch := range slices.Chunk(codes, size) {
		var made []fashion.Image
		err := layers.Catch(func() (err error) {
			made, err = g.oneBatch(batch, size)
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
	return g.set(perClass, seed, CodeOf)
}

// set is Set with the code that a function gives for a latent and a class.
func (g *Generator) set(perClass int, seed uint64, code func(latent []float32, class fashion.Label) Code) (fashion.Set, error) {
	var set fashion.Set
	var codes []Code
	latents := g.Latents(perClass*fashion.NumClasses, seed)
	for class := range fashion.Label(fashion.NumClasses) {
		for range perClass {
			codes = append(codes, code(latents[len(codes)], class))
			set.Labels = append(set.Labels, class)
		}
	}
	var err error
	set.Images, err = g.Images(codes)
	return set, err
}

// oneBatch makes up to size images.
func (g *Generator) oneBatch(codes []Code, size int) ([]fashion.Image, error) {
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
	flat, weights := make([]float32, size*g.Latent), make([]float32, size*fashion.NumClasses)
	for i, c := range codes {
		copy(flat[i*g.Latent:], c.Latent)
		copy(weights[i*fashion.NumClasses:], c.Classes[:])
	}
	latents, classes := tensors.FromFlatDataAndDimensions(flat, size, g.Latent), tensors.FromFlatDataAndDimensions(weights, size, fashion.NumClasses)
	out, err := exec.Call1(latents, classes)
	if err != nil {
		return nil, err
	}
	for _, t := range []*tensors.Tensor{latents, classes, out} {
		defer t.FinalizeAll()
	}
	bytes, err := tensors.CopyFlatData[uint8](out)
	if err != nil {
		return nil, err
	}
	images := make([]fashion.Image, len(codes))
	for i := range images {
		images[i] = fashion.Image(bytes[i*fashion.Pixels:])
	}
	return images, nil
}

// graph gives the grey levels of images, uint8 [B, 784], from latents [B, L] and classes [B, 10].
func (g *Generator) graph(_ *model.Scope, in []*Node) *Node {
	n := layers.Inference(in[0].Graph(), g.store, g.recipe.Seed).PreferReference()
	if g.average {
		infer.UseInferenceValues(n, g.store)
	}
	return Bytes(g.gan.BuildGenerator(n, in[0], in[1]))
}

// Bytes turns grey values from 0 to 1, [B, 28, 28, 1], into bytes [B, 784].
func Bytes(images *Node) *Node {
	return ConvertDType(Reshape(AddScalar(MulScalar(images, 255), 0.5), -1, fashion.Pixels), dtypes.Uint8)
}

// Build builds the generator once more, on latents [B, Latent] and classes [B, 10] of any graph and in any form: grey values from 0 to 1, [B, 28, 28, 1]. The
// parameters are the graph's, named by their paths. It panics as GoMLX does.
func (g *Generator) Build(latents, classes *Node, form layers.Form) *Node {
	n := layers.Inference(latents.Graph(), g.store, g.recipe.Seed).WithForm(form)
	return g.gan.BuildGenerator(n, latents, classes)
}

// Parameters copies the parameters, in single precision, sorted by path. The generator is one of Load.
func (g *Generator) Parameters() ([]run.Tensor, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	return infer.Snapshot(g.store)
}

// Directions are the latent directions, each of length 1, from the one of the most influence on what the generator's layers read of it to the one of
// the least: the eigenvectors of W W^T, where W, [Latent, ...], holds the kernels of all layers that read the latent (Shen and Zhou, "Closed-Form Factorization of Latent Semantics in
// GANs", 2021).
func (g *Generator) Directions() ([][]float32, error) {
	sum := mat.NewSymDense(g.Latent, nil)
	for v := range g.store.IterVariables() {
		_, ours := layers.ParameterAt(v.Path())
		d := v.Shape().Dimensions
		if !ours || len(d) != 2 || d[0] != g.Latent+fashion.NumClasses {
			continue
		}
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return nil, err
		}
		kernel := mat.NewDense(g.Latent, d[1], nil)
		for i := range g.Latent * d[1] {
			kernel.Set(i/d[1], i%d[1], float64(flat[i]))
		}
		kernel.Scale(1/mat.Norm(kernel, 2), kernel) // each layer counts the same
		sum.SymRankK(sum, 1, kernel)
	}
	if mat.Norm(sum, 2) == 0 {
		return nil, fmt.Errorf("no dense layer of %s reads the latent together with the class, [B, %d], so that its directions are not known", g.recipe.Model.Name, g.Latent+fashion.NumClasses)
	}
	var e mat.EigenSym
	if !e.Factorize(sum, true) {
		return nil, errors.New("the generator's kernels have no eigenvectors: are they numbers?")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors) // by ascending eigenvalue
	list := make([][]float32, g.Latent)
	for i := range list {
		for j := range g.Latent {
			list[i] = append(list[i], float32(vectors.At(j, g.Latent-1-i)))
		}
	}
	return list, nil
}
