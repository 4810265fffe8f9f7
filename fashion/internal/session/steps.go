package session

import (
	"time"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// Step is what a training step measured: of a classifier the sums over the images of its batch, how many Weight says, and of a GAN the means over its batch, with the weight 1.
type Step struct {
	Loss      float64 // nats for each image; of a GAN its discriminator's
	Accuracy  float64 // images that are classified correctly; of a GAN the fraction of real and generated ones that its discriminator tells apart
	Generator float64 // the loss of a GAN's generator
	Weight    float64
}

// mean is the step with the sums divided by the weight.
func (s Step) mean() Step {
	return Step{s.Loss / s.Weight, s.Accuracy / s.Weight, s.Generator / s.Weight, 1}
}

// Steps does the steps of an epoch, at most so many together in one execution. execute does a step for each learning rate from a position of the epoch on, 0 for its first step. Between two executions the
// training may be interrupted, and reports several times a second. It returns the mean of what the steps measured, and the last one's rate. A loss that is not finite is a *DivergedError.
func (s *Session) Steps(feed Feed, epoch, together int, execute func(position int, rates []float64) ([]Step, error)) (mean Step, rate float64, err error) {
	var sum Step
	for position := 0; position < feed.Steps; {
		if err := s.Interrupted(epoch); err != nil {
			return Step{}, 0, err
		}
		var rates []float64
		for after := range min(together, feed.Steps-position) {
			rates = append(rates, s.learningRate(after, feed.Steps))
		}
		began := time.Now()
		done, err := execute(position, rates)
		if err != nil {
			return Step{}, 0, err
		}
		for k, m := range done {
			rate = rates[k]
			if err := finite(DivergedError{"loss", m.Loss + m.Generator, s.State.Step + 1, epoch, rate}); err != nil {
				return Step{}, 0, err
			}
			s.State.Step++
			sum = Step{sum.Loss + m.Loss, sum.Accuracy + m.Accuracy, sum.Generator + m.Generator, sum.Weight + m.Weight}
		}
		position += len(done)
		mean = sum.mean()
		if s.throughput.add(len(done), began, time.Now()) {
			s.report("training", epoch, position, mean.Loss, mean.Accuracy)
		}
	}
	return mean, rate, nil
}

// learningRate is the learning rate of a step after the next, 0 for the next itself, in epochs of so many.
func (s *Session) learningRate(after, steps int) float64 {
	return optim.LearningRate(s.Recipe.Schedule, s.State.LearningRate, s.State.Step+after, s.Recipe.Epochs*steps, recipes.OwnOf[optim.OwnSchedule](s.config.Own)...)
}
