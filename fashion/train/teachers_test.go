package train_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestStudentLearnsFromItsTeachersAndResumesBitForBit(t *testing.T) {
	needBackend(t)
	var trainer train.Trainer
	teach := func(name string, change func(*recipes.Recipe)) {
		t.Helper()
		r := recipe()
		r.Epochs = 1
		change(&r)
		if _, err := trainer.Fit(name, r, nil); err != nil {
			t.Fatal(err)
		}
	}
	teach("first", func(*recipes.Recipe) {})
	teach("second", func(r *recipes.Recipe) { r.Seed++ })
	teach("of-another-split", func(r *recipes.Recipe) { r.Data.SplitSeed++ })
	student := func(teachers string) recipes.Recipe {
		r := recipe()
		r.Epochs = 4
		r.Regularization.Distillation = recipes.Distillation{Teachers: teachers, Weight: 1, Temperature: 2}
		return r
	}
	whole := fit(t, "whole", student("first second"))
	sums := whole.Record.Data
	if a, b := sums["weights of the teacher first"], sums["weights of the teacher second"]; a == "" || b == "" || a == b {
		t.Errorf("the record has the data %v, want the sums of both teachers' weights", sums)
	}
	if alone := fit(t, "alone", student("first")); alone.History[0].Loss == whole.History[0].Loss {
		t.Error("the second teacher changes nothing")
	}

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	_, err := trainer.FitContext(ctx, "resumed", student("first second"), func(p run.Progress) {
		if len(p.History) > 0 {
			stop()
		}
	})
	if err == nil {
		t.Fatal("the training was not interrupted")
	}
	resumed := fit(t, "resumed", student("first second"))
	if got, want := outcome(t, resumed), outcome(t, whole); resumed.Record.Resumed != 1 || !reflect.DeepEqual(got.Tensors, want.Tensors) {
		t.Errorf("resumed %d times, it ends with other weights", resumed.Record.Resumed)
	}

	for teachers, want := range map[string]string{"none": "not run", "of-another-split": "validation images, which are not among its own", "first whole second none": "none"} {
		if _, err := trainer.Fit("refused", student(teachers), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("teachers %s: the error is %v, want one with %q", teachers, err, want)
		}
	}
}
