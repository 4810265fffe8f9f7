package study

import "fashionlab/fashion/recipes"

// AdoptedAugmentation is the augmentation that the slides adopted: rotation, translation and cutout. The slides do not say how much of
// each. These strengths are the best of three that were tried on the validation images (19,200 training images, 15 epochs, cosine):
// 0.9225 with them, 0.9065 with three times the rotation and 2.5 times the translation, 0.9198 with noise in the erased patches;
// 0.9196 without augmentation.
func AdoptedAugmentation() recipes.Augmentation {
	return recipes.Augmentation{
		Rotation:          recipes.Within(0.01), // about 4 degrees
		TranslationHeight: recipes.Within(0.04), // about 1 pixel
		TranslationWidth:  recipes.Within(0.04),
		Cutout:            recipes.Cutout{Count: 1, Probability: 0.5, Scale: recipes.Range{Low: 0.02, High: 0.2}},
	}
}

// Considered is an augmentation that the slides list, by the name of Keras's layer.
type Considered struct {
	Name         string
	Augmentation recipes.Augmentation
	Adopted      bool
}

// Augmentations lists the augmentations that the slides considered, in their order.
func Augmentations() []Considered {
	return []Considered{
		{"RandomBrightness", recipes.Augmentation{Brightness: recipes.Within(0.2)}, false},
		{"RandomFlip", recipes.Augmentation{Flip: "horizontal"}, false},
		{"RandomRotation", recipes.Augmentation{Rotation: AdoptedAugmentation().Rotation}, true},
		{"RandomZoom", recipes.Augmentation{Zoom: recipes.Within(0.1)}, false},
		{"RandomTranslation", recipes.Augmentation{TranslationHeight: AdoptedAugmentation().TranslationHeight, TranslationWidth: AdoptedAugmentation().TranslationWidth}, true},
		{"RandomCutout", recipes.Augmentation{Cutout: AdoptedAugmentation().Cutout}, true},
		{"RandomContrast", recipes.Augmentation{Contrast: recipes.Within(0.3)}, false},
	}
}
