package report_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/claims"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// decided is a claim whose deciding runs are simulated, so that it is confirmed: the baseline is wrong about every 10th image, the variant about every 20th.
func decided(t *testing.T, s testStore) claims.Judgement {
	t.Helper()
	c, err := claims.ByName("plateau")
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]fashion.Label, 12000)
	for i := range labels {
		labels[i] = fashion.Label(i / 10 % fashion.NumClasses)
	}
	save := func(v study.Variant, every int) {
		p := predictions(labels, every)
		var classes []fashion.Label
		for i := range labels {
			classes = append(classes, p.Predicted(i))
		}
		r := s.begin(v.Run, v.Recipe)
		if err := errors.Join(r.KeepEpoch(1, p.Indices, labels, classes), r.SavePredictions(run.Validation, p), r.SavePredictions(run.Test, p), r.Finish()); err != nil {
			t.Fatal(err)
		}
	}
	first := c.Comparisons(study.Full)[0]
	for seed := uint64(1); seed <= 3; seed++ {
		save(first.Variant.Members(seed)[0], 20)
		save(first.Baseline.Members(seed)[0], 10)
	}
	j, err := c.Judge(study.Full, s.store())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestReportShowsEachVerdictWithWhatItRestsOnAndWhatIsMissing(t *testing.T) {
	s := newTestStore(t)
	j := decided(t, s)
	var out bytes.Buffer
	if err := report.Claims(&out, []claims.Judgement{j}); err != nil {
		t.Fatal(err)
	}
	const verdict, comparison = "raises the accuracy over that of a constant one. Verdict: confirmed", "plateau, patience 1 vs. constant"
	missing := "Missing: 15 of 21 trainings. This makes them, those that decide first: go run ./kernel-setup train -all -profile full -claim plateau"
	mentions(t, out.String(), verdict, comparison+": +0.0500", "images: 12,000", "seeds: 3", "minimum detectable effect (80% power): 0.0", missing, "full/schedule/plateau-seed2", "fewer than 3 seeds")
	if strings.Contains(out.String(), "*") {
		t.Errorf("a terminal shows no asterisks as emphasis: %s", out.String())
	}

	out.Reset()
	if err := report.HTML(&out, s.lines(""), nil, nil, []claims.Judgement{j}, "runs"); err != nil {
		t.Fatal(err)
	}
	figures := 0
	elements(t, out.String(), func(name string, attributes map[string]string) {
		if name == "img" && strings.Contains(attributes["alt"], comparison+" (3 x 12000): +0.0500") {
			figures++
		}
	})
	if figures != 1 {
		t.Errorf("%d figures show the difference, want 1", figures)
	}
	mentions(t, out.String(), verdict, comparison, missing)
}

func TestReportOfClaimsWithoutRunsSaysHowToMakeThem(t *testing.T) {
	list, err := claims.JudgeAll(study.Full, run.StoreAt(filepath.Join(t.TempDir(), "none"), false))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := report.Claims(&out, list); err != nil {
		t.Fatal(err)
	}
	for _, c := range claims.All() {
		mentions(t, out.String(), c.Statement+". Verdict: not tested here (0 of 3 seeds)", "-claim "+c.Name)
	}
	out.Reset()
	if err := report.HTML(&out, nil, nil, nil, list, "runs"); err != nil {
		t.Fatal(err)
	}
	mentions(t, out.String(), "not tested here (0 of 3 seeds)")
}
