package train_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestCorruptEndOfARunIsMadeAnewBitForBit(t *testing.T) {
	needBackend(t)
	r := recipe()
	r.Epochs = 1
	first := fit(t, "corrupt", r)
	predictions := filepath.Join(first.Dir, "predictions", "validation.npz")
	want, err := os.ReadFile(predictions)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() error{
		"a flipped bit": func() error {
			want := bytes.Clone(want)
			want[len(want)/2] ^= 4
			return os.WriteFile(predictions, want, 0o666)
		},
		"no predictions":    func() error { return os.Remove(predictions) },
		"no whole manifest": func() error { return os.Truncate(filepath.Join(first.Dir, "done"), 40) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		again := fit(t, "corrupt", r)
		got, err := os.ReadFile(predictions)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: the predictions differ (%v)", name, err)
		}
		if problems := again.Check(); len(problems) > 0 || !again.Finished() || len(again.History) != 1 {
			t.Errorf("%s: the run has the problems %v, %d epochs", name, problems, len(again.History))
		}
	}
}

func TestFolderThatIsMovedEndsTheTrainingWithAnError(t *testing.T) {
	needBackend(t)
	fit(t, "root", still()) // makes the folder of runs
	dir, err := run.Local().Path("moves")
	if err != nil {
		t.Fatal(err)
	}
	moved := false
	_, err = train.Fit("moves", recipe(), func(p run.Progress) {
		if len(p.History) == 1 && !moved {
			moved = true
			if err := os.Rename(dir, dir+"-elsewhere"); err != nil {
				t.Error(err)
			}
		}
	})
	if err == nil || !moved || !strings.Contains(err.Error(), "moved") {
		t.Errorf("moved %v, the error is %v", moved, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder was made again (%v)", err)
	}
}

func TestRunThatLostItsRecipeIsNoOtherRecipesResult(t *testing.T) {
	needBackend(t)
	first := fit(t, "mine", still())
	dir, err := run.Local().Path("other")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.CopyFS(dir, os.DirFS(first.Dir)), os.Remove(filepath.Join(dir, "recipe.json")), os.Remove(filepath.Join(dir, "lock"))); err != nil {
		t.Fatal(err)
	}
	other := still()
	other.Seed++
	var differs *run.RecipeError
	if _, err := train.Fit("other", other, nil); !errors.As(err, &differs) {
		t.Errorf("the error is %v, want a RecipeError", err)
	}
	if runs, err := run.Local().List(); err == nil || len(runs) != 1 {
		t.Errorf("%d runs are listed (%v), want one and an error", len(runs), err)
	}
	if again, err := train.Fit("other", still(), nil); err != nil || again.Recipe != first.Recipe {
		t.Errorf("its own recipe: %v", err)
	}
}
