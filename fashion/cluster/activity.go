package cluster

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"fashionlab/fashion/hyperband"
)

// Trials is the activity that trains.
type Trials[C comparable] struct {
	// Train trains a configuration in a folder, up to a number of epochs, where it resumes what it finds, as a hyperband.Worker does. It calls progress now and then, always from its own goroutine, with
	// the epochs that the folder has; the folder does not change before progress returns.
	Train func(ctx context.Context, dir string, config C, epochs int, progress func(epochs int)) ([]float64, error)
	Build func(Spec) (hyperband.Search[C], error) // the search that is named
	// Fit trains a run of that name in a folder, Dir and the name, to its end.
	Fit func(ctx context.Context, name string, recipe C, progress func(epochs int)) error

	Artifacts Artifacts
	Dir       string // of this process alone, for trials under way
	Timing    Timing
}

// Beat is a worker's sign of life, which clients can see.
type Beat struct {
	Run          string // its name, if it is no trial of a search
	Trial        int
	Done, Epochs int
}

func (b Beat) String() string {
	if b.Run != "" {
		return fmt.Sprintf("%s, %d of %d epochs", b.Run, b.Done, b.Epochs)
	}
	return fmt.Sprintf("trial %d, %d of %d epochs", b.Trial, b.Done, b.Epochs)
}

// errStopped has another worker resume a trial.
var errStopped = errors.New("the worker was stopped; the trial resumes after its last epoch, on another worker or when this one is back")

// errUnsaved is a training whose last epoch the bucket does not have.
var errUnsaved = errors.New("the last epoch was not saved")

// trialPrefix is where a trial's artifacts are.
func trialPrefix(search string, trial int) string {
	return fmt.Sprintf("searches/%s/trials/%06d", search, trial)
}

// Do trains a trial up to its rung. It resumes after the last epoch that the bucket has, and saves each.
func (t Trials[C]) Do(ctx context.Context, job Job[C]) (r hyperband.Result, err error) {
	for _, id := range job.Over {
		if err := t.Artifacts.Remove(ctx, trialPrefix(job.Search, id)); err != nil {
			log.Printf("trial %d has ended, but what it left could not be removed: %v", id, err)
		}
	}
	dir := filepath.Join(t.Dir, fmt.Sprintf("%.12s-%06d", job.Search, job.Task.Trial))
	beat := Beat{Trial: job.Task.Trial, Epochs: job.Task.Epochs}
	err = t.resume(ctx, trialPrefix(job.Search, job.Task.Trial), dir, beat, func(ctx context.Context, progress func(int)) (epochs int, err error) {
		r, err = job.Task.Do(func(config C, epochs int) ([]float64, error) { return t.Train(ctx, dir, config, epochs, progress) })
		if r.Failed != "" {
			return 0, err
		}
		return job.Task.Epochs, err
	})
	if errors.Is(err, errUnsaved) { // the scores are known, and a trial that is promoted resumes from an earlier epoch, with the same outcome
		err = nil
	}
	return r, err
}

// resume makes a folder what the bucket has of a prefix, and trains in it, with signs of life and each epoch saved. train returns how many epochs are there to be saved at last. When the worker is stopped, the training
// ends after its present epoch.
func (t Trials[C]) resume(ctx context.Context, prefix, dir string, beat Beat, train func(ctx context.Context, progress func(epochs int)) (epochs int, err error)) (err error) {
	defer os.RemoveAll(dir) // the bucket has it
	s := saver{artifacts: t.Artifacts, prefix: prefix, dir: dir}
	if s.saved, err = t.Artifacts.Restore(ctx, prefix, dir, func(err error) { log.Printf("%v; an earlier epoch is taken", err) }); err != nil {
		return fmt.Errorf("the bucket: %w", err)
	}
	training, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	alive := t.signs(ctx, beat)
	defer alive.stop()
	stopping := activity.GetWorkerStopChannel(ctx)
	epochs, err := train(training, func(done int) {
		alive.at(done)
		if done <= s.saved {
			return
		}
		s.save(ctx, done)
		select {
		case <-stopping:
			stop(errStopped)
		default:
		}
	})
	if err != nil {
		if errors.Is(context.Cause(training), errStopped) {
			return errStopped
		}
		return err
	}
	if err := s.saveAtLast(ctx, epochs); err != nil {
		return fmt.Errorf("%w: %w", errUnsaved, err)
	}
	return nil
}

// saver uploads a trial's folder.
type saver struct {
	artifacts   Artifacts
	prefix, dir string
	saved       int // epochs
}

// save saves so many epochs. A bucket that fails costs no training: the next epoch tries again.
func (s *saver) save(ctx context.Context, epochs int) error {
	err := s.artifacts.Save(ctx, s.prefix, s.dir, epochs)
	if err != nil {
		log.Printf("%s, epoch %d, was not saved: %v", s.prefix, epochs, err)
		return err
	}
	s.saved = epochs
	return nil
}

// lastTries is how often the last epoch is saved where the bucket fails, with a second between two, then two, and so on.
const lastTries = 6

// saveAtLast saves the last epoch, and gives up after lastTries.
func (s *saver) saveAtLast(ctx context.Context, epochs int) error {
	for pause := time.Second; s.saved < epochs; pause *= 2 {
		err := s.save(ctx, epochs)
		if err == nil || pause >= time.Second<<(lastTries-1) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}

// signs are the signs of life of an activity.
type signs struct {
	done atomic.Int64 // epochs
	last atomic.Int64 // when there was progress last, in nanoseconds of Unix time
	stop func()
}

// signs gives signs of life until stop, or until there is no progress for so long that the training must hang.
func (t Trials[C]) signs(ctx context.Context, beat Beat) *signs {
	ctx, stop := context.WithCancel(ctx)
	s := &signs{stop: stop}
	s.last.Store(time.Now().UnixNano())
	timing := t.Timing.filled()
	go func() {
		ticker := time.NewTicker(timing.Heartbeat / 4)
		defer ticker.Stop()
		for time.Since(time.Unix(0, s.last.Load())) < timing.Silence {
			beat.Done = int(s.done.Load())
			activity.RecordHeartbeat(ctx, beat)
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		log.Printf("%v: no progress for %v; it is left to another worker", beat, timing.Silence)
	}()
	return s
}

// at tells that a training has so many epochs and makes progress.
func (s *signs) at(epochs int) {
	s.done.Store(int64(epochs))
	s.last.Store(time.Now().UnixNano())
}

// Kept is a finished search: the input of the activity that keeps its journal.
type Kept struct {
	Spec   Spec    `json:"spec"`
	Search string  `json:"search"`
	Events []Event `json:"events"`
}

// Keep puts a search's journal into the bucket, and removes the checkpoints of all trials but those that were trained to the end.
func (t Trials[C]) Keep(ctx context.Context, k Kept) error {
	s, err := t.Build(k.Spec)
	if err != nil {
		return temporal.NewNonRetryableApplicationError(err.Error(), "order", err)
	}
	alive := t.signs(ctx, Beat{})
	defer alive.stop()
	dir, err := os.MkdirTemp(t.Dir, "journal-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s.Journal = filepath.Join(dir, "journal.jsonl")
	m, err := s.Mirror()
	if err != nil {
		return err
	}
	err = mirror(m, k.Events)
	if err := errors.Join(err, m.Close()); err != nil {
		return err
	}
	data, err := os.ReadFile(s.Journal)
	if err != nil {
		return err
	}
	if err := t.Artifacts.Bucket.WriteAll(ctx, "searches/"+k.Search+"/journal.jsonl", data, nil); err != nil {
		return err
	}
	for _, trial := range m.Machine().State().Trials {
		if trial.Status != hyperband.Finished && trial.Same == 0 {
			if err := t.Artifacts.Remove(ctx, trialPrefix(k.Search, trial.ID)); err != nil {
				return err
			}
		}
	}
	return nil
}

// mirror records events in a journal.
func mirror[C comparable](m *hyperband.Mirror[C], events []Event) error {
	for _, e := range events {
		r, err := expand(m.Machine(), e)
		if err == nil {
			err = m.Record(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
