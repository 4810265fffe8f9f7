package train

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
)

// Precise BN: Wu and Johnson, "Rethinking 'Batch' in BatchNorm" (2021), section 3. A running average holds what batches were under the weights of the last hundred steps; inference uses the weights of the last
// one. So after an epoch its first batches go through the network once more, all with the same weights, and the statistics of the population are worked out of theirs. As in the authors' implementation
// (fvcore.nn.precise_bn) the network is that of training, with augmentation, mixing and dropout: these are the statistics that the running averages would reach if the weights stood still. Of averaged weights
// (Optimizer.EMA) they are the statistics of the average, under which no batch was ever seen. The training does not read them, so that it is the same without.

// momentsGraph returns the mean and the variance of a step's batch in each batch normalization, in turn, with the parameters' values for inference. It learns nothing.
func (p *program) momentsGraph(_ *model.Scope, in []*Node) []*Node {
	first := ScalarZero(in[session.InOrder].Graph(), dtypes.Int32)
	b := p.batch(in, MulScalar(in[session.InPosition], p.recipe.Batch), p.recipe.Batch)
	n := p.training(in, first)
	infer.UseInferenceValues(n, p.store)
	p.losses(n, in, first, b)
	batch := map[string]*Node{}
	for _, u := range n.Updates() {
		batch[u.Path] = u.Batch
	}
	moments := make([]*Node, len(p.running))
	for i, path := range p.running {
		moments[i] = batch[path]
	}
	return moments
}

// addMoments adds the mean and the variance of each batch normalization for a batch of an epoch, which was the training's step of that number, to those of other batches.
func (p *program) addMoments(to *population, f session.Feed, position, step int) error {
	out, err := p.moments.Call(p.inputs(f, position, step, 0)...)
	if err != nil {
		return fmt.Errorf("batch normalization's statistics of batch %d: %w", position+1, err)
	}
	moments := make([][]float32, len(out))
	for i, t := range out {
		moments[i] = tensors.MustCopyFlatData[float32](t)
		t.FinalizeAll()
	}
	to.add(moments)
	return nil
}

// followRunning gives the precise statistics the values of the running ones.
func followRunning(store *model.Store, running []string) error {
	values, err := infer.RunningStatistics(store, running)
	if err != nil {
		return err
	}
	return infer.SetPreciseStatistics(store, running, values)
}

// population estimates the means and variances of a population from those of equally large batches:
//
//	mean = E[mean of a batch], variance = E[variance of a batch + its mean squared] - mean squared
type population struct {
	batches int
	sums    [][]float64 // of what E is of, in turn
}

// add adds a batch: for each normalization the mean and the variance of each channel, in turn.
func (p *population) add(moments [][]float32) {
	if p.batches == 0 {
		p.sums = make([][]float64, len(moments))
		for i, values := range moments {
			p.sums[i] = make([]float64, len(values))
		}
	}
	p.batches++
	for i := 0; i < len(moments); i += 2 {
		for c, mean := range moments[i] {
			mean, variance := float64(mean), float64(moments[i+1][c])
			p.sums[i][c] += mean
			p.sums[i+1][c] += variance + mean*mean
		}
	}
}

// moments are the means and variances, in turn.
func (p *population) moments() [][]float32 {
	moments := make([][]float32, len(p.sums))
	for i := 0; i < len(p.sums); i += 2 {
		for c := range p.sums[i] {
			mean, square := p.sums[i][c]/float64(p.batches), p.sums[i+1][c]/float64(p.batches)
			moments[i] = append(moments[i], float32(mean))
			moments[i+1] = append(moments[i+1], float32(max(0, square-mean*mean)))
		}
	}
	return moments
}
