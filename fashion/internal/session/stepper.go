package session

import (
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion/infer"
)

// Stepper does training steps outside of any run, to time them. A step of a GAN is one of each of its networks.
type Stepper struct {
	Device     string
	Parameters int

	perEpoch int // steps
	done     int // steps
	step     func(position, step int) error
}

// NewStepper makes a stepper of a compiled step, in epochs of so many. The step is called with its number in the epoch and in all, both from 0.
func NewStepper(b compute.Backend, perEpoch, parameters int, step func(position, step int) error) *Stepper {
	return &Stepper{Device: infer.Computer(b).Device, Parameters: parameters, perEpoch: perEpoch, step: step}
}

// Time does so many steps and returns the wall time of each in milliseconds, data feeding and the reading of the metrics included. Three more steps go before them.
func (s *Stepper) Time(steps int) ([]float64, error) {
	const warmUp = 3
	var ms []float64
	for i := range steps + warmUp {
		start := time.Now()
		if err := s.step(s.done%s.perEpoch, s.done); err != nil {
			return nil, err
		}
		s.done++
		if i >= warmUp {
			ms = append(ms, time.Since(start).Seconds()*1000)
		}
	}
	return ms, nil
}
