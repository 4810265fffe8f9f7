package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/disk/disktest"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// workVariable makes the test program do that work of the campaign of kills.
const workVariable = "FASHIONLAB_TEST_WORK"

func init() { // before the tests
	name := os.Getenv(workVariable)
	if name == "" {
		return
	}
	if err := works()[name](); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// publishedVariable names the finished run that the work "publish" publishes.
const publishedVariable = "FASHIONLAB_TEST_PUBLISHED"

// classifier is a training of a few steps with what a resume must restore: dropout, augmentation, moments, a plateau.
func classifier(model recipes.Model) recipes.Recipe {
	return recipes.Recipe{
		Model: model, Data: recipes.Data{Limit: 200, Validation: 0.2, SplitSeed: 1}, Augmentation: recipes.Augmentation{Rotation: recipes.Within(0.02)},
		Optimizer: recipes.Optimizer{Name: "nadam", LearningRate: 0.002, Beta1: 0.9, Beta2: 0.99, Epsilon: 1e-7, WeightDecay: 1e-3},
		Schedule:  recipes.Schedule{Name: "plateau", Patience: 1, Factor: 0.5, MinDelta: 0.2}, Epochs: 3, Batch: 40, Seed: 3,
	}
}

// smallGAN is a GAN of a few steps with moments, averages, singular vectors and a rate that falls.
func smallGAN() recipes.Recipe {
	return recipes.Recipe{
		Model: recipes.Model{Name: "sngan", Latent: 8, Width: 4}, Data: recipes.Data{Limit: 200, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.002, Beta1: 0.5, Beta2: 0.99, Epsilon: 1e-8},
		Schedule:  recipes.Schedule{Name: "cosine", DecaySteps: 50}, GAN: recipes.GAN{Loss: "hinge", DiscriminatorRate: 0.001, EMA: 0.9}, Epochs: 2, Batch: 40, Seed: 3,
	}
}

// smallSearch is a search with trainings of a few steps.
func smallSearch() (hyperband.Search[recipes.Recipe], error) {
	s, err := study.Search("cnn", study.Smoke, study.Budget{R: 2, Eta: 2, Rounding: hyperband.Algorithm1})
	if err != nil {
		return s, err
	}
	s.Base.Data.Limit, s.Base.Batch, s.Base.Model.Filters, s.Base.Model.Hidden = 200, 40, 4, 16
	s.Space = s.Space[1:] // one optimizer, one compilation
	path, err := run.Local().Path("search")
	s.Journal = filepath.Join(path, "journal.jsonl")
	return s, err
}

// works are what the campaign kills: each goes on where one that was killed stopped. They write to $FASHION_RUNS, and "publish" to $FASHION_PUBLISHED.
func works() map[string]func() error {
	var trainer train.Trainer // compiles once
	fit := func(model recipes.Model) func() error {
		return func() error {
			_, err := trainer.FitContext(context.Background(), "run", classifier(model), nil)
			return err
		}
	}
	return map[string]func() error{
		"train cnn":      fit(recipes.Model{Name: "cnn", Dropout: 0.2, Filters: 4, Hidden: 16}),
		"train residual": fit(recipes.Model{Name: "residual", Width: 4, Dropout: 0.2}),
		"train sngan": func() error {
			_, err := gan.Fit("run", smallGAN(), nil)
			return err
		},
		"search": func() error {
			s, err := smallSearch()
			if err != nil {
				return err
			}
			found, err := train.Search(s, 1, nil)
			if err == nil && !found.Done {
				err = fmt.Errorf("the search is not done: %+v", found)
			}
			return err
		},
		"publish": func() error {
			r, err := run.Open(os.Getenv(publishedVariable))
			if err != nil {
				return err
			}
			half, err := infer.HalfPrecision(r)
			if err != nil {
				return err
			}
			if err := r.Publish("run", nil); err != nil {
				return err
			}
			return r.Publish("run", &half) // replaces it
		},
	}
}

// The campaign of kills: whenever a training, a search or a publishing is killed, the next one ends it as if nothing had happened.
func TestKilledWorkEndsBitForBitAsIfItHadNotBeenKilled(t *testing.T) {
	t.Setenv(fashion.DirVariable, absolute(t, "../../../testdata/fashion-mnist"))
	t.Setenv(run.PublishedVariable, absolute(t, "../../../notebooks/published"))
	finished := t.TempDir()
	t.Setenv(run.RootVariable, finished)
	all := works()
	if err := all["train cnn"](); err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	t.Setenv(publishedVariable, filepath.Join(finished, "run"))
	disktest.Header()
	for _, w := range []struct {
		name     string
		points   int
		variable string
	}{
		{"publish", 60, run.PublishedVariable}, {"train cnn", 12, run.RootVariable}, {"search", 12, run.RootVariable}, {"train sngan", 8, run.RootVariable}, {"train residual", 8, run.RootVariable},
	} {
		t.Run(w.name, func(t *testing.T) {
			if w.points == 8 && os.Getenv(disktest.AllVariable) == "" {
				t.Skipf("%s=1 kills this one too; each kill compiles its graphs twice", disktest.AllVariable)
			}
			disktest.Work{
				Name: w.name, Points: w.points,
				Start: func(dir string) *exec.Cmd {
					c := exec.Command(os.Args[0])
					c.Env = append(os.Environ(), workVariable+"="+w.name, w.variable+"="+dir)
					return c
				},
				End: func(dir string) error {
					t.Setenv(w.variable, dir)
					return all[w.name]()
				},
				Content: content,
			}.Run(t)
		})
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// content is what runs and a journal in a folder hold, without times.
func content(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch base := filepath.Base(path); {
		case base == "lock":
			return nil
		case base == "done": // has the digests of files with times
			data = nil
		case base == "record.json":
			var r run.Record
			err = json.Unmarshal(data, &r)
			data, _ = json.Marshal([]any{r.BestEpoch, r.Parameters, r.Data})
		case base == "history.json":
			var history []run.Epoch
			err = json.Unmarshal(data, &history)
			data = timeless(history)
		case base == "journal.jsonl":
			data, err = scores(data)
		case strings.HasPrefix(base, run.Last+"."), strings.HasPrefix(base, run.Best+"."):
			var c run.Checkpoint
			r, err := run.Open(filepath.Dir(filepath.Dir(path)))
			if err != nil {
				return err
			}
			found := false
			if c, found, err = r.LoadCheckpoint(strings.TrimSuffix(base, ".safetensors")); err != nil || !found {
				return fmt.Errorf("%s: found %v: %w", name, found, err)
			}
			slices.SortFunc(c.Tensors, func(a, b run.Tensor) int { return strings.Compare(a.Name, b.Name) })
			state := timeless(c.State.History)
			c.State.History = nil
			data = fmt.Appendf(state, "%+v %v", c.State, c.Tensors)
		}
		files[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	return files, err
}

// timeless is a history without times.
func timeless(history []run.Epoch) []byte {
	for i := range history {
		history[i].Seconds, history[i].ImagesPerSecond = 0, 0
	}
	return fmt.Appendf(nil, "%+v", history)
}

// scores are the lines of a journal without times.
func scores(journal []byte) (all []byte, err error) {
	for line := range strings.Lines(string(journal)) {
		var event struct {
			Trial, Epochs int
			Scores        []float64
			Config        json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return nil, err
		}
		all = fmt.Appendf(all, "%d %d %v %s\n", event.Trial, event.Epochs, event.Scores, event.Config)
	}
	return all, nil
}
