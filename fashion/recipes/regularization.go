package recipes

import (
	"fmt"
	"math"
	"strings"
)

// Regularization changes the targets that a classifier is trained on, or mixes its images, against overfitting. The zero value changes nothing, and so does each field's.
type Regularization struct {
	// LabelSmoothing is the fraction of a label that is spread evenly over all classes, [0, 1) (Szegedy et al., "Rethinking the Inception Architecture for Computer
	// Vision", 2016). The training loss is that of the smoothed labels, the validation loss is not.
	LabelSmoothing float64 `json:"label_smoothing,omitempty"`

	// Mixup and CutMix are the parameter alpha of the distribution Beta(alpha, alpha) from which each batch draws the fraction that an image keeps of itself; the
	// rest, and of the label as much, is another image's of the batch: of every pixel (Zhang et al., "mixup: Beyond Empirical Risk Minimization", 2018), or in a
	// rectangle (Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019). With both, a batch has either, with
	// a chance of 1/2.
	Mixup  float64 `json:"mixup,omitempty"`
	CutMix float64 `json:"cutmix,omitempty"`

	Distillation Distillation `json:"distillation,omitzero"`
}

// Distillation has a classifier, the student, learn what other networks predict (Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015). The teachers predict each training
// image once, as it is in the data set; the student sees it augmented. The loss of an image is
//
//	(1 - weight) * cross-entropy with the label + weight * temperature^2 * cross-entropy of softmax(student's logits / temperature) with the mean of the teachers' softmax(logits / temperature)
type Distillation struct {
	Teachers    string  `json:"teachers,omitempty"`    // the best epochs of finished runs, by their names (see run.Store.Path) with a space between two
	Published   bool    `json:"published,omitempty"`   // they are published runs
	Weight      float64 `json:"weight,omitempty"`      // [0, 1]; 0 is off
	Temperature float64 `json:"temperature,omitempty"` // above 0: the higher, the more counts how probable the teachers find the wrong classes
}

// Names are the teachers' runs.
func (d Distillation) Names() []string { return strings.Fields(d.Teachers) }

// Mixes reports whether images are mixed.
func (r Regularization) Mixes() bool { return r.Mixup > 0 || r.CutMix > 0 }

// maxAlpha is the largest parameter of mixup's and CutMix's distribution: with it three of four batches keep between 0.35 and 0.65.
const maxAlpha = 4

// rules lists what a regularization must satisfy.
func (r Regularization) rules() []rule {
	alpha := func(field string, a float64) rule {
		return rule{a >= 0 && a <= maxAlpha, "regularization." + field, a, fmt.Sprintf("a number in [0, %d]", maxAlpha)}
	}
	return []rule{
		{fraction(r.LabelSmoothing), "regularization.label_smoothing", r.LabelSmoothing, "a fraction in [0, 1)"},
		alpha("mixup", r.Mixup), alpha("cutmix", r.CutMix),
		{r.Distillation == Distillation{} || len(r.Distillation.Names()) > 0 && r.Distillation.Weight > 0 && r.Distillation.Weight <= 1 && r.Distillation.Temperature > 0 && !math.IsInf(r.Distillation.Temperature, 1),
			"regularization.distillation", r.Distillation, "teachers, a weight in (0, 1] and a temperature above 0; or nothing"},
	}
}

// LastEpoch is what Recipe.Keep is for the last epoch.
const LastEpoch = "last"
