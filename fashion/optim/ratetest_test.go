package optim_test

import (
	"fmt"
	"math"
	"testing"

	"fashionlab/fashion/optim"
)

// tested is a loss that falls towards a rate of 0.1 and explodes beyond.
func tested(steps int) (t optim.RateTest) {
	for i := range steps {
		rate := optim.RateAt(1e-4, 10, i, steps)
		distance := math.Log10(rate / 0.1)
		loss := 0.5 + 0.2*distance*distance
		if distance > 0 {
			loss = 0.5 * math.Exp(3*distance)
		}
		t.Rates, t.Losses = append(t.Rates, rate), append(t.Losses, loss)
	}
	return t
}

func ExampleRateTest_Suggestion() {
	fmt.Printf("%.3f\n", tested(2000).Suggestion())
	// Output: 0.010
}

func TestRatesGrowByOneFactorFromLowToHigh(t *testing.T) {
	for step, want := range []float64{0.001, 0.01, 0.1, 1} {
		if got := optim.RateAt(0.001, 1, step, 4); math.Abs(got-want) > 1e-12 {
			t.Errorf("the rate of step %d is %g, want %g", step, got, want)
		}
	}
}

func TestSmoothedLossesOfAConstantAreTheConstant(t *testing.T) {
	for i, got := range (optim.RateTest{Losses: []float64{2, 2, 2, 2}}).Smoothed() {
		if math.Abs(got-2) > 1e-12 {
			t.Errorf("smoothed loss %d is %g, want 2", i, got)
		}
	}
	if got := (optim.RateTest{Losses: []float64{1, 3}}).Smoothed()[1]; math.Abs(got-(0.9*1+3)/1.9) > 1e-12 {
		t.Errorf("the average of 1 and 3 is %g, want 2.05, weighted 0.9 to 1", got)
	}
}

func TestRateTestHasExplodedWhenTheLossIsFourTimesTheLowest(t *testing.T) {
	full := tested(200)
	if !full.Exploded() {
		t.Error("at a rate of 10 the loss has not exploded")
	}
	if part := (optim.RateTest{Rates: full.Rates[:120], Losses: full.Losses[:120]}); part.Exploded() || (optim.RateTest{}).Exploded() {
		t.Errorf("at a rate of %g, or before the first step, the loss has exploded", part.Rates[119])
	}
	full.Losses = append(full.Losses, math.NaN())
	full.Rates = append(full.Rates, 11)
	if !full.Exploded() || !(full.Lowest() < 1) {
		t.Errorf("a loss that is no number has not exploded, or is the lowest, at %g", full.Lowest())
	}
}

func TestRateTestsThatCannotBeAreErrors(t *testing.T) {
	for _, c := range [][3]float64{{0, 1, 9}, {1, 0.1, 9}, {0.1, math.Inf(1), 9}, {0.1, 1, 1}, {math.NaN(), 1, 9}} {
		if err := optim.CheckRates(c[0], c[1], int(c[2])); err == nil {
			t.Errorf("from %g to %g in %g steps is no error", c[0], c[1], c[2])
		}
	}
	if err := optim.CheckRates(1e-5, 10, 100); err != nil {
		t.Error(err)
	}
}
