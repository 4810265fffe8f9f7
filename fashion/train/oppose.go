package train

import (
	"time"

	"github.com/gomlx/compute"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// opposing is the fitting of a GAN.
type opposing struct {
	*fitting
	pair      *pair
	training  part
	generator *Generator // of the averages
	observer  *Model
	real      metrics.Normal              // features of validation images
	spread    [fashion.NumClasses]float64 // of real images
	measured  int                         // images of each class
}

const (
	samplesPerClass  = 10   // images that are shown after each epoch
	measuredPerClass = 200  // images at most that are measured after each epoch: as many as there are validation images
	realMeasured     = 5000 // validation images at most that they are compared with
)

func (o *opposing) prepare(backend compute.Backend) (err error) {
	o.training = o.trainer.training
	if o.pair, err = newPair(backend, o.Recipe, o.images); err != nil {
		return err
	}
	o.generator = newGenerator(backend, o.Recipe, o.pair.store)
	o.generator.average = true
	o.Record.Parameters = o.pair.count(o.pair.discriminator.names) + o.pair.count(o.pair.generator.names)
	if err := o.resume(o.pair.variables, func() error { return nil }); err != nil {
		return err
	}
	if err := o.observe(); err != nil {
		return err
	}
	feed := newFeed(o.training, o.Recipe, 1)
	defer feed.free()
	return o.compile(func() error { return o.pair.compile(o.training, feed.order) })
}

// observe measures real images.
func (o *opposing) observe() (err error) {
	if o.observer, err = Observer(); err != nil {
		return err
	}
	all := o.trainer.validation.set
	n := min(all.Len(), realMeasured)
	o.measured = min(measuredPerClass, max(2, all.Len()/fashion.NumClasses))
	validation := fashion.Set{Images: all.Images[:n], Labels: all.Labels[:n]}
	seen, err := o.observer.Observe(validation.Images)
	if err != nil {
		return err
	}
	if o.real, err = metrics.FitNormal(seen.Features); err != nil {
		return err
	}
	for class := range o.spread {
		images := validation.Of(fashion.Label(class))
		o.spread[class] = metrics.IntraClassDiversity(images[:min(len(images), o.measured)])
	}
	return nil
}

func (o *opposing) epoch(epoch int) error {
	start := time.Now()
	mean, rate, err := o.train(epoch)
	if err != nil {
		return err
	}
	trained := time.Since(start)
	o.report(o.progress("validating", epoch, 0, mean.discriminator, mean.accuracy))
	synthesis, err := o.measure()
	if err != nil {
		return err
	}
	synthesis.GeneratorLoss = mean.generator
	samples, err := o.generate(samplesPerClass)
	if err != nil {
		return err
	}
	if err := o.SaveSamples(epoch, samples.Images); err != nil {
		return err
	}
	o.samples = samples.Images
	o.state.History = append(o.state.History, run.Epoch{Epoch: epoch, Loss: mean.discriminator, Accuracy: mean.accuracy, Rate: rate,
		Seconds: time.Since(start).Seconds(), ImagesPerSecond: float64(o.images) / trained.Seconds(), Synthesis: synthesis})
	return o.save(o.pair.variables)
}

// train does the steps of one epoch. It returns their mean and the last step's rate of the generator.
func (o *opposing) train(epoch int) (mean tally, rate float64, err error) {
	feed := newFeed(o.training, o.Recipe, epoch)
	defer feed.free()
	steps := feed.order.Shape().Size() / o.Recipe.Batch
	var sum tally
	for i := range steps {
		if err := o.interrupted(epoch); err != nil {
			return tally{}, 0, err
		}
		rate = o.rate(steps)
		t, err := o.pair.train(o.training, feed, i, o.state.Step, rate, rate*o.Recipe.GAN.Rate/o.Recipe.Optimizer.Rate)
		if err != nil {
			return tally{}, 0, err
		}
		if err := o.finite(t.discriminator+t.generator, rate, epoch); err != nil {
			return tally{}, 0, err
		}
		o.state.Step++
		sum.discriminator, sum.generator, sum.accuracy = sum.discriminator+t.discriminator, sum.generator+t.generator, sum.accuracy+t.accuracy
		n := float64(i + 1)
		mean = tally{sum.discriminator / n, sum.generator / n, sum.accuracy / n}
		if o.meter.step() {
			o.report(o.progress("training", epoch, i+1, mean.discriminator, mean.accuracy))
		}
	}
	return mean, rate, nil
}

// generate makes so many images of each class, class by class, of the same latents each time.
func (o *opposing) generate(perClass int) (fashion.Set, error) {
	return o.generator.Set(perClass, o.Recipe.Seed)
}

// measure tells how the averaged generator's images are.
func (o *opposing) measure() (s run.Synthesis, err error) {
	set, err := o.generate(o.measured)
	if err != nil {
		return s, err
	}
	seen, err := o.observer.Observe(set.Images)
	if err != nil {
		return s, err
	}
	made, err := metrics.FitNormal(seen.Features)
	if err != nil {
		return s, err
	}
	if s.Distance, err = metrics.FrechetDistance(made, o.real); err != nil {
		return s, err
	}
	for i, class := range set.Labels {
		if seen.Predicted(i) == class {
			s.Recognized += 1 / float64(set.Len())
		}
	}
	s.Spread = 1
	for class, real := range o.spread {
		if real > 0 {
			s.Spread = min(s.Spread, metrics.IntraClassDiversity(set.Of(fashion.Label(class)))/real)
		}
	}
	return s, nil
}

// finish has nothing to save: a GAN predicts nothing.
func (o *opposing) finish() error { return nil }
