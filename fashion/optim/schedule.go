package optim

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fashionlab/fashion/run"
)

// Own is a schedule of the user's own, which a recipe names in run.Schedule.Name.
type Own struct {
	Name string
	// Factor is what the recipe's learning rate is multiplied by in a step, 0 for the first, of so many of the whole training.
	Factor func(step, steps int) float64
}

// OwnName is the name that a recipe has for it.
func (o Own) OwnName() string { return o.Name }

// CheckSchedule reports a schedule that does not exist or lacks what it needs. Schedules of the user's own are handed over.
func CheckSchedule(s run.Schedule, own ...Own) error {
	for _, o := range own {
		if o.Name == "" || o.Factor == nil || slices.Contains([]string{"plateau", "exponential", "step", "cosine"}, o.Name) {
			return fmt.Errorf("a schedule of one's own is named %q, want a name that is none of plateau, exponential, step, cosine, and a function Factor", o.Name)
		}
	}
	if slices.ContainsFunc(own, func(o Own) bool { return o.Name == s.Name }) {
		if s != (run.Schedule{Name: s.Name}) {
			return fmt.Errorf("schedule is %+v, want nothing but the name of a schedule of one's own", s)
		}
		return nil
	}
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
		if s.Every < 0 {
			return fmt.Errorf("schedule.every is %d, want the number of steps in which a cosine falls, or 0 for all", s.Every)
		}
	default:
		return fmt.Errorf("schedule.name is %q, want one of plateau, exponential, step, cosine, one that is handed over, or none for a constant rate", s.Name)
	}
	return nil
}

// Rate returns the learning rate of a step, 0 for the first, of so many of the whole training, from the rate that the recipe (or, for a plateau, the
// reductions so far) gives:
//
//	exponential  rate * factor^(step/every)
//	step         rate * factor^floor(step/every)
//	cosine       minimum + (rate-minimum) * (1+cos(pi*step/every))/2, the minimum from step every on (Loshchilov and Hutter,
//	             "SGDR", 2017, without restarts); every is steps where it is 0
//
// A schedule of the user's own that the recipe names is handed over.
func Rate(s run.Schedule, rate float64, step, steps int, own ...Own) float64 {
	for _, o := range own {
		if o.Name == s.Name {
			return rate * o.Factor(step, steps)
		}
	}
	switch s.Name {
	case "exponential":
		return rate * math.Pow(s.Factor, float64(step)/float64(s.Every))
	case "step":
		return rate * math.Pow(s.Factor, float64(step/s.Every))
	case "cosine":
		along := min(1, float64(step)/float64(max(cmp.Or(s.Every, steps), 1)))
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
