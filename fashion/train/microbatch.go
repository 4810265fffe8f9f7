package train

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
)

// microBatchSize is the number of images that the CPU works on at once: with more, the tensors between two layers no longer fit
// its caches.
const microBatchSize = 32

// microBatch is the size of the micro-batches into which a backend divides a batch: on the CPU a divisor of it near microBatchSize; the whole
// batch if there is none, if it is wanted, and elsewhere.
func microBatch(b compute.Backend, batch int, whole bool) int {
	if !layers.OnCPU(b) || whole {
		return batch
	}
	for size := microBatchSize; size >= microBatchSize/2; size-- {
		if batch%size == 0 {
			return size
		}
	}
	return batch
}

// microBatches is a training step by gradient accumulation: it works on one micro-batch after the other and adds up their gradients before the
// update. It is the step of the whole batch, with sums in another order.
type microBatches struct {
	size, batch int
	accumulate  *model.Exec // one micro-batch: the sums so far, its first image and the step's inputs to the sums with it
	update      *model.Exec // the optimizer's part: scalars, position and gradients
	zeros       []*tensors.Tensor
}

func newMicroBatches(p *program, size int) (*microBatches, error) {
	m := &microBatches{size: size, batch: p.recipe.Batch, zeros: []*tensors.Tensor{tensors.FromShape(metricsShape)}}
	for _, name := range p.names {
		m.zeros = append(m.zeros, tensors.FromShape(p.store.GetVariable(name).Shape()))
	}
	var err error
	m.accumulate, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) []*Node {
		sums, first, in := in[:len(m.zeros)], in[len(m.zeros)], in[len(m.zeros)+1:]
		for i, v := range p.gradients(in, first, size) {
			sums[i] = Add(sums[i], v)
		}
		return sums
	})
	if err != nil {
		return nil, err
	}
	m.update, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node {
		p.update(in[2:], in[0], in[1])
		return in[1]
	})
	return m, err
}

// compile compiles both graphs for the inputs of a step.
func (m *microBatches) compile(inputs []shapes.Shape) error {
	var sums []shapes.Shape
	for _, z := range m.zeros {
		sums = append(sums, z.Shape())
	}
	if _, err := m.accumulate.Compile(slices.Concat(sums, []shapes.Shape{shapes.Make(dtypes.Int32)}, inputs)...); err != nil {
		return err
	}
	_, err := m.update.Compile(append([]shapes.Shape{inputs[inScalars], inputs[session.InPosition]}, sums[1:]...)...)
	return err
}

// step does a step and returns its metrics.
func (m *microBatches) step(inputs []any) (*tensors.Tensor, error) {
	sums := m.zeros
	free := func() {
		for i, t := range sums {
			if t != m.zeros[i] {
				t.FinalizeAll()
			}
		}
	}
	for first := 0; first < m.batch; first += m.size {
		args := append(anys(sums), int32(first))
		next, err := m.accumulate.Call(append(args, inputs...)...)
		free()
		if err != nil {
			return nil, err
		}
		sums = next
	}
	done, err := m.update.Call1(append([]any{inputs[inScalars], inputs[session.InPosition]}, anys(sums[1:])...)...)
	metrics := sums[0]
	sums[0] = m.zeros[0]
	free()
	if err != nil {
		metrics.FinalizeAll()
		return nil, err
	}
	done.FinalizeAll()
	return metrics, nil
}

func anys(list []*tensors.Tensor) (out []any) {
	for _, t := range list {
		out = append(out, t)
	}
	return out
}
