package study

import "fashionlab/fashion/recipes"

// ingredient is something that is said to raise the accuracy.
type ingredient struct {
	name, folder string
	add          func(*recipes.Recipe)
}

// wholePixels is an augmentation that resamples nothing, so that training images are as sharp as those of the test: crops by up to 2 pixels, the alternating flip and the adopted cutout.
func wholePixels() recipes.Augmentation {
	return recipes.Augmentation{Flip: recipes.AlternatingFlip, Crop: 2, Cutout: AdoptedAugmentation().Cutout}
}

// largeErasing is an erased patch in every other image of up to 16 of 28 pixels each way, the size of DeVries and Taylor's cutout: 0.33 is the square of 16/28.
var largeErasing = recipes.Cutout{Count: 1, Probability: 0.5, Scale: recipes.Range{Low: 0.02, High: 0.33}}

// smoothing, decay and the others are the values that the literature trains with most.
const (
	smoothing = 0.1
	decay     = 0.999 // of the weights' average, which is about that of the last 1,000 steps; an epoch has 750
	dropPath  = 0.1
	squeeze   = 16
)

// ingredients lists them, the cheapest first.
func ingredients(r recipes.Recipe) []ingredient {
	epoch := r.Steps() / r.Epochs
	return []ingredient{
		{"label smoothing", "smoothing", func(r *recipes.Recipe) { r.Regularization.LabelSmoothing = smoothing }},
		{"EMA of the weights", "ema", func(r *recipes.Recipe) { r.Optimizer.EMA = decay }},
		{"warm-up of an epoch", "warmup", func(r *recipes.Recipe) { r.Schedule.Warmup = epoch }},
		{"one cycle", "one-cycle", func(r *recipes.Recipe) {
			r.Schedule = recipes.Schedule{Name: "one-cycle", MinLearningRate: r.Schedule.MinLearningRate}
		}},
		{"gradients clipped at norm 1", "clip", func(r *recipes.Recipe) { r.Optimizer.ClipNorm = 1 }},
		{"alternating flip", "alternating", func(r *recipes.Recipe) { r.Augmentation.Flip = recipes.AlternatingFlip }},
		{"whole pixels", "pixels", func(r *recipes.Recipe) { r.Augmentation = wholePixels() }},
		{"erasing up to 16 pixels", "erasing", func(r *recipes.Recipe) { r.Augmentation.Cutout = largeErasing }},
		{"stochastic depth", "drop-path", func(r *recipes.Recipe) { r.Model.DropPath = dropPath }},
		{"squeeze-and-excitation", "squeeze", func(r *recipes.Recipe) { r.Model.Squeeze = squeeze }},
		{"test-time augmentation", "tta", func(r *recipes.Recipe) { r.Model.FlipTTA, r.Model.ShiftTTA = true, true }},
		{"mixup", "mixup", func(r *recipes.Recipe) { r.Regularization.Mixup = 0.2 }},
		{"CutMix", "cutmix", func(r *recipes.Recipe) { r.Regularization.CutMix = 1 }},
		{"1.5 times wider", "wider", func(r *recipes.Recipe) { r.Model.Width = 48 }},
		{"wide residual network instead", "wideresnet", func(r *recipes.Recipe) {
			r.Model = recipes.Model{Name: "wideresnet", Dropout: r.Model.Dropout, Width: 2}
		}},
	}
}

// Ingredients is the residual network trained for 20 epochs at Full, then with each of the ingredients that are said to raise the accuracy: equal seeds, epochs, batches and images. What keeping the last epoch in
// place of the best does can be read in the history of each. Smoke leaves most out.
func Ingredients(p Profile) []Variant {
	base := Residual(p)
	if p == Full {
		base.Epochs = 20
	}
	list := []Variant{{"none", p.Run("ingredients/none"), base}}
	for i, added := range ingredients(base) {
		if p == Smoke && i > 1 {
			break
		}
		r := base
		added.add(&r)
		list = append(list, Variant{added.name, p.Run("ingredients/" + added.folder), r})
	}
	return list
}

// CNNStrong is the CNN, of fewer than 500,000 parameters, with the ingredients that cost a step next to nothing.
func CNNStrong(p Profile) recipes.Recipe {
	r := strong(CNNAugmented(p))
	if p == Full {
		r.Epochs = 60
	}
	return r
}

// ResidualStrong is the residual network 1.5 times wider, with the ingredients of CNNStrong and stochastic depth, for about three hours on two CPU cores: a step takes 1.95 times the processor time of one 32 channels wide. The last epoch is kept: no
// choice is made on the validation images.
func ResidualStrong(p Profile) recipes.Recipe {
	r := strong(Residual(p))
	r.Model.Width, r.Model.DropPath = 48, dropPath
	if p == Full {
		r.Epochs = 50
	}
	return r
}

// WideResNet is WRN-16-8, of 11 million parameters, as the authors of such networks train them on small images, with mixed images, for a GPU: an epoch is 0.34 PFLOP. Their weight decay of 5e-4 is 0.005 here, where it is decoupled and momentum multiplies the rate by 10.
func WideResNet(p Profile) recipes.Recipe {
	r := strong(Residual(p))
	r.Model = recipes.Model{Name: "wideresnet", Width: 2, FlipTTA: true, ShiftTTA: true}
	r.Optimizer = recipes.Optimizer{Name: "sgd", LearningRate: 0.1, Momentum: 0.9, Nesterov: true, WeightDecay: 0.005, EMA: decay}
	r.Regularization.CutMix, r.Batch = 1, 128
	if p == Full {
		r.Model.Depth, r.Model.Width, r.Epochs = 16, 8, 50
	}
	return r
}

// finalValidation is the fraction of the images that a final training leaves out: 600. It chooses nothing by them; they show whether it went wrong, and calibrate the network's confidence.
const finalValidation = 0.01

// final is a recipe that was fixed on the slides' split, with all else equal, trained on 59,400 of the 60,000 images instead of 48,000. The network of the last epoch is kept.
func final(r recipes.Recipe) recipes.Recipe {
	r.Data.Validation, r.Keep = finalValidation, recipes.LastEpoch
	return r
}

// ResidualFinal is ResidualStrong trained on almost all images.
func ResidualFinal(p Profile) recipes.Recipe { return final(ResidualStrong(p)) }

// WideResNetFinal is WideResNet trained on almost all images.
func WideResNetFinal(p Profile) recipes.Recipe { return final(WideResNet(p)) }

// CNNDistilled is CNNStrong that learns, beside the labels, what an ensemble of ResidualStrong with some seeds predicts: three at Full, one otherwise. The weight and the temperature are common ones and were not tuned.
func CNNDistilled(p Profile) recipes.Recipe {
	r := CNNStrong(p)
	d := recipes.Distillation{Teachers: p.Run("residual-strong"), Weight: 0.9, Temperature: 2}
	if p == Full {
		for seed := uint64(2); seed <= 3; seed++ {
			d.Teachers += " " + residualStrong(p).WithSeed(seed).Run
		}
	}
	r.Regularization.Distillation = d
	return r
}

func residualStrong(p Profile) Variant {
	return Variant{"the residual network with all ingredients", p.Run("residual-strong"), ResidualStrong(p)}
}

// AllImages is ResidualStrong, on the slides' split, and ResidualFinal, the same on almost all images.
func AllImages(p Profile) (slides, all Variant) {
	return residualStrong(p), Variant{"the same network on 59,400 images", p.Run("residual-final"), ResidualFinal(p)}
}

// Distilled is CNNStrong, which learns from the labels alone, and CNNDistilled, which learns from an ensemble too.
func Distilled(p Profile) (labels, ensemble Variant) {
	return Variant{"the labels alone", p.Run("cnn-strong"), CNNStrong(p)}, Variant{"one ensemble's predictions and the labels", p.Run("cnn-distilled"), CNNDistilled(p)}
}

// strong adds to a recipe with a cosine label smoothing, the average of the weights, a warm-up of an epoch, augmentation by whole pixels with large patches erased, and test-time augmentation. The
// last epoch is kept.
func strong(r recipes.Recipe) recipes.Recipe {
	r.Regularization.LabelSmoothing, r.Optimizer.EMA = smoothing, decay
	r.Augmentation = wholePixels()
	r.Augmentation.Cutout = largeErasing
	r.Model.FlipTTA, r.Model.ShiftTTA = true, true
	r.Keep = recipes.LastEpoch
	r.Schedule.Warmup = r.Steps() / r.Epochs
	return r
}
