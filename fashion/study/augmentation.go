package study

import "fashionlab/fashion/run"

// AdoptedAugmentation is the augmentation that the slides adopted: rotation, translation and cutout. The slides do not say how much of
// each. These strengths are the best of three that were tried on the validation images (19,200 training images, 15 epochs, cosine):
// 0.9225 with them, 0.9065 with three times the rotation and 2.5 times the translation, 0.9198 with noise in the erased patches;
// 0.9196 without augmentation.
func AdoptedAugmentation() run.Augmentation {
	return run.Augmentation{
		Rotation:          run.Within(0.01), // about 4 degrees
		TranslationHeight: run.Within(0.04), // about 1 pixel
		TranslationWidth:  run.Within(0.04),
		Cutout:            run.Cutout{Count: 1, Probability: 0.5, Scale: run.Range{Low: 0.02, High: 0.2}},
	}
}

// Considered is an augmentation that the slides list, by the name of Keras's layer.
type Considered struct {
	Name         string
	Augmentation run.Augmentation
	Adopted      bool
}

// Augmentations lists the augmentations that the slides considered, in their order.
func Augmentations() []Considered {
	return []Considered{
		{"RandomBrightness", run.Augmentation{Brightness: run.Within(0.2)}, false},
		{"RandomFlip", run.Augmentation{Flip: "horizontal"}, false},
		{"RandomRotation", run.Augmentation{Rotation: AdoptedAugmentation().Rotation}, true},
		{"RandomZoom", run.Augmentation{Zoom: run.Within(0.1)}, false},
		{"RandomTranslation", run.Augmentation{TranslationHeight: AdoptedAugmentation().TranslationHeight, TranslationWidth: AdoptedAugmentation().TranslationWidth}, true},
		{"RandomCutout", run.Augmentation{Cutout: AdoptedAugmentation().Cutout}, true},
		{"RandomContrast", run.Augmentation{Contrast: run.Within(0.3)}, false},
	}
}
