package train

import (
	"errors"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

// partSize is the number of images that the CPU works on at once: with more, the tensors between two layers no longer fit
// its caches.
const partSize = 32

// partOf is the size of the parts into which a backend divides a batch: on the CPU a divisor of it near partSize; the whole
// batch if there is none, if it is wanted, and elsewhere.
func partOf(b compute.Backend, batch int, whole bool) int {
	if !layers.OnCPU(b) || whole {
		return batch
	}
	for size := partSize; size >= partSize/2; size-- {
		if batch%size == 0 {
			return size
		}
	}
	return batch
}

// parts is a training step that works on one part of the batch after the other and adds up their gradients before the
// update. It is the step of the whole batch, with sums in another order.
type parts struct {
	add    *model.Exec // one part: inputs, its first image and the sums so far to the sums with it
	update *model.Exec // the optimizer's part: scalars, position and gradients
	zeros  []*tensors.Tensor
}

func newParts(p *program) (*parts, error) {
	s := &parts{zeros: []*tensors.Tensor{tensors.FromShape(tallyShape)}}
	for _, name := range p.names {
		s.zeros = append(s.zeros, tensors.FromShape(p.store.GetVariable(name).Shape()))
	}
	var err error
	s.add, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) []*Node {
		sums, first, in := in[:len(s.zeros)], in[len(s.zeros)], in[len(s.zeros)+1:]
		for i, v := range p.gradients(in, first, p.part) {
			sums[i] = Add(sums[i], v)
		}
		return sums
	})
	if err != nil {
		return nil, err
	}
	s.update, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node {
		p.update(in[2:], in[0], in[1])
		return in[1]
	})
	return s, err
}

// compile compiles both graphs for the inputs of a step.
func (s *parts) compile(inputs []shapes.Shape) error {
	var sums []shapes.Shape
	for _, z := range s.zeros {
		sums = append(sums, z.Shape())
	}
	_, err := s.add.Compile(slices.Concat(sums, []shapes.Shape{shapes.Make(dtypes.Int32)}, inputs)...)
	_, errUpdate := s.update.Compile(append([]shapes.Shape{inputs[inScalars], inputs[inPosition]}, sums[1:]...)...)
	return errors.Join(err, errUpdate)
}

// step does a step on a batch in parts of that size and returns the tally.
func (s *parts) step(batch, size int, inputs []any) (*tensors.Tensor, error) {
	sums := s.zeros
	free := func() {
		for i, t := range sums {
			if t != s.zeros[i] {
				t.FinalizeAll()
			}
		}
	}
	for first := 0; first < batch; first += size {
		args := append(anys(sums), int32(first))
		next, err := s.add.Call(append(args, inputs...)...)
		free()
		if err != nil {
			return nil, err
		}
		sums = next
	}
	done, err := s.update.Call1(append([]any{inputs[inScalars], inputs[inPosition]}, anys(sums[1:])...)...)
	tally := sums[0]
	sums[0] = s.zeros[0]
	free()
	if err != nil {
		tally.FinalizeAll()
		return nil, err
	}
	done.FinalizeAll()
	return tally, nil
}

func anys(list []*tensors.Tensor) (out []any) {
	for _, t := range list {
		out = append(out, t)
	}
	return out
}
