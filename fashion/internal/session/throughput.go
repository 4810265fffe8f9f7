package session

import (
	"time"

	"fashionlab/fashion/run"
)

// throughput measures how fast this process trains and says when to report.
type throughput struct {
	first, reported time.Time // of the first step's end, of the last report
	steps           int       // since the first
}

// add counts steps that were done together and reports whether it is time for a report.
func (t *throughput) add(steps int) bool {
	now := time.Now()
	if t.first.IsZero() {
		t.first, t.reported = now, now
		return true
	}
	t.steps += steps
	if now.Sub(t.reported) < 200*time.Millisecond {
		return false
	}
	t.reported = now
	return true
}

// perStep is the mean time of a step, 0 if not known yet.
func (t *throughput) perStep() time.Duration {
	if t.steps == 0 {
		return 0
	}
	return t.reported.Sub(t.first) / time.Duration(t.steps)
}

// Stepped counts so many steps of an epoch, the last with this number, 1 for the first, and reports the epoch's mean loss and accuracy so far several times a second.
func (s *Session) Stepped(epoch, step, count int, loss, accuracy float64) {
	if s.throughput.add(count) {
		s.report("training", epoch, step, loss, accuracy)
	}
}

// Validating reports that an epoch is trained, with its mean loss and accuracy, and is being validated.
func (s *Session) Validating(epoch int, loss, accuracy float64) {
	s.report("validating", epoch, s.steps(), loss, accuracy)
}

// steps is the number of steps of an epoch.
func (s *Session) steps() int { return (s.Images.Training.Real + s.Recipe.Batch - 1) / s.Recipe.Batch }

// report reports where the training is after so many steps of an epoch.
func (s *Session) report(stage string, epoch, step int, loss, accuracy float64) {
	steps := s.steps()
	p := run.Progress{Recipe: s.Recipe, History: s.State.History, Epoch: epoch, Step: step, Steps: steps,
		Loss: loss, Accuracy: accuracy, Samples: s.Samples, Stage: stage}
	if d := s.throughput.perStep(); d > 0 {
		p.ImagesPerSecond = float64(s.Recipe.Batch) / d.Seconds()
		p.TimeLeft = time.Duration((s.Recipe.Epochs-epoch)*steps+steps-p.Step) * d
	}
	s.config.Report(p)
}
