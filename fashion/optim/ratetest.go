package optim

import (
	"fmt"
	"math"
)

// RateTest is what a learning-rate finder measures: the loss of each mini-batch while the learning rate grows by the same factor from step to step. L. N. Smith, "Cyclical
// Learning Rates for Training Neural Networks" (2017), section 3.3; J. Howard and S. Gugger, "Deep Learning for Coders with fastai and PyTorch" (2020), chapter 5.
type RateTest struct {
	Rates  []float64 // of the steps, growing
	Losses []float64 // mean over each mini-batch before its step, nats
}

// CheckRates reports why there is no rate test from low to high in so many steps.
func CheckRates(low, high float64, steps int) error {
	if !(low > 0 && high > low && !math.IsInf(high, 0)) || steps < 2 {
		return fmt.Errorf("a rate test from %g to %g in %d steps, want 0 < low < high and 2 steps or more", low, high, steps)
	}
	return nil
}

// RateAt is the learning rate of a step, 0 for the first, of a rate test from low to high in so many steps.
func RateAt(low, high float64, step, steps int) float64 {
	return low * math.Pow(high/low, float64(step)/float64(steps-1))
}

// smoothing is the fraction of the average that stays from one step to the next.
const smoothing = 0.9

// Smoothed are the losses as an exponential moving average, corrected for its start at 0 as Adam's are.
func (t RateTest) Smoothed() []float64 {
	list, average, kept := make([]float64, len(t.Losses)), 0.0, 1.0
	for i, loss := range t.Losses {
		average, kept = smoothing*average+(1-smoothing)*loss, kept*smoothing
		list[i] = average / (1 - kept)
	}
	return list
}

// Exploded reports whether the last smoothed loss is four times the lowest or no number, so that higher rates tell nothing.
func (t RateTest) Exploded() bool {
	if len(t.Losses) == 0 {
		return false
	}
	smoothed := t.Smoothed()
	return !(smoothed[len(smoothed)-1] <= 4*smoothed[t.lowest()])
}

// lowest is the step of the lowest smoothed loss.
func (t RateTest) lowest() int {
	smoothed, lowest := t.Smoothed(), 0
	for i, loss := range smoothed {
		if loss < smoothed[lowest] {
			lowest = i
		}
	}
	return lowest
}

// Lowest is the learning rate at the lowest smoothed loss: already too high, because the loss stops falling there.
func (t RateTest) Lowest() float64 { return t.Rates[t.lowest()] }

// Suggestion is a tenth of the rate at the lowest smoothed loss, the rule of thumb of Howard and Gugger.
func (t RateTest) Suggestion() float64 { return t.Lowest() / 10 }
