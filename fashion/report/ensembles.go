package report

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion/run"
	"fashionlab/fashion/score"
	"fashionlab/fashion/study"
)

// ensemble is what the slides and the lines call a vote of several models.
const ensemble = "ensemble"

// ballot is a vote that may be possible: voters whose runs of a profile are to be found in a folder.
type ballot struct {
	title   string
	voters  []study.Voter
	profile study.Profile
	store   run.Store
}

// ensembles lists those whose members are all there: of the slide's models at each profile, of our recipes and of our best models at Full, among this machine's
// runs; and all at Full among the published runs. Without any, a line says how to begin.
func ensembles(local, published run.Store) ([]Line, error) {
	slides := study.SlideOf(ensemble).Title
	ours, best := slides+" of our recipes", slides+" of our best models"
	var ballots []ballot
	for _, p := range slices.Backward(study.Profiles()) {
		ballots = append(ballots, ballot{slides, study.SlideEnsemble(), p, local})
	}
	for _, store := range []run.Store{local, published} {
		if store.Published() {
			ballots = append(ballots, ballot{slides, study.SlideEnsemble(), study.Full, store})
		}
		ballots = append(ballots, ballot{ours, study.OurEnsemble(), study.Full, store}, ballot{best, study.BestEnsemble(), study.Full, store})
	}
	var lines []Line
	var failed []error
	for _, b := range ballots {
		members, err := score.Join(b.voters, b.profile, b.store)
		if err != nil {
			continue // what is missing is not run, and what cannot be read was reported with the runs
		}
		votes, err := b.count(members)
		lines, failed = append(lines, votes...), append(failed, err)
	}
	if len(lines) == 0 {
		lines = []Line{{Model: ensemble, Title: slides, Slide: study.SlideOf(ensemble).Test, NotRun: ballots[0].missing()}}
	}
	return lines, errors.Join(failed...)
}

// missing is the command that makes the first member that lacks; if each is there, why they are no ensemble.
func (b ballot) missing() string {
	for _, v := range b.voters {
		if _, err := score.Join([]study.Voter{v}, b.profile, b.store); err != nil {
			return b.profile.Command(v.Recipes[len(v.Recipes)-1])
		}
	}
	_, err := score.Join(b.voters, b.profile, b.store)
	if err == nil {
		return "the members have no test images in common"
	}
	root, unknown := b.store.Root()
	if unknown != nil {
		return unknown.Error()
	}
	return strings.ReplaceAll(err.Error(), root+string(filepath.Separator), "")
}

// count makes the ensemble twice: with the weights of the slide, if it gives the members any, and with the most accurate ones on the validation images.
func (b ballot) count(members []score.Member) ([]Line, error) {
	fitted, err := score.Fitted(members)
	if err != nil {
		return nil, err
	}
	ours, err := b.vote(members, fitted, true)
	if err != nil {
		return nil, err
	}
	if slices.Max(score.Weights(members)) == 0 {
		return []Line{ours}, nil
	}
	slides, err := b.vote(members, score.Weights(members), false)
	return []Line{slides, ours}, err
}

// vote is the line of members that are weighed so.
func (b ballot) vote(members []score.Member, weights []float64, fitted bool) (Line, error) {
	j, err := score.Judge(members, weights)
	if err != nil {
		return Line{}, err
	}
	e := Ensemble{Profile: string(b.profile), Fitted: fitted, Best: j.Best, BestValidation: j.Before, NotWorse: j.Validation.Value >= j.Before.Value,
		Gain: j.Gain, P: j.Pairing.P, ValidationImages: len(j.Held.Labels), TestImages: len(j.Opened.Labels), joined: members, validation: j.Held}
	l := Line{Model: ensemble, Title: b.title + ", " + either(fitted, "fitted weights", "the slide's weights"), Slide: study.SlideOf(ensemble).Test,
		Published: b.store.Published(), Test: &j.Test, Validation: &j.Validation, Ensemble: &e, test: j.Opened}
	var devices []string
	for i, m := range members {
		name, err := b.store.Name(m.Run)
		if err != nil {
			return Line{}, err
		}
		e.Members = append(e.Members, Member{kind(m.Run.Recipe), name, j.Weights[i], m.Run.Recipe.Data.TrainingImages()})
		l.Parameters += m.Run.Record.Parameters
		l.Seconds += m.Run.Record.Seconds
		if d := m.Run.Record.Device; !slices.Contains(devices, d) {
			devices = append(devices, d)
		}
	}
	l.Device = strings.Join(devices, "; ")
	return l, nil
}
