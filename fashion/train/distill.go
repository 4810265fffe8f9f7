package train

import (
	"cmp"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// distilled adds to each row's loss with the label, which it weights, that with the teachers' labels, [B, classes]. See recipes.Distillation.
func distilled(losses, logits, soft *Node, d recipes.Distillation) *Node {
	cooled := LogSoftmax(DivScalar(logits, d.Temperature))
	fromTeachers := MulScalar(ReduceSum(Mul(soft, cooled), -1), -d.Weight*d.Temperature*d.Temperature)
	return Add(MulScalar(losses, 1-d.Weight), fromTeachers)
}

// learnFromTeachers has the recipe's teachers, if it has any, predict the training images. It returns the sha256 of their weights.
func (p *program) learnFromTeachers(images *session.Images) (sums map[string]string, err error) {
	d := p.recipe.Regularization.Distillation
	if d.Weight == 0 {
		return nil, nil
	}
	set := images.Training.Set
	classes := cmp.Or(p.recipe.Model.Classes, fashion.NumClasses)
	mean := make([]float64, set.Len()*classes)
	sums = map[string]string{}
	for _, name := range d.Names() {
		teacher, err := openTeacher(name, d.Published, p.recipe.Data, images.Validation.Indices)
		if err != nil {
			return nil, err
		}
		m, err := infer.Load(teacher, p.own...)
		if err != nil {
			return nil, err
		}
		logits, err := m.LogitsOf(set)
		if err != nil {
			return nil, fmt.Errorf("teacher %s: %w", name, err)
		}
		for i, row := range logits {
			if len(row) != classes {
				return nil, fmt.Errorf("teacher %s has %d classes, want %d", name, len(row), classes)
			}
			z := make([]float64, classes)
			for class, v := range row {
				z[class] = float64(v)
			}
			for class, v := range metrics.Softmax(z, 1/d.Temperature) {
				mean[i*classes+class] += v / float64(len(d.Names()))
			}
		}
		if sums["weights of the teacher "+name], err = weightsSum(teacher); err != nil {
			return nil, err
		}
	}
	soft := make([]float32, len(mean))
	for i, v := range mean {
		soft[i] = float32(v)
	}
	if p.soft != nil {
		p.soft.FinalizeAll()
	}
	p.soft = tensors.FromFlatDataAndDimensions(soft, set.Len(), classes)
	return sums, nil
}

// openTeacher opens a finished run that learned nothing of the validation images.
func openTeacher(name string, published bool, data recipes.Data, validation []int) (*run.Run, error) {
	store := run.Local()
	if published {
		store = run.Published()
	}
	r, err := store.Open(name)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", name, err)
	}
	switch {
	case !r.Finished():
		return nil, fmt.Errorf("teacher %s is not finished; train it to its end first", r.Dir)
	case r.Recipe.Data.Set != data.Set || r.Recipe.Data.Task != data.Task:
		return nil, fmt.Errorf("teacher %s learned other images or another task (data.set %q, data.task %q), want those of the recipe (%q, %q)", r.Dir, r.Recipe.Data.Set, r.Recipe.Data.Task, data.Set, data.Task)
	}
	held, err := r.Predictions(run.Validation)
	if err != nil {
		return nil, fmt.Errorf("teacher %s: %w", name, err)
	}
	slices.Sort(held.Indices)
	seen := 0
	for _, i := range validation {
		if _, unseen := slices.BinarySearch(held.Indices, int32(i)); !unseen {
			seen++
		}
	}
	if seen > 0 {
		return nil, fmt.Errorf("teacher %s may have learned %d of the %d validation images, which are not among its own; want one of the same data.validation and data.split_seed", r.Dir, seen, len(validation))
	}
	return r, nil
}

// weightsSum is the sha256 of a run's weights.
func weightsSum(r *run.Run) (string, error) {
	c, err := r.Checkpoint(run.Best)
	if err != nil {
		return "", err
	}
	return digestOf(c.Tensors), nil
}
