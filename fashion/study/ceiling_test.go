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
