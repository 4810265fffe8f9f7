package growth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// keepImages keeps a data set of which n images are trained on, in a private folder of its own, and returns its digest. Its images are Fashion-MNIST's, as many of each class, repeated where there are not
// enough.
func keepImages(dir string, n int) (digest string, err error) {
	from, err := fashion.FindDir()
	if err != nil {
		return "", err
	}
	if err := os.Setenv("FASHIONLAB_HOME", dir); err != nil {
		return "", err
	}
	kept, err := os.ReadDir(filepath.Join(dir, "datasets"))
	if err == nil { // by another task's process
		return kept[0].Name(), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	all, err := fashion.LoadTrain(from)
	if err != nil {
		return "", err
	}
	var d dataset.DataSet
	var of [fashion.NumClasses][]fashion.Image
	for c := range of {
		of[c] = all.Of(fashion.Label(c))
		d.Train.Classes = append(d.Train.Classes, fashion.Label(c).String())
	}
	total := int(float64(n) / (1 - imagesRecipe.Data.Validation))
	d.Train.Images = make([]fashion.Image, total)
	for i := range total {
		c := i % len(of)
		d.Train.Images[i] = of[c][i/len(of)%len(of[c])]
		d.Train.Labels = append(d.Train.Labels, fashion.Label(c))
	}
	d.Test = d.Train.Take([]int{0})
	if err := d.Check("Fashion-MNIST"); err != nil {
		return "", err
	}
	source, err := dataset.Keep(d)
	return source.Digest, err
}

// imagesRecipe trains the profile quick's CNN with augmentation.
var imagesRecipe = study.CNNAugmented(study.Quick)

// recipeOf is imagesRecipe on the data set of a digest.
func recipeOf(digest string) (recipes.Recipe, error) {
	s, err := dataset.Open(digest)
	return s.For(imagesRecipe), err
}

// loadImages opens the images of a data set as a training does.
func loadImages(given input) (*session.Images, recipes.Recipe, error) {
	r, err := recipeOf(given.made)
	if err != nil {
		return nil, r, err
	}
	images, err := session.Load(context.Background(), r.Data, nil, nil)
	return images, r, err
}

// openImages reads the images, checks their digest, divides them and brings the training images into one tensor.
func openImages(ctx context.Context, p *point, given input) error {
	return p.repeat(ctx, func() error {
		images, _, err := loadImages(given)
		if err == nil {
			p.N = images.Training.Set.Len()
		}
		return err
	})
}

// prepareEpoch puts the images into an order and draws what augmentation does to each.
func prepareEpoch(ctx context.Context, p *point, given input) error {
	images, r, err := loadImages(given)
	if err != nil {
		return err
	}
	p.N = images.Training.Set.Len()
	return p.repeat(ctx, func() error {
		f := session.NewFeed(images.Training, r, 1)
		f.Free()
		if steps := (p.N + r.Batch - 1) / r.Batch; f.Steps != steps {
			return fmt.Errorf("the epoch has %d steps, want %d", f.Steps, steps)
		}
		return nil
	})
}

const (
	stepTurns = 3  // of a training step
	turnSteps = 20 // whose median counts
)

// trainingStep trains with batches of the recipe.
func trainingStep(ctx context.Context, p *point, given input) error {
	r, err := recipeOf(given.made)
	if err != nil {
		return err
	}
	p.N = r.Data.TrainingImages()
	s, err := train.NewStepper(r)
	if err != nil {
		return err
	}
	for range stepTurns {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		ms, err := s.Time(turnSteps)
		if err != nil {
			return err
		}
		p.Seconds = append(p.Seconds, bench.Median(ms)/1000)
	}
	p.Peak = device.PeakMemory()
	return nil
}

// predictImages classifies all training images by a network that has learned nothing, which takes as long as one that has.
func predictImages(ctx context.Context, p *point, given input) error {
	images, r, err := loadImages(given)
	if err != nil {
		return err
	}
	m, err := infer.Untrained(r)
	if err != nil {
		return err
	}
	p.N = images.Training.Set.Len()
	if err := m.Compile(p.N); err != nil {
		return err
	}
	return p.repeat(ctx, func() error {
		found, err := m.Predict(images.Training.Set)
		if err != nil {
			return err
		}
		return p.has(len(found.Probabilities))
	})
}
