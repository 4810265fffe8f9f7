package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/parent"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// Loop is the training loop of a session, whatever learns in it.
type Loop interface {
	Prepare(compute.Backend) error // makes the variables, restores the last checkpoint or sets the initial values, and compiles
	Epoch(epoch int) error         // trains and validates one epoch and saves all of it
	Finish() error                 // saves what the best epoch's model gives
}

// Config says what a session does.
type Config struct {
	Dir    string // of the run
	Recipe recipes.Recipe
	Begin  func(dir string, recipe recipes.Recipe) (*run.Run, error) // run.Begin or run.Extend
	Own    []recipes.Own
	Report func(run.Progress)                                                                      // may be nil
	Images func(ctx context.Context, d recipes.Data, progress func(done, of int)) (*Images, error) // loads them, see Load
	Best   func([]run.Epoch) run.Epoch                                                             // the epoch whose model is the run's
	Loop   func(*Session) Loop
}

// Session is one process's work on a run.
type Session struct {
	*run.Run
	Images  *Images
	State   run.State
	Samples []fashion.Image // of a GAN, after the last epoch

	config     Config
	ctx        context.Context // when it ends, so does the training, before its next execution
	began      time.Time       // when this process began, or last added to the record's seconds
	throughput throughput
	reopen     error // why a finished run ends anew
}

// Run trains, unless the run is finished, and returns the run.
func (c Config) Run(ctx context.Context) (*run.Run, error) {
	if r, err := run.Open(c.Dir); err == nil && len(r.History) > 0 {
		if err := infer.CheckNetwork(r, c.Own...); err != nil { // before anything of the run is changed
			return nil, err
		}
		if r.Recipe == c.Recipe {
			if _, err := c.checkOwn(r); err != nil {
				return nil, err
			}
			if r.Finished() && corrupt(r) == nil {
				return c.renamed(r)
			}
		}
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", c.Dir, &InterruptedError{Err: ctx.Err()})
	}
	ctx, stop := parent.Context(ctx)
	defer stop()
	r, err := c.Begin(c.Dir, c.Recipe)
	if err != nil {
		return nil, err
	}
	defer r.Close() // the lock; what was saved is on the disk
	var reopen error
	if r.Finished() {
		if reopen = corrupt(r); reopen == nil || r.CanReopen() != nil {
			return r, nil // whoever needs what is corrupt reports it
		}
	}
	if c.Report == nil {
		c.Report = func(run.Progress) {}
	}
	s := Session{Run: r, config: c, ctx: ctx, began: time.Now(), reopen: reopen}
	if err := layers.Catch(s.train); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Dir, err)
	}
	return r, nil
}

// renamed has a finished run take over what its data set says beside the images, which the digest does not depend on: the names of the classes, and how pictures are fitted.
func (c Config) renamed(r *run.Run) (*run.Run, error) {
	kept, err := dataset.Open(r.Recipe.Data.Set)
	if r.Recipe.Data.Set == "" || err != nil || len(kept.Classes) != r.Recipe.Model.Classes || slices.Equal(kept.Classes, r.Record.Classes) && kept.Fit == r.Record.Fit {
		return r, nil // a data set that is not kept changes nothing
	}
	if r, err = c.Begin(c.Dir, c.Recipe); err != nil {
		return nil, err
	}
	defer r.Close()
	r.Record.Classes, r.Record.Fit = kept.Classes, kept.Fit
	return r, r.SaveRecord()
}

// corrupt reports that predictions which a training saves at its end cannot be read.
func corrupt(r *run.Run) error {
	_, err := r.Predictions(run.Validation)
	if c := (*run.CorruptError)(nil); !errors.As(err, &c) {
		return nil // or the run has none
	}
	return err
}

func (s *Session) train() error {
	loop := s.config.Loop(s)
	if err := s.prepare(loop); err != nil {
		return err
	}
	if s.reopen != nil { // not before everything is there to end anew
		if err := s.Reopen(s.reopen); err != nil {
			return err
		}
	}
	for epoch := len(s.State.History) + 1; epoch <= s.Recipe.Epochs; epoch++ {
		if err := loop.Epoch(epoch); err != nil {
			return err
		}
	}
	if err := loop.Finish(); err != nil {
		return err
	}
	s.addTime()
	if err := s.Run.Finish(); err != nil {
		return err
	}
	s.config.Report(run.Progress{Recipe: s.Recipe, History: s.History, Epoch: s.Recipe.Epochs, Samples: s.Samples, Stage: "done"})
	return nil
}

// prepare loads the images, has the loop prepared, and records with what.
func (s *Session) prepare(loop Loop) error {
	preparing := run.Progress{Recipe: s.Recipe, History: s.History, Epoch: len(s.History) + 1, Stage: "compiling"}
	if s.Recipe.Data.Synthetic.Fraction > 0 {
		preparing.Stage = "synthesizing"
	}
	s.config.Report(preparing)
	backend, err := infer.Backend()
	if err != nil {
		return err
	}
	s.Images, err = s.config.Images(s.ctx, s.Recipe.Data, func(done, of int) {
		if percent := 100 * done / of; percent > 100*preparing.Step/of {
			preparing.Step, preparing.Steps = done, of
			s.config.Report(preparing)
		}
	})
	if err != nil && s.ctx.Err() != nil {
		return &InterruptedError{Err: s.ctx.Err()}
	}
	if err != nil {
		return err
	}
	if s.Recipe.Data.Set != "" {
		kept, err := dataset.Open(s.Recipe.Data.Set)
		if err == nil && kept.Shape != s.Recipe.Model.Shape {
			err = fmt.Errorf("the data set has %v, want %v as the recipe's model.shape", kept.Shape, s.Recipe.Model.Shape)
		}
		if err == nil && len(kept.Classes) != s.Recipe.Model.Classes {
			err = fmt.Errorf("the data set has %d classes, want %d as the recipe's model.classes", len(kept.Classes), s.Recipe.Model.Classes)
		}
		if err != nil {
			return err
		}
		s.Record.Classes, s.Record.Fit = kept.Classes, kept.Fit
	}
	if s.Record.Data == nil {
		s.Record.Data = map[string]string{}
	}
	if err := s.KeepSums(s.Images.sums); err != nil {
		return err
	}
	if err := s.keepOwn(); err != nil {
		return err
	}
	if err := loop.Prepare(backend); err != nil {
		if s.ctx.Err() != nil && errors.Is(err, s.ctx.Err()) {
			return &InterruptedError{Err: s.ctx.Err()}
		}
		return err
	}
	if before, moved := s.Record.ComputedOn(infer.Computer(backend), len(s.History)); moved {
		fmt.Fprintf(os.Stderr, "warning: %s was computed on %q up to epoch %d and resumes on %q: the result is not bit for bit that of either\n",
			s.Dir, before, len(s.History), s.Record.Device)
	}
	s.Record.GoVersion, s.Record.Modules = runtime.Version(), modules()
	return s.SaveRecord()
}

// KeepSums records the sha256 of what the training learns from, by what that is. It is an error if a run began with another.
func (s *Session) KeepSums(sums map[string]string) error {
	for what, sum := range sums {
		if before := s.Record.Data[what]; before != "" && before != sum && len(s.History) > 0 {
			return fmt.Errorf("the %s are not those that the run began with: their sha256 is %s, want %s; provide those, or remove the run to train anew", what, sum, before)
		}
	}
	maps.Copy(s.Record.Data, sums)
	return nil
}

// modules returns the versions of the modules that decide results.
func modules() map[string]string {
	versions := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, m := range info.Deps {
		switch m.Path {
		case "fashionlab", "github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla":
			versions[m.Path] = m.Version
		}
	}
	return versions
}

// Compile compiles what is needed and counts the time.
func (s *Session) Compile(graphs func() error) error {
	start := time.Now()
	defer func() { s.Record.CompileSeconds += time.Since(start).Seconds() }()
	return graphs()
}

// Resume restores the state after the last finished epoch, or sets the first one with what start says.
func (s *Session) Resume(store *model.Store, start func() error) error {
	c, found, err := s.LoadCheckpoint(run.Last, func(c run.Checkpoint) error { return infer.Restore(store, c.Tensors) })
	if err != nil && !found {
		return err
	}
	if !found {
		if err := s.beginAnew(); err != nil {
			return err
		}
		return start()
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "warning: %v\n", err)
	}
	s.State = c.State
	s.State.Recipe = s.Recipe // of more epochs, if the run was extended
	s.Record.Resumed++
	s.Record.BestEpoch = s.config.Best(c.State.History).Epoch
	return s.SaveHistory(c.State.History)
}

// beginAnew sets the state before the first epoch. What a run measured whose checkpoints are gone counts no more.
func (s *Session) beginAnew() error {
	s.State = run.State{Recipe: s.Recipe, LearningRate: s.Recipe.Optimizer.LearningRate}
	if len(s.History) == 0 {
		return nil
	}
	s.Record.Computer, s.Record.Before, s.Record.BestEpoch = run.Computer{}, nil, 0
	return s.SaveHistory([]run.Epoch{})
}

// Save adds an epoch to the history and writes the best checkpoint, if this epoch's is, with the variables' values for inference, the last one, the history and the record, in this order: a process that ends in
// between repeats the epoch, with the same outcome. A parameter that is not finite is an error, and nothing is saved.
func (s *Session) Save(store *model.Store, epoch run.Epoch) error {
	values, err := infer.Snapshot(store)
	if err != nil {
		return err
	}
	if name, value := infer.NotFinite(values); name != "" {
		return &DivergedError{"a value of " + name, value, s.State.Step, epoch.Epoch, epoch.LearningRate}
	}
	s.State.History = append(s.State.History, epoch)
	c := run.Checkpoint{State: s.State, Tensors: values}
	if best := s.config.Best(s.State.History).Epoch; best == epoch.Epoch {
		s.Record.BestEpoch = best
		model := c
		if s.Recipe.Optimizer.EMA > 0 || s.Recipe.PreciseBN > 0 {
			model.Tensors = infer.InferenceValues(values)
		}
		if err := s.SaveCheckpoint(run.Best, model); err != nil {
			return err
		}
	}
	if err := s.SaveCheckpoint(run.Last, c); err != nil {
		return err
	}
	if err := s.SaveHistory(s.State.History); err != nil {
		return err
	}
	s.addTime()
	return s.SaveRecord()
}

// RestoreBest gives the variables the values of the best epoch.
func (s *Session) RestoreBest(store *model.Store) error {
	c, found, err := s.LoadCheckpoint(run.Best)
	if !found {
		return errors.Join(errors.New("the checkpoint of the best epoch is gone; remove the run to train anew"), err)
	}
	return infer.Restore(store, c.Tensors)
}

// addTime adds the time since the last call, and the memory, to the record.
func (s *Session) addTime() {
	now := time.Now()
	s.Record.Seconds += now.Sub(s.began).Seconds()
	s.Record.PeakMemory = max(s.Record.PeakMemory, device.PeakMemory())
	s.began = now
}

// Context ends when the training is to stop.
func (s *Session) Context() context.Context { return s.ctx }

// Interrupted reports, before a step of an epoch, that the training is to stop.
func (s *Session) Interrupted(epoch int) error {
	if err := s.ctx.Err(); err != nil {
		return &InterruptedError{epoch, err}
	}
	return nil
}

// FiniteValidationLoss reports a validation loss after the counted steps that is not finite as an error.
func (s *Session) FiniteValidationLoss(loss, rate float64, epoch int) error {
	return finite(DivergedError{"validation loss", loss, s.State.Step, epoch, rate})
}

// finite returns an error whose value is not finite; else nil.
func finite(e DivergedError) error {
	if math.IsNaN(e.Value) || math.IsInf(e.Value, 0) {
		return &e
	}
	return nil
}
