package train

import (
	"fmt"
	"math"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// train does one step and returns the sum of the batch's losses in nats and its number of hits.
func (p *program) train(data part, f feed, position, step int, rate float64) (loss, hits float64, err error) {
	scalars := make([]float32, p.rule.NumScalars)
	for i, s := range p.rule.Scalars(step+1, rate) {
		scalars[i] = float32(s)
	}
	keys := []uint32{layers.StepKey(p.recipe.Seed, step), layers.Fraction(p.recipe.Model.Dropout)}
	inputs := f.args(data, position, keys, scalars)
	var out *tensors.Tensor
	if p.parts != nil {
		out, err = p.parts.step(p.recipe.Batch, p.part, inputs)
	} else {
		out, err = p.step.Call1(inputs...)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("training step %d: %w", step+1, err)
	}
	defer out.FinalizeAll()
	values, err := tensors.CopyFlatData[float32](out)
	if err != nil {
		return 0, 0, fmt.Errorf("training step %d: %w", step+1, err)
	}
	return float64(values[0]), float64(values[1]), nil
}

// logits returns the model's logits for each image of a part.
func (p *program) logits(data part) ([][fashion.NumClasses]float32, error) {
	n := data.set.Len()
	rows := make([][fashion.NumClasses]float32, 0, n)
	for position := 0; len(rows) < n; position++ {
		out, err := p.evaluate.Call1(data.images, int32(position))
		if err != nil {
			return nil, fmt.Errorf("evaluating: %w", err)
		}
		flat, err := tensors.CopyFlatData[float32](out)
		if err != nil {
			return nil, fmt.Errorf("evaluating: %w", err)
		}
		out.FinalizeAll()
		for i := 0; i+fashion.NumClasses <= len(flat) && len(rows) < n; i += fashion.NumClasses {
			rows = append(rows, [fashion.NumClasses]float32(flat[i:i+fashion.NumClasses]))
		}
	}
	return rows, nil
}

// predict returns the model's probabilities for each image of a part.
func (p *program) predict(data part) (run.Predictions, error) {
	rows, err := p.logits(data)
	if err != nil {
		return run.Predictions{}, err
	}
	out := run.Predictions{Labels: data.set.Labels, Probabilities: rows}
	for i := range rows {
		rows[i] = softmax(rows[i])
		out.Indices = append(out.Indices, int32(data.indices[i]))
	}
	return out, nil
}

// softmax returns the probabilities of logits, worked out in float64.
func softmax(logits [fashion.NumClasses]float32) [fashion.NumClasses]float32 {
	var z [fashion.NumClasses]float64
	for i, v := range logits {
		z[i] = float64(v)
	}
	for i, v := range run.Softmax(z, 1) {
		logits[i] = float32(v)
	}
	return logits
}

// evaluate returns the mean cross-entropy in nats and the fraction of rows whose largest logit is the label's.
func evaluate(logits [][fashion.NumClasses]float32, labels []fashion.Label) (loss, accuracy float64) {
	for i, row := range logits {
		best, high := 0, float64(row[0])
		for class, v := range row {
			if v > row[best] {
				best, high = class, float64(v)
			}
		}
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - high)
		}
		loss += math.Log(sum) + high - float64(row[labels[i]])
		if best == int(labels[i]) {
			accuracy++
		}
	}
	return loss / float64(len(logits)), accuracy / float64(len(logits))
}

// Test opens the test images for a finished run, saves its predictions for them and records the opening. It is the
// only function that opens them. Where the predictions are saved already, it reads those. The code of a network of one's own is handed over.
func Test(r *run.Run, own ...Part) (run.Predictions, error) {
	if !r.Finished() {
		return run.Predictions{}, fmt.Errorf("%s: the training is not finished; the test images are for finished runs", r.Dir)
	}
	if task := r.Recipe.Data.Task; task != "" {
		return run.Predictions{}, fmt.Errorf("%s: the task is %s; the test images are for runs that learned the classes", r.Dir, task)
	}
	if models.IsGAN(r.Recipe.Model.Name) {
		return run.Predictions{}, fmt.Errorf("%s: the model is %s, a GAN; the test images are for runs that learned the classes", r.Dir, r.Recipe.Model.Name)
	}
	if err := checkNetwork(r, own); err != nil {
		return run.Predictions{}, err
	}
	if p, err := r.Predictions(run.Test); err == nil {
		return p, nil
	}
	w, err := run.Begin(r.Dir, r.Recipe)
	if err != nil {
		return run.Predictions{}, err
	}
	defer w.Close()
	var p run.Predictions
	err = try(func() error {
		p, err = predictTest(w, own)
		return err
	})
	if err != nil {
		return run.Predictions{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	r.Record = w.Record
	return p, nil
}

func predictTest(r *run.Run, own []Part) (run.Predictions, error) {
	program, err := Load(r, own...)
	if err != nil {
		return run.Predictions{}, err
	}
	dir, err := fashion.FindDir()
	if err != nil {
		return run.Predictions{}, err
	}
	set, err := fashion.LoadTest(dir)
	if err != nil {
		return run.Predictions{}, err
	}
	r.Record.TestOpened = append(r.Record.TestOpened, time.Now().UTC().Truncate(time.Second))
	if err := r.SaveRecord(); err != nil {
		return run.Predictions{}, err
	}
	p, err := program.Predict(set)
	if err != nil {
		return run.Predictions{}, err
	}
	return p, r.SavePredictions(run.Test, p)
}
