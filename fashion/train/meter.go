package train

import (
	"time"

	"fashionlab/fashion/run"
)

// meter measures how fast this process trains and says when to report.
type meter struct {
	first, reported time.Time // of the first step's end, of the last report
	steps           int       // since the first
}

// step counts a step and reports whether it is time for a report.
func (m *meter) step() bool {
	now := time.Now()
	if m.first.IsZero() {
		m.first, m.reported = now, now
		return true
	}
	m.steps++
	if now.Sub(m.reported) < 200*time.Millisecond {
		return false
	}
	m.reported = now
	return true
}

// perStep is the mean time of a step, 0 if not known yet.
func (m *meter) perStep() time.Duration {
	if m.steps == 0 {
		return 0
	}
	return m.reported.Sub(m.first) / time.Duration(m.steps)
}

// progress describes where the training is after so many steps of an epoch.
func (f *fitting) progress(stage string, epoch, step int, loss, accuracy float64) run.Progress {
	batch := f.Recipe.Batch
	steps := (f.images + batch - 1) / batch
	p := run.Progress{Recipe: f.Recipe, History: f.state.History, Epoch: epoch, Step: step, Steps: steps,
		Loss: loss, Accuracy: accuracy, Samples: f.samples, Stage: stage}
	if stage == "validating" {
		p.Step = steps
	}
	if d := f.meter.perStep(); d > 0 {
		p.ImagesPerSecond = float64(batch) / d.Seconds()
		p.Left = time.Duration((f.Recipe.Epochs-epoch)*steps+steps-p.Step) * d
	}
	return p
}
