package study

import (
	"fmt"
	"strings"

	"fashionlab/fashion/recipes"
)

// OwnClasses is the number of classes in the data set of the notebook on data of one's own: objects that package scene draws, half of them as line drawings.
const OwnClasses = 10

// OwnPictures is how many pictures of each kind there are for training and for testing.
func OwnPictures(p Profile) (train, test int) {
	switch p {
	case Smoke:
		return 10, 4
	case Quick:
		return 40, 20
	}
	return 80, 60
}

// ownLabels are the numbers of labels of each kind that are compared, the last of them all.
func ownLabels(p Profile) []int {
	switch p {
	case Smoke:
		return []int{10}
	case Quick:
		return []int{4, 12, 40}
	}
	return []int{4, 10, 20, 40, 80}
}

// OnOwnData reports whether a variant learns a data set of one's own, which its notebook makes; dataset.Source.For completes its recipe.
func (v Variant) OnOwnData() bool { return strings.Contains(v.Run, "/own/") }

// On is a variant on the data set that a run of it learned.
func (v Variant) On(d recipes.Data) Variant {
	v.Recipe.Data.Set, v.Recipe.Data.Size, v.Recipe.Model.Classes = d.Set, d.Size, OwnClasses
	if v.Recipe.Data.Limit >= d.Size {
		v.Recipe.Data.Limit = 0 // as dataset.Source.For has it
	}
	return v
}

// OwnData lists what the notebook on data of one's own trains: the model that it serves, two twins on images of Fashion-MNIST, and what FewLabels compares.
func OwnData(p Profile) []Variant {
	list := []Variant{OwnModel(p)}
	for _, kind := range []string{"idx", "png"} {
		list = append(list, OwnTwin(p, kind))
	}
	for _, few := range FewLabels(p) {
		list = append(list, few.FineTuned, few.Scratch)
	}
	return list
}

// own is a recipe of the study for so many images of the notebook's own data sets, which are few: in small batches over many epochs.
func own(r recipes.Recipe, images, epochs int) recipes.Recipe {
	r.Data.Limit = images
	r.Batch, r.Epochs = 16, epochs
	return cosine(r)
}

// OwnModel is the augmented CNN on all pictures.
func OwnModel(p Profile) Variant {
	train, _ := OwnPictures(p)
	epochs := map[Profile]int{Smoke: 3, Quick: 40, Full: 60}[p]
	return Variant{"CNN, with augmentation", p.Run("own/cnn-augmented"), own(CNNAugmented(p), OwnClasses*train, epochs)}
}

// TwinImages is how many training images of Fashion-MNIST the twins learn.
const TwinImages = 400

// OwnTwin is a small CNN on images of Fashion-MNIST that were saved in one of two kinds of files and read as a data set of one's own.
func OwnTwin(p Profile, kind string) Variant {
	r := own(CNN(p), TwinImages, 2)
	r.Model.Filters, r.Model.Hidden = 8, 32
	return Variant{kind, p.Run("own/fashion-" + kind), r}
}

// Few is the study's residual network with so many labels of each kind: from the weights of the published run on Fashion-MNIST, and from random ones.
type Few struct {
	Labels             int
	FineTuned, Scratch Variant
}

// FewLabels compares them from few labels to all. All layers are trained; the model is that of the last epoch, since a fifth of few labels is too few images to choose one by. Batch normalization has precise statistics on both sides.
func FewLabels(p Profile) (list []Few) {
	for _, labels := range ownLabels(p) {
		epochs := map[Profile]int{Smoke: 1, Quick: 20 + 160/labels, Full: 40 + 400/labels}[p] // of few images more, so that there are enough steps
		r := own(Residual(p), OwnClasses*labels, epochs)
		r.Keep, r.PreciseBN = recipes.LastEpoch, recipes.EnoughPreciseBN // in so few steps the running statistics lag behind: without these a network from scratch classified at random
		few := Few{Labels: labels, Scratch: Variant{fmt.Sprintf("from scratch, %d labels", labels), p.Run(fmt.Sprintf("own/labels-%d/scratch", labels)), r}}
		r.Model.Weights.Run = Full.Run("residual")
		few.FineTuned = Variant{fmt.Sprintf("fine-tuned, %d labels", labels), p.Run(fmt.Sprintf("own/labels-%d/fine-tuned", labels)), r}
		list = append(list, few)
	}
	return list
}
