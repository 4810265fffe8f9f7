package infer

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/compilecache"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Model is a classifier with its parameters. Several goroutines may use it; they take turns.
//
// Whatever is asked of it, images go through one graph in batches, and test-time augmentation applies where the recipe asks for it.
type Model struct {
	backend compute.Backend
	store   *model.Store
	network models.Network
	recipe  recipes.Recipe
	classes fashion.Classes // of a run's data set
	loaded  bool            // of a run: no training changes the parameters

	turn      sync.Mutex
	graphs    map[graph]*model.Exec
	explained string   // the layer of Grad-CAM's maps, once there is its graph
	outputs   []string // the names of the activations, once there is their graph

	constants []*constants // of a model that no training changes
}

// graph names a compiled graph of a model: what it returns, and whether its layers are in the reference form.
type graph struct {
	returns   string
	reference bool
	kept      bool // on disk, for other processes; it is compiled without oneDNN, which takes longer for each image
}

// New returns a model on the parameters in a store, or on their values for inference where it has them, see UseInferenceValues. A training may change them between two calls.
func New(backend compute.Backend, store *model.Store, network models.Network, recipe recipes.Recipe) *Model {
	return &Model{backend: backend, store: store, network: network, recipe: recipe, graphs: map[graph]*model.Exec{}}
}

// Load returns the model of a run: that of the record's best epoch, see run.Record. A published run that brings no weights is an error. own contains the user-defined
// network that the recipe names, if any; without it the call is an error.
func Load(r *run.Run, own ...recipes.Own) (*Model, error) { return load(r, run.Best, own) }

// LoadLast returns the model of a run as its training left it: of the last epoch, with the weights themselves where Load has their average, and with the running statistics of batch
// normalization where it has precise ones.
func LoadLast(r *run.Run, own ...recipes.Own) (*Model, error) { return load(r, run.Last, own) }

func load(r *run.Run, checkpoint string, own []recipes.Own) (*Model, error) {
	if r.Recipe.IsGAN() {
		return nil, fmt.Errorf("%s: the model is %s, a GAN, which is no classifier; gan.Load loads its generator", r.Dir, r.Recipe.Model.Name)
	}
	c, err := r.Checkpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	m, built, err := initial(r.Recipe, own)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	if err := r.CheckNetwork(built.Describe(models.IsOwn(r.Recipe.Model, own...))); err != nil {
		return nil, err
	}
	if err := restoreParameters(m.store, c.Tensors); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	m.classes, m.loaded = r.Record.Classes, true
	m.constants = m.graphsWithConstants()
	return m, nil
}

// initial returns a recipe's model with its initial parameters, and its description.
func initial(recipe recipes.Recipe, own []recipes.Own) (*Model, models.Built, error) {
	backend, err := Backend()
	if err != nil {
		return nil, models.Built{}, err
	}
	network, err := models.Of(recipe.Model, recipes.OwnOf[models.Network](own)...)
	if err != nil {
		return nil, models.Built{}, err
	}
	store := model.NewStore()
	built, err := models.Layers(backend, store, recipe.Model, recipe.Seed, own...)
	return New(backend, store, network, recipe), built, err
}

// CheckNetwork reports a network, or a GAN, of one's own that is not the one of a run.
func CheckNetwork(r *run.Run, own ...recipes.Own) error {
	if !models.IsOwn(r.Recipe.Model, own...) {
		return nil
	}
	backend, err := Backend()
	if err != nil {
		return err
	}
	built, err := models.Layers(backend, model.NewStore(), r.Recipe.Model, r.Recipe.Seed, own...)
	if err != nil {
		return err
	}
	return r.CheckNetwork(built.Describe(true))
}

// Device describes where the model computes.
func (m *Model) Device() string { return Computer(m.backend).Device }

const (
	largeBatch = 100 // images
	smallBatch = 16
)

// BatchFor is the number of images of a batch where n are asked for: few sizes, so that few graphs are compiled. For up to 200 images it is the size that
// leaves fewer places of the last batch to black ones.
func BatchFor(n int) int {
	padding := func(size int) int { return (size - n%size) % size }
	switch {
	case n == 1:
		return 1
	case n <= fewImages && padding(smallBatch) < padding(largeBatch):
		return smallBatch
	}
	return largeBatch
}

// Up to so many images, layers in the reference form pay: they compile 1.3 s sooner and take longer for each image. The second number is for networks in which they
// hardly take longer (see models.Network.ReferenceIsFast).
const (
	fewImages     = 200
	fewImagesFast = 10000 // the test images
)

// forward is what a graph computes from images [B, H, W, C], and from their labels, [B], where it is Grad-CAM's: a row for each in every result.
type forward func(n *layers.Net, images *Node, labels ...*Node) []*Node

// exec returns the graph of a name for n images. The caller has the turn.
func (m *Model) exec(returns string, n int, build forward) (*model.Exec, error) {
	few := n <= fewImages
	key := graph{returns, few || m.network.ReferenceIsFast && n <= fewImagesFast, few && m.loaded}
	if e := m.graphs[key]; e != nil {
		return e, nil
	}
	e, err := model.NewExec(m.backend, m.store, func(_ *model.Scope, in []*Node) []*Node {
		n := layers.Inference(in[0].Graph(), m.store, m.recipe.Seed)
		if key.reference {
			n.PreferReference()
		}
		UseInferenceValues(n, m.store)
		return build(n, Pixels(in[0], m.recipe.Model.Shape), in[1:]...)
	})
	if err != nil {
		return nil, err
	}
	if key.kept {
		e.WithName(compilecache.Prefix + "inference")
	}
	m.graphs[key] = e
	return e, nil
}

// Build builds the network once more, on images [B, H, W, C] of any graph and in any form, and returns its logits, [B, classes]. The parameters are the
// graph's, named by their paths. The model is one of Load. It panics as GoMLX does.
func (m *Model) Build(images *Node, form layers.Form) *Node {
	return m.network.Predict(layers.Inference(images.Graph(), m.store, m.recipe.Seed).WithForm(form), m.recipe.Model, images)
}

// Parameters copies the parameters, in single precision, sorted by path; layers.ParameterAt is the name in a path that Parameter knows.
func (m *Model) Parameters() ([]run.Tensor, error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	list, err := Snapshot(m.store)
	return parametersAmong(list), err
}

// Pixels turns the bytes of images of a shape, [B, 784] of Fashion-MNIST's, into values from 0 to 1, [B, H, W, C].
func Pixels(bytes *Node, shape fashion.Shape) *Node {
	x, d := DivScalar(ConvertDType(bytes, dtypes.Float32), 255), shape.Dimensions()
	return Reshape(x, -1, d[0], d[1], d[2])
}

// Classes are the names of the classes, indexed by label: those of the run's data set.
func (m *Model) Classes() fashion.Classes { return m.classes }

// Shape is that of the images which the model reads.
func (m *Model) Shape() fashion.Shape { return m.recipe.Model.Shape }

// inBatches runs a graph on images and hands on its results for each batch, with how many of the batch's rows are of images: the last batch is filled up with black ones.
func (m *Model) inBatches(returns string, images fashion.Set, build forward, take func(out []*tensors.Tensor, images int)) error {
	if images.Shape != m.Shape() {
		return fmt.Errorf("found %v, want %v, as the model reads", images.Shape, m.Shape())
	}
	if err := (fashion.Set{Images: images.Images, Pictures: images.Pictures, Shape: images.Shape}).Check(); err != nil { // labels are the caller's
		return err
	}
	n := images.Len()
	exec, size, err := m.graphFor(returns, n, build)
	if err != nil {
		return err
	}
	for first := 0; first < n; first += size {
		batch := images.Range(first, min(first+size, n))
		err := layers.Catch(func() error { return m.oneBatch(returns, exec, batch, size, take) })
		if err != nil {
			return fmt.Errorf("images %d to %d: %w", first, first+batch.Len()-1, err)
		}
	}
	return nil
}

// graphFor returns the graph of a name for n images, the one with constants if there is one, and the size of its batches.
func (m *Model) graphFor(returns string, n int, build forward) (exec *model.Exec, size int, err error) {
	m.turn.Lock()
	defer m.turn.Unlock()
	if exec, size := m.withConstants(returns, n); exec != nil {
		return exec, size, nil
	}
	exec, err = m.exec(returns, n, build)
	return exec, BatchFor(n), err
}

// oneBatch is inBatches for one batch, filled up to that size. Whoever else asks has his turn before the next.
func (m *Model) oneBatch(returns string, exec *model.Exec, batch fashion.Set, size int, take func(out []*tensors.Tensor, images int)) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	in := []any{m.bytes(batch, size)}
	if returns == gradCAM {
		in = append(in, labels(batch, size))
	}
	defer func() {
		for _, t := range in {
			t.(*tensors.Tensor).FinalizeAll()
		}
	}()
	out, err := exec.Call(in...)
	if err != nil {
		return err
	}
	take(out, batch.Len())
	for _, t := range out {
		t.FinalizeAll()
	}
	return nil
}

// bytes are a batch's images, [size, bytes of one], black behind them.
func (m *Model) bytes(batch fashion.Set, size int) *tensors.Tensor {
	bytes := m.Shape().Bytes()
	t := tensors.FromShape(shapes.Make(dtypes.Uint8, size, bytes))
	tensors.MustMutableFlatData(t, func(flat []uint8) {
		for i := range batch.Len() {
			copy(flat[i*bytes:], batch.At(i))
		}
	})
	return t
}

// labels are those of a batch's images, [size], -1 where there is none.
func labels(batch fashion.Set, size int) *tensors.Tensor {
	list := slices.Repeat([]int32{-1}, size)
	for i, label := range batch.Labels {
		list[i] = int32(label)
	}
	return tensors.FromValue(list)
}

// rows are the first n rows of a tensor [B, D].
func rows(t *tensors.Tensor, n int) [][]float32 {
	values, width := tensors.MustCopyFlatData[float32](t), t.Shape().Dimensions[1]
	return slices.Collect(slices.Chunk(values[:n*width], width))
}
