package optim

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// OwnSchedule is a user-defined schedule, which a recipe names in recipes.Schedule.Name.
type OwnSchedule struct {
	Name string
	// Factor returns the factor of the recipe's learning rate in a step, 0 for the first, of a training of so many steps.
	Factor func(step, steps int) float64
}

// OwnName returns the name by which a recipe refers to the schedule.
func (o OwnSchedule) OwnName() string { return o.Name }

// schedules are the names of the package's own.
var schedules = []string{"plateau", "exponential", "step", "cosine", "one-cycle"}

// CheckSchedule returns an error for a schedule that is neither one of the package nor the name of one in own, or whose fields are invalid.
func CheckSchedule(s recipes.Schedule, own ...OwnSchedule) error {
	for _, o := range own {
		if o.Name == "" || o.Factor == nil || slices.Contains(schedules, o.Name) {
			return fmt.Errorf("a user-defined schedule is named %q, want a name that is none of %s, and a function Factor", o.Name, strings.Join(schedules, ", "))
		}
	}
	if slices.ContainsFunc(own, func(o OwnSchedule) bool { return o.Name == s.Name }) {
		if s != (recipes.Schedule{Name: s.Name}) {
			return fmt.Errorf("schedule is %+v, want only a name: it is user-defined", s)
		}
		return nil
	}
	switch s.Name {
	case "":
		if s != (recipes.Schedule{Warmup: s.Warmup}) {
			return fmt.Errorf("schedule.name is empty but other fields are set, want a name: %s", strings.Join(schedules, ", "))
		}
	case "plateau":
		if !(s.Factor > 0 && s.Factor < 1) {
			return fmt.Errorf("schedule.factor is %v, want a number in (0, 1) for a plateau", s.Factor)
		}
	case "exponential", "step":
		if !(s.Factor > 0) || s.DecaySteps < 1 {
			return fmt.Errorf("schedule.factor is %v every %d steps, want a number in (0, 1] and 1 step or more", s.Factor, s.DecaySteps)
		}
	case "cosine":
		if s.DecaySteps < 0 {
			return fmt.Errorf("schedule.every is %d, want the number of steps of a cosine's decay, or 0 for all", s.DecaySteps)
		}
	case "one-cycle":
		if s.DecaySteps != 0 {
			return fmt.Errorf("schedule.every is %d, want 0: the one cycle takes the whole training", s.DecaySteps)
		}
		if s.Warmup != 0 {
			return fmt.Errorf("schedule.warmup is %d, want 0: the one cycle begins with a warm-up", s.Warmup)
		}
	default:
		return fmt.Errorf("schedule.name is %q, want one of %s, the name of an optim.OwnSchedule that is passed, or none for a constant learning rate", s.Name, strings.Join(schedules, ", "))
	}
	return nil
}

// LearningRate returns the learning rate of a step, 0 for the first, of a training of so many steps. rate is the recipe's, or for "plateau" the one that
// ReduceOnPlateau returned. With factor, the decay steps every and the minimum of s:
//
//	exponential  rate * factor^(step/every)
//	step         rate * factor^floor(step/every)
//	cosine       minimum + (rate-minimum) * (1+cos(pi*step/every))/2, and the minimum after step every (Loshchilov and Hutter,
//	             "SGDR", 2017, without restarts); every is steps if it is 0
//	one-cycle    from rate/25 along half a cosine to rate, in the first 30% of the steps, and along another to the minimum
//	             (Smith and Topin, "Super-Convergence", 2018), in the steps of PyTorch's OneCycleLR
//
// In the first Warmup steps it is rate * (step+1)/Warmup (Goyal et al., "Accurate, Large Minibatch SGD", 2017), and the schedule counts its steps from there, as PyTorch's
// SequentialLR of a LinearLR and another does.
//
// own must contain the user-defined schedule that s names, if any.
func LearningRate(s recipes.Schedule, rate float64, step, steps int, own ...OwnSchedule) float64 {
	for _, o := range own {
		if o.Name == s.Name {
			return rate * o.Factor(step, steps)
		}
	}
	if step < s.Warmup {
		return rate * float64(step+1) / float64(s.Warmup)
	}
	step, steps = step-s.Warmup, steps-s.Warmup
	switch s.Name {
	case "exponential":
		return rate * math.Pow(s.Factor, float64(step)/float64(s.DecaySteps))
	case "step":
		return rate * math.Pow(s.Factor, float64(step/s.DecaySteps))
	case "cosine":
		progress := min(1, float64(step)/float64(max(cmp.Or(s.DecaySteps, steps), 1)))
		return fall(rate, s.MinLearningRate, progress)
	case "one-cycle":
		top, last := 0.3*float64(steps)-1, float64(steps-1)
		if at := float64(step); at < top {
			return fall(rate/25, rate, at/top)
		} else if at < last {
			return fall(rate, s.MinLearningRate, (at-top)/(last-top))
		}
		return s.MinLearningRate
	}
	return rate
}

// fall is the value at a fraction of half a cosine between two values.
func fall(from, to, progress float64) float64 { return to + (from-to)*(1+math.Cos(math.Pi*progress))/2 }

// ReduceOnPlateau is Keras's ReduceLROnPlateau at the end of an epoch: from the learning rate, the validation loss and its own state it returns the learning rate of
// the next epoch and the new state. A loss that is not more than MinDelta below the best so far, or is NaN, is no improvement; after Patience epochs without one the
// learning rate is multiplied by Factor.
func ReduceOnPlateau(s recipes.Schedule, p run.Plateau, rate, loss float64) (float64, run.Plateau) {
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
	if p.Wait >= s.Patience && rate > s.MinLearningRate {
		rate = max(rate*s.Factor, s.MinLearningRate)
		p.Cooldown, p.Wait = s.Cooldown, 0
	}
	return rate, p
}
