// Package ensemble combines trained models by weighted soft voting. It reads their saved predictions, finds weights on the validation images, and
// evaluates the ensemble beside its best member. It loads no model and no backend.
package ensemble

import (
	"errors"
	"fmt"
	"slices"

	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Candidate describes a model that may join an ensemble.
type Candidate struct {
	Name    string
	Runs    []string // names of the runs that may be its, the preferred first
	Weight  float64  // that it is given in the ensemble; 0 if weights are only found
	Command string   // that trains and tests the last of Runs
}

// Member is a model of an ensemble: a finished run and its predictions for the images that all members have in common.
type Member struct {
	Name   string
	Run    *run.Run
	Weight float64 // that it was given, see Candidate

	validation, test run.Predictions
}

// Members are the models of an ensemble.
type Members []Member

// Load opens the first of each candidate's runs that is there, and joins them as Join does. An error says how to make a run that is missing.
func Load(candidates []Candidate, from run.Store) (Members, error) {
	var members Members
	for _, c := range candidates {
		m, err := Member{Name: c.Name, Weight: c.Weight}, run.ErrNotFound
		for _, name := range c.Runs {
			if m.Run, err = from.Open(name); !errors.Is(err, run.ErrNotFound) {
				break
			}
		}
		if err == nil {
			err = m.read()
		}
		if err != nil {
			if m.Run == nil || m.Run.Recipe.Data.Task == "" {
				err = fmt.Errorf("%w; train and test it with: %s", err, c.Command)
			}
			return nil, fmt.Errorf("%s cannot be a member: %w", c.Name, err)
		}
		members = append(members, m)
	}
	return members.join()
}

// Join reads the predictions of members whose runs are known. Validation images are those that all members were validated on, so that none was trained on
// one. A run that is unfinished or not tested, that did not learn the classes, or whose split has another seed than the first's is an error.
func Join(members ...Member) (Members, error) {
	joined := Members(slices.Clone(members))
	for i := range joined {
		if err := joined[i].read(); err != nil {
			return nil, fmt.Errorf("%s cannot be a member: %w", joined[i].Name, err)
		}
	}
	return joined.join()
}

// join reduces what the members predict to the images that they have in common.
func (ms Members) join() (Members, error) {
	if len(ms) == 0 {
		return nil, errors.New("an ensemble of no members, want one or more")
	}
	for _, m := range ms {
		first := ms[0]
		if m.Run.Recipe.Data.Set != first.Run.Recipe.Data.Set {
			return nil, fmt.Errorf("%s cannot be a member: %s was trained on another data set than %s, of %s", m.Name, m.Run.Dir, first.Run.Dir, first.Name)
		}
		if seed, want := m.Run.Recipe.Data.SplitSeed, first.Run.Recipe.Data.SplitSeed; seed != want {
			return nil, fmt.Errorf("%s cannot be a member: %s splits the training images with the seed %d and %s, of %s, with %d, so that one was trained on images "+
				"that the other is validated on; train both with the same", m.Name, m.Run.Dir, seed, first.Run.Dir, first.Name, want)
		}
	}
	validation, err := common(ms.Validation())
	if err != nil {
		return nil, err
	}
	for i := range ms {
		ms[i].validation = validation[i]
	}
	return ms, metrics.SameImages(ms.Test()...)
}

// read reads the predictions of a member's run.
func (m *Member) read() (err error) {
	switch {
	case m.Run == nil:
		return errors.New("it has no run")
	case !m.Run.Finished():
		return fmt.Errorf("%s: the training is not finished", m.Run.Dir)
	case m.Run.Recipe.Data.Task != "":
		return fmt.Errorf("%s: the task is %s, want the classes", m.Run.Dir, m.Run.Recipe.Data.Task)
	}
	if m.validation, err = m.Run.Predictions(run.Validation); err == nil {
		m.test, err = m.Run.Predictions(run.Test)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.Run.Dir, err)
	}
	return nil
}

// Names are the members' names.
func (ms Members) Names() []string {
	var names []string
	for _, m := range ms {
		names = append(names, m.Name)
	}
	return names
}

// Weights are the weights that the members were given, see Candidate.
func (ms Members) Weights() []float64 {
	var weights []float64
	for _, m := range ms {
		weights = append(weights, m.Weight)
	}
	return weights
}

// Validation is what each member predicts for the common validation images.
func (ms Members) Validation() []run.Predictions {
	var list []run.Predictions
	for _, m := range ms {
		list = append(list, m.validation)
	}
	return list
}

// Test is what each member predicts for the test images.
func (ms Members) Test() []run.Predictions {
	var list []run.Predictions
	for _, m := range ms {
		list = append(list, m.test)
	}
	return list
}

// Calibrated are the members with calibrated probabilities, each by its own temperature, which is found on its validation images.
func (ms Members) Calibrated() Members {
	calibrated := slices.Clone(ms)
	for i, m := range ms {
		t := metrics.Temperature(m.validation)
		calibrated[i].validation, calibrated[i].test = metrics.Tempered(m.validation, t), metrics.Tempered(m.test, t)
	}
	return calibrated
}

// common picks the images that are in all predictions, in the order of the first.
func common(list []run.Predictions) ([]run.Predictions, error) {
	rowOf := make([]map[int32]int, len(list)) // by image
	for k, p := range list {
		rowOf[k] = map[int32]int{}
		for i, index := range p.Indices {
			rowOf[k][index] = i
		}
	}
	rows := make([][]int, len(list))
	for _, index := range list[0].Indices {
		if slices.ContainsFunc(rowOf, func(of map[int32]int) bool { _, found := of[index]; return !found }) {
			continue
		}
		for k := range list {
			rows[k] = append(rows[k], rowOf[k][index])
		}
	}
	if len(rows[0]) == 0 {
		return nil, errors.New("no validation image is common to all members")
	}
	picked := make([]run.Predictions, len(list))
	for k, p := range list {
		picked[k] = p.Pick(rows[k])
	}
	return picked, metrics.SameImages(picked...)
}

// Evaluation is how an ensemble does, beside its best member: the one with the highest accuracy on the validation images.
type Evaluation struct {
	Weights          []float64          // of the members, which sum to 1
	Validation, Test metrics.Interval   // accuracy of the ensemble
	Best             int                // position of the best member, from 0
	BestValidation   metrics.Interval   // accuracy of the best member on the validation images
	Gain             metrics.Interval   // accuracy of the ensemble less that of the best member on the test images, by the bootstrap
	McNemar          metrics.PairedTest // of the best member, a, and the ensemble, b, on the test images

	ValidationPredictions, TestPredictions run.Predictions // of the ensemble
}

// resamples are those of the bootstrap.
const resamples = 2000

// Evaluate evaluates soft voting of the members with the given weights, see SoftVote.
func (ms Members) Evaluate(weights []float64) (e Evaluation, err error) {
	validation, test := ms.Validation(), ms.Test()
	for i := range ms {
		if a := metrics.Accuracy(validation[i]); a.Value > e.BestValidation.Value {
			e.Best, e.BestValidation = i, a
		}
	}
	if e.ValidationPredictions, err = SoftVote(weights, validation...); err != nil {
		return e, err
	}
	if e.TestPredictions, err = SoftVote(weights, test...); err != nil {
		return e, err
	}
	e.Weights = normalized(weights)
	e.Validation, e.Test = metrics.Accuracy(e.ValidationPredictions), metrics.Accuracy(e.TestPredictions)
	if e.Gain, err = metrics.Gain(test[e.Best], e.TestPredictions, resamples, 1); err != nil {
		return e, err
	}
	e.McNemar, err = metrics.McNemar(test[e.Best], e.TestPredictions)
	return e, err
}
