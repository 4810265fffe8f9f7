package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestTableHasALineForEachResultAndSaysWhatWasNotRun(t *testing.T) {
	s, published := newTestStore(t), newTestStore(t)
	s.save("smoke/cnn", study.CNN(study.Smoke), 4)
	published.save("full/cnn", study.CNN(study.Full), 4)
	var out bytes.Buffer
	if err := report.Print(&out, s.lines(published.root)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) < 7 {
		t.Fatalf("the table is\n%s", out.String())
	}
	mentions(t, lines[1], "CNN, 3,200 training images", "0.9016", "0.7500 (0.5981 to 0.8581)", "467,818", "1m1s", "smoke/cnn", "cpu: a processor, 2 cores")
	mentions(t, lines[2], "CNN ", "full/cnn (published)")
	mentions(t, lines[3], "ResNet50", "0.9006", "not run")
	if strings.Contains(lines[1], "published") {
		t.Errorf("this machine's run is called published: %s", lines[1])
	}
	mentions(t, out.String(), "\nResNet50, not run: go run ./kernel-setup train -recipe resnet50 -profile full\n",
		"\nEnsemble, not run, a member is missing: go run ./kernel-setup train -recipe cnn -profile full\n")
}

func TestTableAndFigureForANotebookSayWhatWasAndWasNotRun(t *testing.T) {
	s := newTestStore(t)
	s.save("smoke/cnn", study.CNN(study.Smoke), 4)
	lines := s.lines("")
	header, rows := report.Table(lines)
	if len(rows) != len(lines) {
		t.Fatalf("%d rows for %d lines", len(rows), len(lines))
	}
	for _, row := range rows {
		if len(row) != len(header) {
			t.Errorf("the row %q has %d cells, want %d", row, len(row), len(header))
		}
	}
	mentions(t, strings.Join(rows[0], "|"), "CNN, 3,200 training images|0.9016|0.7500 (0.5981 to 0.8581)", "smoke/cnn")
	mentions(t, strings.Join(rows[1], "|"), "ResNet50|0.9006|not run: go run ./kernel-setup train -recipe resnet50 -profile full")
	mentions(t, report.Figure(lines).Description, "0.7500", "not run")
}

func TestSentenceNamesMembersWeightsAndGain(t *testing.T) {
	s := newTestStore(t)
	s.members(study.Smoke)
	var out bytes.Buffer
	if err := report.Print(&out, s.lines("")); err != nil {
		t.Fatal(err)
	}
	mentions(t, out.String(), "\nEnsemble, the slide's weights, 3 runs of smoke: 0.45 CNN + 0.45 ResNet50 + 0.10 ConvNeXt, from rotations. On the 20 validation images it has",
		"its best member, ConvNeXt, from rotations, 0.8500", "not worse", "On the 40 test images", "bootstrap", "McNemar's p is ", "the difference is not significant",
		"20 validation images that chose the weights")
}

func TestNamesOfTheJSONStay(t *testing.T) {
	s, published := newTestStore(t), newTestStore(t)
	s.members(study.Smoke)
	published.save("full/cnn", study.CNN(study.Full), 4)
	var out bytes.Buffer
	if err := report.JSON(&out, s.lines(published.root)); err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	if err := json.Unmarshal(out.Bytes(), &lines); err != nil {
		t.Fatal(err)
	}
	common := []string{"model", "title", "slide_test_accuracy"}
	both := append([]string{"test_accuracy", "test_accuracy_without_label_errors", "validation_accuracy", "parameters", "seconds", "device"}, common...)
	ofRun := append([]string{"run", "training_images", "epochs", "finished", "seed", "modules"}, both...)
	for i, want := range map[int][]string{
		0: append([]string{"fewer_images"}, ofRun...), 1: append([]string{"published"}, ofRun...), 3: append([]string{"not_run"}, common...),
		5: append([]string{"ensemble"}, both...),
	} {
		if got := slices.Sorted(maps.Keys(lines[i])); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
			t.Errorf("line %d has %q, want %q", i, got, want)
		}
	}
	ensemble, want := lines[5]["ensemble"].(map[string]any), []string{"best_member", "best_member_validation_accuracy", "fitted", "gain", "mcnemar_p", "members",
		"not_worse_on_validation", "profile", "test_images", "validation_images"}
	if got := slices.Sorted(maps.Keys(ensemble)); !slices.Equal(got, want) {
		t.Errorf("an ensemble has %q, want %q", got, want)
	}
	member := ensemble["members"].([]any)[0].(map[string]any)
	if got, want := slices.Sorted(maps.Keys(member)), []string{"run", "title", "training_images", "weight"}; !slices.Equal(got, want) {
		t.Errorf("a member has %q, want %q", got, want)
	}
}

func TestAccuracyWithoutLabelErrorsStandsBesideTheFirstAndSaysHowItIsBiased(t *testing.T) {
	s := newTestStore(t)
	p := predictions(make([]fashion.Label, 160), 10) // with test image 147, whose label is wrong
	r := s.begin("full/cnn", study.CNN(study.Full))
	if err := errors.Join(r.SavePredictions(run.Test, p), r.Finish()); err != nil {
		t.Fatal(err)
	}
	lines := s.lines("")
	l := only(t, lines, "CNN")
	if l.Test.Value != metrics.Accuracy(p).Value || *l.Cleaned != metrics.Accuracy(p.Without([]int32{147})) || *l.Cleaned == *l.Test {
		t.Errorf("the accuracies are %v and %v", l.Test, l.Cleaned)
	}
	var out bytes.Buffer
	if err := report.Print(&out, lines); err != nil {
		t.Fatal(err)
	}
	mentions(t, out.String(), l.Test.String()+"  "+l.Cleaned.String(), "biased upwards: by at most its difference")
	out.Reset()
	if err := report.HTML(&out, lines, nil, nil, nil, "runs"); err != nil {
		t.Fatal(err)
	}
	mentions(t, out.String(), l.Cleaned.String()+" without label errors", "biased upwards: by at most its difference")
}
