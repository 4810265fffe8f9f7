package train_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func TestTrainingStopsBeforeTheNextStepWhenItsContextEndsAndResumes(t *testing.T) {
	needBackend(t)
	ctx, cancel := context.WithCancel(t.Context())
	var trainer train.Trainer
	_, err := trainer.FitContext(ctx, "interrupted", recipe(), func(p run.Progress) {
		if p.Epoch == 1 && p.Stage == "validating" {
			cancel()
		}
	})
	var interrupted *train.InterruptedError
	if !errors.As(err, &interrupted) || interrupted.Epoch != 2 || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "resumes after epoch 1") {
		t.Fatalf("the error is %v, want an interruption in epoch 2", err)
	}
	if begun, err := run.Local().Open("interrupted"); err != nil || len(begun.History) != 1 || begun.Finished() {
		t.Errorf("the run has the history %+v (%v), want one epoch", begun.History, err)
	}
	resumed, err := trainer.FitContext(t.Context(), "interrupted", recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, resumed), outcome(t, fit(t, "undisturbed", recipe())); !reflect.DeepEqual(got, want) {
		t.Errorf("resumed it ends with %+v, undisturbed with %+v, or the tensors differ", got.State, want.State)
	}
}

func TestTrainingDoesNotBeginAfterItsContextHasEnded(t *testing.T) {
	needBackend(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := new(train.Trainer).FitContext(ctx, "late", recipe(), nil)
	var interrupted *train.InterruptedError
	if !errors.As(err, &interrupted) || interrupted.Epoch != 0 {
		t.Errorf("the error is %v, want an interruption before the training", err)
	}
	if _, err := run.Local().Open("late"); !errors.Is(err, run.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run was begun: %v", err)
	}
}

// The hub sends the start of the weights and then nothing.
func TestTrainingStopsItsDownloadOfWeightsWhenItsContextEnds(t *testing.T) {
	needBackend(t)
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv("HF_HOME", t.TempDir())
	for _, name := range []string{"HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH"} {
		t.Setenv(name, "")
	}
	ctx, cancel := context.WithCancel(t.Context())
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			fmt.Fprint(w, `{"sha": "c0ffee", "siblings": [{"rfilename": "model.safetensors"}]}`)
			return
		}
		w.Header().Set("Content-Length", "1000")
		w.Write(make([]byte, 10))
		http.NewResponseController(w).Flush() // best effort
		cancel()
		<-r.Context().Done()
	}))
	defer hub.Close()
	t.Setenv("HF_ENDPOINT", hub.URL)
	r := recipe()
	r.Model = recipes.Model{Name: "convnext", Size: "atto", Input: "resize", Weights: recipes.Weights{Hub: "owner/small"}}
	_, err := new(train.Trainer).FitContext(ctx, "downloading", r, nil)
	var interrupted *train.InterruptedError
	if !errors.As(err, &interrupted) || interrupted.Epoch != 0 {
		t.Errorf("the error is %v, want an interruption before the training", err)
	}
}

func TestSearchStopsWhenItsContextEndsAndResumes(t *testing.T) {
	needBackend(t)
	want := search(t, newSearch(t, "undisturbed"), 1)
	s := newSearch(t, "interrupted")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := train.SearchContext(ctx, s, 2, func(state hyperband.State[recipes.Recipe]) {
		if state.Epochs > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "interrupted after") {
		t.Errorf("the error is %v, want one line about an interruption", err)
	}
	if n := trainings(t, s); n == 0 || n >= want.Epochs {
		t.Errorf("%d of %d epochs were trained, want some", n, want.Epochs)
	}
	if got := found(search(t, s, 1)); got != found(want) {
		t.Errorf("resumed:\n%s\nundisturbed:\n%s", got, found(want))
	}
}
