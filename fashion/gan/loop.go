package gan

import (
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// loop is the training loop of a GAN.
type loop struct {
	*session.Session
	own       []recipes.Own
	game      *game
	generator *Generator // of the moving averages
	reference *infer.Model
	real      metrics.Normal              // features of validation images
	diversity [fashion.NumClasses]float64 // of real images
	measured  int                         // images of each class
}

const (
	samplesPerClass  = 10   // images that are shown after each epoch
	measuredPerClass = 200  // images at most that are measured after each epoch: as many as there are validation images
	realMeasured     = 5000 // validation images at most that they are compared with
)

// Prepare makes the variables, restores the last checkpoint or sets the initial values, and compiles.
func (l *loop) Prepare(backend compute.Backend) (err error) {
	if l.game, err = newGame(backend, l.Recipe, l.own, l.Images.Training.Real, 0); err != nil {
		return err
	}
	if err := l.KeepNetwork(l.game.built.Describe(models.IsOwn(l.Recipe.Model, l.own...))); err != nil {
		return err
	}
	l.generator = newGenerator(backend, l.Recipe, l.game.networks, l.game.store)
	l.generator.average = true
	l.Record.Parameters = l.game.parameters()
	if err := l.Resume(l.game.store, func() error { return nil }); err != nil {
		return err
	}
	if err := l.measureReal(l.Images.Validation.Set); err != nil {
		return err
	}
	feed := session.NewFeed(l.Images.Training, l.Recipe, 1)
	defer feed.Free()
	return l.Compile(func() error { return l.game.compile(feed) })
}

// measureReal measures real images.
func (l *loop) measureReal(all fashion.Set) (err error) {
	if l.reference, err = infer.Reference(); err != nil {
		return err
	}
	n := min(all.Len(), realMeasured)
	l.measured = min(measuredPerClass, max(2, all.Len()/fashion.NumClasses))
	validation := fashion.Set{Images: all.Images[:n], Labels: all.Labels[:n]}
	seen, err := l.reference.Embed(validation.Images)
	if err != nil {
		return err
	}
	if l.real, err = metrics.FitNormal(seen.Features); err != nil {
		return err
	}
	for class := range l.diversity {
		images := validation.Of(fashion.Label(class))
		l.diversity[class] = metrics.IntraClassDiversity(images[:min(len(images), l.measured)])
	}
	return nil
}

// Epoch trains and measures one epoch and saves all of it.
func (l *loop) Epoch(epoch int) error {
	start := time.Now()
	feed := session.NewFeed(l.Images.Training, l.Recipe, epoch)
	defer feed.Free()
	mean, rate, err := l.Steps(feed, epoch, l.game.loop.Length, func(position int, rates []float64) ([]session.Step, error) {
		return l.game.train(feed, position, l.State.Step, rates)
	})
	if err != nil {
		return err
	}
	trained := time.Since(start)
	l.Validating(epoch, mean.Loss, mean.Accuracy)
	synthesis, err := l.measure()
	if err != nil {
		return err
	}
	synthesis.GeneratorLoss = mean.Generator
	samples, err := l.generate(samplesPerClass)
	if err != nil {
		return err
	}
	if err := l.SaveSamples(epoch, samples.Images); err != nil {
		return err
	}
	l.Samples = samples.Images
	return l.Save(l.game.store, run.Epoch{Epoch: epoch, Loss: mean.Loss, Accuracy: mean.Accuracy, LearningRate: rate, Seconds: time.Since(start).Seconds(),
		ImagesPerSecond: float64(l.Images.Training.Real) / trained.Seconds(), Synthesis: synthesis})
}

// generate makes so many images of each class, class by class, of the same latents each time.
func (l *loop) generate(perClass int) (fashion.Set, error) {
	return l.generator.Set(perClass, l.Recipe.Seed)
}

// measure measures the images of the moving averages.
func (l *loop) measure() (s run.Synthesis, err error) {
	set, err := l.generate(l.measured)
	if err != nil {
		return s, err
	}
	seen, err := l.reference.Embed(set.Images)
	if err != nil {
		return s, err
	}
	made, err := metrics.FitNormal(seen.Features)
	if err != nil {
		return s, err
	}
	if s.FrechetDistance, err = metrics.FrechetDistance(made, l.real); err != nil {
		return s, err
	}
	for i, class := range set.Labels {
		if seen.Predicted(i) == class {
			s.ClassifierAccuracy += 1 / float64(set.Len())
		}
	}
	s.Diversity = 1
	for class, real := range l.diversity {
		if real > 0 {
			s.Diversity = min(s.Diversity, metrics.IntraClassDiversity(set.Of(fashion.Label(class)))/real)
		}
	}
	return s, nil
}

// Finish has nothing to save: a GAN predicts nothing.
func (l *loop) Finish() error { return nil }
