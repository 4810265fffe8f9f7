package report

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// ensembleModel is the model of an ensemble's line.
const ensembleModel = "ensemble"

// plan is a possible ensemble: candidates whose runs of a profile may be in a store.
type plan struct {
	title      string
	candidates func(study.Profile) []ensemble.Candidate
	profile    study.Profile
	store      run.Store
	equal      bool // the weights that were fixed beforehand are equal, and none are fitted
}

func (p plan) load() (ensemble.Members, error) {
	return ensemble.Load(p.candidates(p.profile), p.store)
}

// ensembles lists the ensembles whose members all exist: of this machine's runs, of the slide's models at each profile and of our recipes and our best
// models and three seeds of the strong ones at Full; of the published runs, all at Full. Without any, a line has the command that makes the first missing member.
func ensembles(s Stores) ([]Line, error) {
	slides := study.SlideOf(ensembleModel).Title
	ours, best := slides+" of our recipes", slides+" of our best models"
	strong := slides + " of three residual networks with all ingredients"
	final := strong + ", on 59,400 images, not the slides' split"
	var plans []plan
	for _, p := range slices.Backward(study.Profiles()) {
		plans = append(plans, plan{slides, study.SlideEnsemble, p, s.Local, false})
	}
	for _, store := range []run.Store{s.Local, s.Published} {
		if store.Published() {
			plans = append(plans, plan{slides, study.SlideEnsemble, study.Full, store, false})
		}
		plans = append(plans, plan{ours, study.OurEnsemble, study.Full, store, false}, plan{best, study.BestEnsemble, study.Full, store, false},
			plan{strong, study.StrongEnsemble, study.Full, store, true}, plan{final, study.FinalEnsemble, study.Full, store, true})
	}
	var lines []Line
	var failed []error
	for _, p := range plans {
		members, err := p.load()
		if err != nil {
			continue // what is missing is not run, and what cannot be read was reported with the runs
		}
		evaluated, err := p.lines(members)
		lines, failed = append(lines, evaluated...), append(failed, err)
	}
	if len(lines) == 0 {
		lines = []Line{{Model: ensembleModel, Title: slides, Slide: study.SlideOf(ensembleModel).Test, NotRun: plans[0].missing()}}
	}
	return lines, errors.Join(failed...)
}

// missing is the command that makes the first missing member; if none is missing, why they are no ensemble.
func (p plan) missing() string {
	for _, c := range p.candidates(p.profile) {
		if _, err := ensemble.Load([]ensemble.Candidate{c}, p.store); err != nil {
			return c.Command
		}
	}
	_, err := p.load()
	if err == nil {
		return "the members have no test images in common"
	}
	root, unknown := p.store.Root()
	if unknown != nil {
		return unknown.Error()
	}
	return strings.ReplaceAll(err.Error(), root+string(filepath.Separator), "")
}

// lines evaluates the ensemble with equal weights, or twice: with the slide's weights, if it has any for the members, and with the most accurate ones on the validation images.
func (p plan) lines(members ensemble.Members) ([]Line, error) {
	if p.equal {
		l, err := p.line(members, members.Weights(), false)
		return []Line{l}, err
	}
	fitted, err := members.GridWeights()
	if err != nil {
		return nil, err
	}
	ours, err := p.line(members, fitted, true)
	if err != nil {
		return nil, err
	}
	if slices.Max(members.Weights()) == 0 {
		return []Line{ours}, nil
	}
	slides, err := p.line(members, members.Weights(), false)
	return []Line{slides, ours}, err
}

// line is the line of the ensemble with some weights.
func (p plan) line(members ensemble.Members, weights []float64, fitted bool) (Line, error) {
	v, err := members.Evaluate(weights)
	if err != nil {
		return Line{}, err
	}
	e := Ensemble{Profile: string(p.profile), Fitted: fitted, Best: v.Best, BestValidation: v.BestValidation, NotWorse: v.Validation.Value >= v.BestValidation.Value,
		Gain: v.Gain, P: v.McNemar.P, ValidationImages: len(v.ValidationPredictions.Labels), TestImages: len(v.TestPredictions.Labels),
		members: members, validation: v.ValidationPredictions}
	l := Line{Model: ensembleModel, Title: p.title + ", " + either(fitted, "fitted weights", either(p.equal, "equal weights", "the slide's weights")), Slide: study.SlideOf(ensembleModel).Test,
		Published: p.store.Published(), Test: &v.Test, Cleaned: without(v.TestPredictions), Validation: &v.Validation, Ensemble: &e, test: v.TestPredictions}
	var devices []string
	for i, m := range members {
		name, err := p.store.Name(m.Run)
		if err != nil {
			return Line{}, err
		}
		e.Members = append(e.Members, Member{kind(m.Run.Recipe), name, v.Weights[i], m.Run.Recipe.Data.TrainingImages()})
		l.Parameters += m.Run.Record.Parameters
		l.Seconds += m.Run.Record.Seconds
		if d := m.Run.Record.Devices(); !slices.Contains(devices, d) {
			devices = append(devices, d)
		}
	}
	l.Device = strings.Join(devices, "; ")
	return l, nil
}
