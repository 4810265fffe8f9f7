package train

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/internal/steploop"
)

// series is several training steps in one execution. The steps are those of stepGraph.
type series struct {
	steploop.Loop
	exec *model.Exec
}

// newSeries makes the graph of so many steps. Keys and scalars have a row for each.
func (p *program) newSeries(length int) (*series, error) {
	s := &series{Loop: steploop.Loop{Position: session.InPosition, Length: length, PerEpoch: p.steps(), Rows: []int{inKeys, inScalars}, Metrics: metricsShape.Size()}}
	var err error
	s.exec, err = model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node {
		return s.Graph(p.store, in, func(in []*Node) *Node { return p.stepGraph(nil, in) })
	})
	return s, err
}

// together is how many steps one execution does.
func (p *program) together() int {
	if p.series == nil {
		return 1
	}
	return p.series.Length
}

// execute does a step for each rate, at most together, from a position of the epoch on. The first is the training's step of that number, from 0 on.
func (p *program) execute(f session.Feed, position, step int, rates []float64) ([]session.Step, error) {
	if p.series == nil {
		done, err := p.train(f, position, step, rates[0])
		return []session.Step{done}, err
	}
	var keys []uint32
	var scalars []float32
	for i := range p.series.Length {
		at := min(i, len(rates)-1) // beyond the epoch nothing is done
		keys = append(keys, p.keys(step+at)...)
		scalars = append(scalars, p.scalars(step+at, rates[at])...)
	}
	rows := p.series.Length
	k, s := tensors.FromFlatDataAndDimensions(keys, rows, len(keys)/rows), tensors.FromFlatDataAndDimensions(scalars, rows, len(scalars)/rows)
	defer k.FinalizeAll()
	defer s.FinalizeAll()
	out, err := p.series.exec.Call1(f.Inputs(position, k, s)...)
	if err != nil {
		return nil, fmt.Errorf("training steps %d to %d: %w", step+1, step+len(rates), err)
	}
	done, err := p.metricsOf(out, position)
	if err != nil {
		return nil, fmt.Errorf("training steps %d to %d: %w", step+1, step+len(rates), err)
	}
	return done[:len(rates)], nil
}

// metricsOf is what the steps of an execution measured from a position of the epoch on, which returned it as one tensor. It is freed.
func (p *program) metricsOf(out *tensors.Tensor, position int) (list []session.Step, err error) {
	rows, err := steploop.MetricsOf(out, metricsShape.Size())
	for i, v := range rows {
		images := min(p.recipe.Batch, p.images-(position+i)*p.recipe.Batch)
		list = append(list, session.Step{Loss: float64(v[0]), Accuracy: float64(v[1]), Weight: float64(images)})
	}
	return list, err
}
