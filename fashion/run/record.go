package run

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
)

// Epoch is the outcome of one pass over the training split. Of a GAN, loss and accuracy are the discriminator's: how well it distinguishes real images from generated
// ones; there is no validation loss and accuracy, but a Synthesis.
type Epoch struct {
	Epoch              int     `json:"epoch"`               // 1 for the first
	Loss               float64 `json:"loss"`                // mean training loss in nats, dropout on, during the epoch: the cross-entropy or the recipe's own, with smoothed or mixed labels if it has them
	Accuracy           float64 `json:"accuracy"`            // fraction, training, likewise
	ValidationLoss     float64 `json:"validation_loss"`     // nats, after the epoch
	ValidationAccuracy float64 `json:"validation_accuracy"` // fraction, after the epoch
	LearningRate       float64 `json:"rate"`                // learning rate of the epoch's last step
	Seconds            float64 `json:"seconds"`             // wall time of the epoch, validation included
	ImagesPerSecond    float64 `json:"images_per_second"`   // training only

	// RunningAccuracy is the validation accuracy with the running averages of batch normalization, where ValidationAccuracy is that with precise statistics: see recipes.Recipe.PreciseBN.
	RunningAccuracy float64 `json:"running_validation_accuracy,omitempty"`

	Synthesis Synthesis `json:"synthesis,omitzero"` // of a GAN
}

// Exploded reports whether the training loss is ten times what guessing among 1,000 classes would cost, or more: the learning rate is too high.
func (e Epoch) Exploded() bool { return e.Loss > 10*math.Log(1000) }

// MostAccurate is the epoch of the best validation accuracy, the first of equals, of a history that has one.
func MostAccurate(history []Epoch) Epoch {
	return slices.MaxFunc(history, func(a, b Epoch) int { return cmp.Compare(a.ValidationAccuracy, b.ValidationAccuracy) })
}

// LastOf is the last epoch of a history that has one.
func LastOf(history []Epoch) Epoch { return history[len(history)-1] }

// Closest is the epoch of a GAN whose images were closest to real ones, the first of equals, of a history that has one.
func Closest(history []Epoch) Epoch {
	return slices.MinFunc(history, func(a, b Epoch) int { return cmp.Compare(a.Synthesis.FrechetDistance, b.Synthesis.FrechetDistance) })
}

// Synthesis measures the images that a GAN makes after an epoch.
type Synthesis struct {
	GeneratorLoss      float64 `json:"generator_loss"` // mean over the epoch's steps
	FrechetDistance    float64 `json:"distance"`       // Fréchet distance to validation images, in the features of the published residual network
	ClassifierAccuracy float64 `json:"recognized"`     // fraction of the images that this network assigns to the class that was asked for
	Diversity          float64 `json:"spread"`         // mean distance between images of a class, as a fraction of that of real ones; the least of the classes
}

// ModeCollapse reports whether the images of some class have become almost the same.
func (s Synthesis) ModeCollapse() bool { return s != Synthesis{} && s.Diversity < 0.4 }

// Progress is what a training reports while it works.
type Progress struct {
	Recipe          recipes.Recipe
	History         []Epoch         // finished epochs
	Epoch           int             // the epoch under way, 1 for the first
	Step, Steps     int             // steps done in it, of so many; synthetic images that are made, while they are
	Loss, Accuracy  float64         // running means over the epoch's steps so far
	ImagesPerSecond float64         // of this process so far, training only
	TimeLeft        time.Duration   // estimated time to the end of the training; 0 if not known yet
	Samples         []fashion.Image // of a GAN: what it makes of the same latents after each epoch, class by class
	Stage           string          // "synthesizing", "compiling", "training", "validating", "done"
}

// Computer is where epochs were computed.
type Computer struct {
	Device  string `json:"device"`           // for example "cpu: Intel(R) Xeon(R), 2 cores" or "NVIDIA H100 80GB HBM3"
	Driver  string `json:"driver,omitempty"` // of a GPU, for example "580.65.06"
	Backend string `json:"backend"`          // for example "xla:cpu, PJRT 0.115"
}

// Stretch is the epochs of a run that were computed in one place.
type Stretch struct {
	Computer
	Last int `json:"last_epoch"` // 1 for the run's first
}

// ComputedOn records where a run resumes after so many epochs. It reports whether the last of them was computed on another device or by another driver, which
// round otherwise, and returns that device; the record keeps where.
func (r *Record) ComputedOn(c Computer, epochs int) (before string, moved bool) {
	last, elsewhere := r.Computer, len(r.Before)
	if elsewhere > 0 && r.Before[elsewhere-1].Last >= epochs { // no epoch was finished since
		elsewhere--
		last = r.Before[elsewhere].Computer
	}
	moved = epochs > 0 && last.Device != "" && (last.Device != c.Device || last.Driver != c.Driver)
	r.Before = r.Before[:elsewhere]
	if moved {
		r.Before = append(r.Before, Stretch{last, epochs})
	}
	r.Computer = c
	return last.Device, moved
}

// Devices names all devices of a run, for example "cpu: AMD EPYC, 2 cores (to epoch 3), then NVIDIA H100 80GB HBM3".
func (r Record) Devices() string {
	text := ""
	for _, s := range r.Before {
		text += fmt.Sprintf("%s (to epoch %d), then ", s.Device, s.Last)
	}
	return text + r.Device
}

// Record is what happened in a run.
type Record struct {
	Started        time.Time         `json:"started"`
	Finished       time.Time         `json:"finished,omitzero"`
	Seconds        float64           `json:"seconds"`         // time spent working, over all processes that resumed it
	CompileSeconds float64           `json:"compile_seconds"` // likewise, of it in compiling
	Computer                         // where the last epochs were computed
	Before         []Stretch         `json:"before,omitempty"` // where the epochs before them were, if elsewhere, in order
	GoVersion      string            `json:"go_version"`
	Modules        map[string]string `json:"modules"`               // versions of the modules that decide results
	Data           map[string]string `json:"data"`                  // sha256 of the data files' decompressed bytes
	Parameters     int               `json:"parameters"`            // trainable ones
	PeakMemory     int64             `json:"peak_memory,omitempty"` // bytes that the process had in memory at most, where the system tells
	BestEpoch      int               `json:"best_epoch"`            // of the best validation accuracy, or the last, as the recipe says; of a GAN, that whose images are closest to real ones
	Resumed        int               `json:"resumed"`               // how many times it was continued after an interruption
	TestOpened     []time.Time       `json:"test_opened,omitempty"`
	Classes        fashion.Classes   `json:"classes,omitempty"` // of a data set that is not Fashion-MNIST
	Fit            string            `json:"fit,omitempty"`     // how its pictures were brought to one size, see package pictures
}
