package score

import (
	"errors"
	"fmt"
	"slices"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Member is a model of an ensemble: a finished run and what it predicts for the images that all members know.
type Member struct {
	Name   string
	Run    *run.Run
	Weight float64 // that the slide gives it
	parts  map[string]run.Predictions
}

// Source finds a run by its name: a run.Store does.
type Source interface {
	Open(name string) (*run.Run, error)
}

// Join brings the runs of voters at a profile together. Validation images are those that all members were validated on, which they all learned nothing from. A run that is
// missing, unfinished or not tested, one whose split has another seed and one that did not learn the classes are errors that say what to do.
func Join(voters []study.Voter, p study.Profile, from Source) ([]Member, error) {
	var members []Member
	for _, v := range voters {
		m, err := join(v, p, from)
		if err != nil {
			return nil, fmt.Errorf("%s is no member: %w", v.Name, err)
		}
		if seed, first := m.Run.Recipe.Data.SplitSeed, append(members, m)[0]; seed != first.Run.Recipe.Data.SplitSeed {
			return nil, fmt.Errorf("%s is no member: %s splits the training images with the seed %d and %s, of %s, with %d, so that one was trained on images "+
				"that the other is validated on; train both with the same", v.Name, m.Run.Dir, seed, first.Run.Dir, first.Name, first.Run.Recipe.Data.SplitSeed)
		}
		members = append(members, m)
	}
	validation, err := common(Part(members, run.Validation))
	if err != nil {
		return nil, err
	}
	for i := range members {
		members[i].parts[run.Validation] = validation[i]
	}
	return members, sameImages(Part(members, run.Test)...)
}

// join opens the run of a voter.
func join(v study.Voter, p study.Profile, from Source) (Member, error) {
	m := Member{Name: v.Name, Weight: v.Weight, parts: map[string]run.Predictions{}}
	var err error
	for _, recipe := range v.Recipes {
		if m.Run, err = from.Open(p.Run(recipe)); !errors.Is(err, run.ErrNotFound) {
			break
		}
	}
	command := p.Command(v.Recipes[len(v.Recipes)-1])
	switch {
	case err != nil:
		return m, fmt.Errorf("%w; make it with: %s", err, command)
	case !m.Run.Finished():
		return m, fmt.Errorf("%s: the training is not finished; go on with: %s", m.Run.Dir, command)
	case m.Run.Recipe.Data.Task != "":
		return m, fmt.Errorf("%s: the task is %s, want the classes", m.Run.Dir, m.Run.Recipe.Data.Task)
	}
	for _, part := range []string{run.Validation, run.Test} {
		if m.parts[part], err = m.Run.Predictions(part); err != nil {
			return m, fmt.Errorf("%s: %w; make them with: %s", m.Run.Dir, err, command)
		}
	}
	return m, nil
}

// Part is what each member predicts for a part.
func Part(members []Member, part string) []run.Predictions {
	var list []run.Predictions
	for _, m := range members {
		list = append(list, m.parts[part])
	}
	return list
}

// Calibrated are members whose probabilities are tempered, each with its own temperature, found on its validation images.
func Calibrated(members []Member) []Member {
	calibrated := slices.Clone(members)
	for i, m := range members {
		t := Temperature(m.parts[run.Validation])
		calibrated[i].parts = map[string]run.Predictions{}
		for part, p := range m.parts {
			calibrated[i].parts[part] = Tempered(p, t)
		}
	}
	return calibrated
}

// common are predictions for the images that are in all, in the order of the first.
func common(list []run.Predictions) ([]run.Predictions, error) {
	rows := make([]map[int32]int, len(list)) // of each image
	for k, p := range list {
		rows[k] = map[int32]int{}
		for i, index := range p.Indices {
			rows[k][index] = i
		}
	}
	picked := make([][]int, len(list))
	for _, index := range list[0].Indices {
		if slices.ContainsFunc(rows, func(of map[int32]int) bool { _, found := of[index]; return !found }) {
			continue
		}
		for k := range list {
			picked[k] = append(picked[k], rows[k][index])
		}
	}
	if len(picked[0]) == 0 {
		return nil, errors.New("no validation image is common to all members")
	}
	shared := make([]run.Predictions, len(list))
	for k, p := range list {
		shared[k] = pick(p, picked[k])
	}
	return shared, sameImages(shared...)
}

// Judgement is how an ensemble does, beside the member that is best on the validation images.
type Judgement struct {
	Weights          []float64 // of the members, of sum 1
	Best             int       // the member
	Validation, Test Interval  // accuracy of the ensemble
	Before           Interval  // accuracy of the best member on the validation images
	Gain             Interval  // of the ensemble over the best member on the test images, bootstrap
	Pairing          Pairing   // of the best member, a, and the ensemble, b, on the test images

	Held, Opened run.Predictions // of the ensemble for the validation and for the test images
}

// Judge evaluates the vote of members with those weights.
func Judge(members []Member, weights []float64) (Judgement, error) {
	validation, test := Part(members, run.Validation), Part(members, run.Test)
	var j Judgement
	for i := range members {
		if a := Accuracy(validation[i]); a.Value > j.Before.Value {
			j.Best, j.Before = i, a
		}
	}
	var err error
	if j.Held, err = Vote(weights, validation...); err != nil {
		return j, err
	}
	if j.Opened, err = Vote(weights, test...); err != nil {
		return j, err
	}
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for _, w := range weights {
		j.Weights = append(j.Weights, w/sum)
	}
	j.Validation, j.Test = Accuracy(j.Held), Accuracy(j.Opened)
	if j.Gain, err = Gain(test[j.Best], j.Opened, 2000, 1); err != nil {
		return j, err
	}
	j.Pairing, err = McNemar(test[j.Best], j.Opened)
	return j, err
}

// Weights are those that the slide gives the members.
func Weights(members []Member) []float64 {
	var weights []float64
	for _, m := range members {
		weights = append(weights, m.Weight)
	}
	return weights
}

// Scheme is a way to weigh the members of an ensemble.
type Scheme struct {
	Name    string
	Weights []float64
}

// gridDivisions are those of the grid on which weights are searched: steps of 0.05, which the slide's weights are multiples of.
const gridDivisions = 20

// Fitted are the weights of the study: the most accurate on the members' validation images, in steps of 0.05, see GridWeights.
func Fitted(members []Member) ([]float64, error) {
	return GridWeights(gridDivisions, Part(members, run.Validation)...)
}

// Schemes are the weights that the study compares: the slide's, equal ones, and two that are found on the validation images.
func Schemes(members []Member) ([]Scheme, error) {
	accurate, err := Fitted(members)
	if err != nil {
		return nil, err
	}
	likely, err := FitWeights(Part(members, run.Validation)...)
	if err != nil {
		return nil, err
	}
	equal := make([]float64, len(members))
	for i := range equal {
		equal[i] = 1 / float64(len(members))
	}
	return []Scheme{{"the slide's", Weights(members)}, {"equal", equal}, {"most accurate on a grid", accurate}, {"least log loss", likely}}, nil
}
