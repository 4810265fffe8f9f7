package session

import (
	"time"

	"fashionlab/fashion/run"
)

// throughput measures how fast this process trains and says when to report. Its first steps take longer and do not count.
type throughput struct {
	first, last, reported time.Time     // the ends of the first and the last steps, and the last report
	steps                 int           // since the first
	training              time.Duration // in these steps, without what is between two epochs
}

// add counts steps that were done together, from then to now, and reports whether it is time for a report.
func (t *throughput) add(steps int, began, now time.Time) bool {
	t.last = now
	if t.first.IsZero() {
		t.first, t.reported = now, now
		return true
	}
	t.steps += steps
	t.training += now.Sub(began)
	if now.Sub(t.reported) < 200*time.Millisecond {
		return false
	}
	t.reported = now
	return true
}

// perStep is the mean time of a step, in training and with what is between two epochs; 0 if not known yet.
func (t *throughput) perStep() (training, all time.Duration) {
	if t.steps == 0 {
		return 0, 0
	}
	return t.training / time.Duration(t.steps), t.last.Sub(t.first) / time.Duration(t.steps)
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
	if training, all := s.throughput.perStep(); training > 0 {
		p.ImagesPerSecond = float64(s.Recipe.Batch) / training.Seconds()
		p.TimeLeft = time.Duration((s.Recipe.Epochs-epoch)*steps+steps-p.Step) * all
	}
	s.config.Report(p)
}
