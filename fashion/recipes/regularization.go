package recipes

// Regularization changes what a classifier is to answer in training, against overfitting. The zero value changes nothing, and so does each field's.
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
}

// Mixes reports whether images are mixed.
func (r Regularization) Mixes() bool { return r.Mixup > 0 || r.CutMix > 0 }

// maxAlpha is the largest parameter of mixup's and CutMix's distribution: with it three of four batches keep between 0.35 and 0.65.
const maxAlpha = 4

// rules lists what a regularization must satisfy.
func (r Regularization) rules() []rule {
	alpha := func(field string, a float64) rule {
		return rule{a >= 0 && a <= maxAlpha, "regularization." + field, a, "a number in [0, 4]"}
	}
	return []rule{
		{in(r.LabelSmoothing, 0, 1), "regularization.label_smoothing", r.LabelSmoothing, "a fraction in [0, 1)"},
		alpha("mixup", r.Mixup), alpha("cutmix", r.CutMix),
	}
}

// LastEpoch is what Recipe.Keep is for the last epoch.
const LastEpoch = "last"
