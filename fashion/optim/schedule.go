package optim

import (
	"fmt"
	"math"

	"fashionlab/fashion/run"
)

// CheckSchedule reports a schedule that does not exist or lacks what it needs.
func CheckSchedule(s run.Schedule) error {
	switch s.Name {
	case "":
		if s != (run.Schedule{}) {
			return fmt.Errorf("schedule.name is empty but other fields are set, want a name: plateau, exponential, step, cosine")
		}
	case "plateau":
		if !(s.Factor > 0 && s.Factor < 1) {
			return fmt.Errorf("schedule.factor is %v, want a number in (0, 1) for a plateau", s.Factor)
		}
	case "exponential", "step":
		if !(s.Factor > 0) || s.Every < 1 {
			return fmt.Errorf("schedule.factor is %v every %d steps, want a number in (0, 1] and 1 step or more", s.Factor, s.Every)
		}
	case "cosine":
		if s.Every < 1 {
			return fmt.Errorf("schedule.every is %d, want the number of steps, 1 or more, in which a cosine falls", s.Every)
		}
	default:
		return fmt.Errorf("schedule.name is %q, want one of plateau, exponential, step, cosine, or none for a constant rate", s.Name)
	}
	return nil
}

// Rate returns the learning rate of a step, 0 for the first, from the rate that the recipe (or, for a plateau, the
// reductions so far) gives:
//
//	exponential  rate * factor^(step/every)
//	step         rate * factor^floor(step/every)
//	cosine       minimum + (rate-minimum) * (1+cos(pi*step/every))/2, the minimum from step every on (Loshchilov and Hutter,
//	             "SGDR", 2017, without restarts)
func Rate(s run.Schedule, rate float64, step int) float64 {
	switch s.Name {
	case "exponential":
		return rate * math.Pow(s.Factor, float64(step)/float64(s.Every))
	case "step":
		return rate * math.Pow(s.Factor, float64(step/s.Every))
	case "cosine":
		along := min(1, float64(step)/float64(s.Every))
		return s.MinRate + (rate-s.MinRate)*(1+math.Cos(math.Pi*along))/2
	}
	return rate
}

// ReduceOnPlateau is Keras's ReduceLROnPlateau at the end of an epoch: given the rate, the validation loss and what it
// remembers, it returns the rate of the next epoch and the new memory. A loss that is not at least MinDelta below the
// best so far, or is NaN, is no improvement; after Patience such epochs the rate is multiplied by Factor.
func ReduceOnPlateau(s run.Schedule, p run.Plateau, rate, loss float64) (float64, run.Plateau) {
	if p.Cooldown > 0 {
		p.Cooldown--
		p.Wait = 0
	}
	if !p.Started && !math.IsNaN(loss) || loss < p.Best-s.MinDelta {
		p.Started, p.Best, p.Wait = true, loss, 0
		return rate, p
	}
	if p.Cooldown > 0 {
		return rate, p
	}
	p.Wait++
	if p.Wait >= s.Patience && rate > s.MinRate {
		rate = max(rate*s.Factor, s.MinRate)
		p.Cooldown, p.Wait = s.Cooldown, 0
	}
	return rate, p
}
