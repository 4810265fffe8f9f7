package train

import (
	"fmt"
	"sync"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// Model is a trained model, ready to predict. It may be used by several goroutines, which take turns.
type Model struct {
	program *program

	turn      sync.Mutex
	graphs    map[string]*model.Exec // by what they give
	explained string                 // the layer of Grad-CAM's maps, once there is its graph
}

// Load returns the model of a run: that of the epoch with the best validation accuracy. A published run that brings no weights is an error. The code of a network
// of one's own is handed over.
func Load(r *run.Run, own ...Part) (*Model, error) {
	if models.IsGAN(r.Recipe.Model.Name) {
		return nil, fmt.Errorf("%s: the model is %s, a GAN, which tells no classes; LoadGenerator loads it", r.Dir, r.Recipe.Model.Name)
	}
	backend, err := Backend()
	if err != nil {
		return nil, err
	}
	c, err := best(r)
	if err != nil {
		return nil, err
	}
	p, err := newProgram(backend, r.Recipe, own, false)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	if err := r.CheckNetwork(p.described()); err != nil {
		return nil, err
	}
	m := &Model{program: p, graphs: map[string]*model.Exec{}}
	if err := p.restoreParameters(c.Tensors); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return m, nil
}

// Device describes where the model computes.
func (m *Model) Device() string { return Describe(m.program.backend).Device }

// best is the checkpoint of a run's best epoch.
func best(r *run.Run) (run.Checkpoint, error) {
	c, found, err := r.LoadCheckpoint(run.Best)
	if err == nil && !found {
		err = fmt.Errorf("%s has no checkpoint of a best epoch", r.Dir)
	}
	return c, err
}

// Predict returns the model's probabilities for each image of a set. The indices are the positions in the set.
func (m *Model) Predict(set fashion.Set) (run.Predictions, error) {
	data := part{set: set}
	for i := range set.Images {
		data.indices = append(data.indices, i)
	}
	data.upload(evaluationBatch)
	m.turn.Lock()
	defer m.turn.Unlock()
	var out run.Predictions
	err := try(func() (err error) {
		out, err = m.program.predict(data)
		return err
	})
	return out, err
}

// Probabilities are those of the classes for each of a few images, without a wait: a graph of plain operations compiles in a fraction of
// a second.
func (m *Model) Probabilities(images []fashion.Image) ([][fashion.NumClasses]float32, error) {
	rows := make([][fashion.NumClasses]float32, 0, len(images))
	logits := func(n *layers.Net, images *Node) []*Node {
		return []*Node{m.program.network.Predict(n, m.program.recipe.Model, images)}
	}
	err := m.inBatches("logits", fashion.Set{Images: images}, logits, func(out []*tensors.Tensor, images int) {
		values := tensors.MustCopyFlatData[float32](out[0])
		for i := range images {
			rows = append(rows, softmax([fashion.NumClasses]float32(values[i*fashion.NumClasses:])))
		}
	})
	return rows, err
}

// fewImages is the number of images up to which a graph of plain operations is used.
const fewImages = 16

// batchFor is the number of images of a graph that is to work on n: few sizes, so that few graphs are compiled.
func batchFor(n int) int {
	switch {
	case n == 1:
		return 1
	case n <= fewImages:
		return fewImages
	}
	return evaluationBatch
}

// inBatches runs a graph of the model, not training, on the images of a set and hands on what it gives for each batch, with how many of the
// batch's images are of the set. The last batch is filled up with black ones. The graph is kept under a name.
func (m *Model) inBatches(name string, set fashion.Set, build func(n *layers.Net, images *Node) []*Node, take func(out []*tensors.Tensor, images int)) error {
	size := batchFor(set.Len())
	for first := 0; first < set.Len(); first += size {
		batch := part{set: fashion.Set{Images: set.Images[first:min(first+size, set.Len())]}}
		if err := try(func() error { return m.oneBatch(name, batch, size, build, take) }); err != nil {
			return fmt.Errorf("images %d to %d: %w", first, first+batch.set.Len()-1, err)
		}
	}
	return nil
}

// oneBatch is inBatches for one batch, filled up to that size. Whoever else asks has his turn before the next.
func (m *Model) oneBatch(name string, batch part, size int, build func(n *layers.Net, images *Node) []*Node, take func(out []*tensors.Tensor, images int)) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	p, exec := m.program, m.graphs[name]
	if exec == nil {
		var err error
		exec, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) []*Node {
			n := layers.Inference(in[0].Graph(), p.store, p.recipe.Seed)
			if in[0].Shape().Dimensions[0] <= fewImages || p.network.ReferenceIsFast {
				n.PreferReference()
			}
			return build(n, pixels(in[0]))
		})
		if err != nil {
			return err
		}
		m.graphs[name] = exec
	}
	batch.upload(size)
	out, err := exec.Call(batch.images)
	if err != nil {
		return err
	}
	take(out, batch.set.Len())
	for _, t := range append(out, batch.images, batch.labels) {
		t.FinalizeAll()
	}
	return nil
}
