package session

import (
	"slices"
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/infer"
)

// Stepper does training steps outside of any run, to time them. A step of a GAN is one of each of its networks.
type Stepper struct {
	Device     string
	Parameters int

	Together int // steps of an execution, at most

	perEpoch int // steps
	done     int // steps
	execute  func(position, step, count int) error
}

// NewStepper makes a stepper of compiled steps, in epochs of so many, of which an execution does at most so many together. It is called with the number of its first step in the epoch
// and in all, both from 0, and how many it shall do.
func NewStepper(b compute.Backend, perEpoch, together, parameters int, execute func(position, step, count int) error) *Stepper {
	return &Stepper{Device: infer.Computer(b).Device, Parameters: parameters, Together: together, perEpoch: perEpoch, execute: execute}
}

// Time returns the wall time of so many steps in milliseconds, data feeding and the reading of the metrics included. Where an execution does several, each of these has their mean. Three
// executions go before them.
func (s *Stepper) Time(steps int) ([]float64, error) {
	const warmUp = 3
	var ms []float64
	for i := 0; len(ms) < steps; i++ {
		position := s.done % s.perEpoch
		count := min(s.Together, s.perEpoch-position)
		start := time.Now()
		if err := s.execute(position, s.done, count); err != nil {
			return nil, err
		}
		s.done += count
		if i >= warmUp {
			ms = append(ms, slices.Repeat([]float64{time.Since(start).Seconds() * 1000 / float64(count)}, count)...)
		}
	}
	return ms[:steps], nil
}
