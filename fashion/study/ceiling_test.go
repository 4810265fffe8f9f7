package study_test

import (
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestEverySharedErrorOfThePublishedEnsembleIsJudged(t *testing.T) {
	members, err := ensemble.Load(study.BestEnsemble(study.Full), run.Published())
	if err != nil {
		t.Fatal(err)
	}
	validation := members.Validation()
	rows, err := metrics.SharedErrors(validation...)
	if err != nil {
		t.Fatal(err)
	}
	judged := study.JudgedErrors()
	for _, row := range rows {
		index := validation[0].Indices[row]
		if !slices.Contains(study.Judgements, judged[index]) {
			t.Errorf("image %d is judged %q, want one of %s", index, judged[index], study.Judgements)
		}
	}
	if len(judged) != len(rows) || strings.Count(study.SharedErrorsFile, "\n") != len(rows)+1 {
		t.Errorf("%d images are judged, want the %d that all members misclassify, a line for each and the heading", len(judged), len(rows))
	}
}

func TestEveryFlaggedTestLabelIsJudgedAndIsAnErrorOfTheEnsemble(t *testing.T) {
	members, err := ensemble.Load(study.BestEnsemble(study.Full), run.Published())
	if err != nil {
		t.Fatal(err)
	}
	vote, err := ensemble.SoftVote([]float64{1, 1, 1, 1}, members.Test()...)
	if err != nil {
		t.Fatal(err)
	}
	wrong, flagged := map[int32]bool{}, map[int32]bool{}
	for i, label := range vote.Labels {
		wrong[vote.Indices[i]] = vote.Predicted(i) != label
	}
	for _, s := range metrics.Suspects(vote) {
		flagged[s.Index] = true
		if !wrong[s.Index] {
			t.Errorf("image %d is flagged, and the ensemble agrees with its label", s.Index)
		}
	}
	list, found := study.JudgedTestLabels(), 0
	for _, l := range list {
		if !slices.Contains(study.Judgements, l.Judgement) || l.Flagged != flagged[l.Index] {
			t.Errorf("the line of an image is %+v, want one of %s, and flagged %v", l, study.Judgements, flagged[l.Index])
		}
		if l.Flagged {
			found++
		}
	}
	if found != len(flagged) || strings.Count(study.TestLabelsFile, "\n") != len(list)+1 {
		t.Errorf("%d flagged images are judged, want %d, a line for each, for each of the others, and the heading", found, len(flagged))
	}
	if without := vote.Without(study.TestLabelErrors()); len(without.Labels) != len(vote.Labels)-len(study.TestLabelErrors()) || metrics.Accuracy(without).Value <= metrics.Accuracy(vote).Value {
		t.Errorf("without label errors the accuracy is %v on %d images, want a higher one than %v on fewer", metrics.Accuracy(without), len(without.Labels), metrics.Accuracy(vote))
	}
}
