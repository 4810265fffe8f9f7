// Package claims tests the slides' claims: which trainings each compares, the queue that makes them, the rule by which their saved predictions are judged, and the verdicts. It trains
// nothing and loads no backend.
package claims

import (
	"fmt"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Claim is a statement of the slides, or one of ours, that an experiment of several trainings tests.
type Claim struct {
	Name      string // in commands
	Statement string // as it is tested
	// Limitations is what these trainings do not test: what else the slides say or imply, and what all seeds share (see shared); "" if there is nothing.
	Limitations string
	Comparisons func(study.Profile) []Comparison // the first gives the claim's verdict
	// Secondary is a verdict on other measurements of these trainings at full size, in a sentence; nil if there are none.
	Secondary func(...run.Store) (string, error)
}

// Comparison compares two ways of training in one thing, on the same images and with the same seeds.
type Comparison struct {
	Variant, Baseline Side
	// Margin is what the accuracy of the variant less that of the baseline must exceed: 0, or a little less where the variant need not be better (a non-inferiority margin).
	Margin float64
}

// Name says what is compared.
func (c Comparison) Name() string {
	return c.Variant.Name + " vs. " + strings.TrimSuffix(c.Baseline.Name, ",")
}

// Side is what a comparison compares: one network or, with weights, some that vote.
type Side struct {
	Name    string
	Members func(seed uint64) []study.Variant // with the first, second, third seed
	Weights []float64                         // of the members in soft voting, fixed before anything was trained; nil for one network
}

// side is one network.
func side(v study.Variant) Side {
	return Side{Name: v.Name, Members: func(seed uint64) []study.Variant { return []study.Variant{v.WithSeed(seed)} }}
}

// All lists the claims: those whose trainings are cheap come first.
func All() []Claim {
	return []Claim{
		{"augmentation", "the adopted augmentations, rotation, translation and cutout, raise the accuracy", "", compareAugmentations, robustnessToo},
		{"plateau", "reducing the learning rate on a plateau, with a patience of one epoch, raises the accuracy over that of a constant one", "", compareSchedules, nil},
		{"gan", "generated images that are hard raise the accuracy more than any generated ones, on top of the real images", shared("The GAN"), compareSynthetic, nil},
		{"scratch", "training from scratch is more accurate than fine-tuning after pretraining on rotations of the same images (the slides' claim, about weights from other images, is not tested)",
			"The slides give as the reason that the pretraining images differ. Here they are the same, without their labels, so that this is not tested: ImageNet's weights do not come with the project. " +
				shared("The pretraining"), compareTransfer, nil},
		{"ensemble", "the ensemble of the slides' three models is more accurate than the CNN alone", shared("ConvNeXt's pretraining"), compareEnsembles, nil},
		{"cnn", fmt.Sprintf("a plain CNN is a viable choice: it loses less than %v to the ensemble", viable), shared("ConvNeXt's pretraining"), compareCNN, nil},
		{"ingredients", "label smoothing raises the accuracy of a small residual network, and so do other ingredients of its training (no slide says so)", "", compareIngredients, nil},
		{"all-images", "training on 59,400 images, almost all, raises the accuracy over the slides' split of 48,000 (no slide says so)", "", compareAllImages, nil},
		{"distillation", "a network of fewer than 500,000 parameters learns more from an ensemble's predictions and the labels than from the labels alone (no slide says so)", shared("The ensemble of teachers"), compareDistilled, nil},
		{"stem", "ResNet50 is more accurate with a stem that keeps the image's size (no slide says so)", "", compareStems, nil},
	}
}

// shared says that the seeds of trainings share one that precedes them, so that the intervals lack its variance.
func shared(training string) string {
	return training + " is the same for all seeds: the intervals do not include by how much another would change the result."
}

// viable is the accuracy that a viable choice, or a student, may lose: about what the slides' CNN lost to their ensemble, 0.911 - 0.9016.
const viable = 0.01

// ByName is the claim of that name.
func ByName(name string) (Claim, error) {
	var names []string
	for _, c := range All() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Claim{}, fmt.Errorf("claim is %q, want one of %s", name, strings.Join(names, ", "))
}

// over compares each of some variants with a baseline.
func over(baseline study.Variant, variants ...study.Variant) (list []Comparison) {
	for _, v := range variants {
		list = append(list, Comparison{Variant: side(v), Baseline: side(baseline)})
	}
	return list
}

func compareAugmentations(p study.Profile) []Comparison {
	all := study.AugmentationAblation(p)
	return over(all[0], all[1:]...)
}

func compareSchedules(p study.Profile) []Comparison {
	all := study.Schedules(p)
	plateau, constant, others := all[0], all[1], all[2:]
	return append(over(constant, append([]study.Variant{plateau}, others...)...), over(others[0], plateau)...) // the first of the others is the cosine
}

func compareSynthetic(p study.Profile) []Comparison {
	all := slices.Concat(study.SyntheticAblation(p), study.SyntheticOnTop(p))
	of := func(run string) study.Variant {
		name := p.Run("synthetic/" + run + "-seed-1")
		return all[slices.IndexFunc(all, func(v study.Variant) bool { return v.Run == name })]
	}
	none, longer, anyOnTop, hardOnTop := of("none"), of("none-longer"), of("any-on-top"), of("hard-on-top")
	anyReplaces, hardReplaces := of("any-25"), of("difficult-25")
	return slices.Concat(over(anyOnTop, hardOnTop), over(none, hardOnTop, anyOnTop), over(longer, hardOnTop, anyOnTop),
		over(anyReplaces, hardReplaces), over(none, hardReplaces, anyReplaces))
}

// compareTransfer compares from scratch with transfer first for all images that there are, then for fewer and fewer labels.
func compareTransfer(p study.Profile) (list []Comparison) {
	for _, s := range study.TransferByLabels(p) {
		list = append(list, over(s.All, s.Scratch)...)
		list = append(list, over(s.Head, s.Scratch)...)
	}
	return list
}

func compareIngredients(p study.Profile) []Comparison {
	all := study.Ingredients(p)
	return over(all[0], all[1:]...)
}

func compareAllImages(p study.Profile) []Comparison {
	slides, all := study.AllImages(p)
	return over(slides, all)
}

// compareDistilled compares a student with the same network without teachers, and at Full with its teachers.
func compareDistilled(p study.Profile) []Comparison {
	labels, student := study.Distilled(p)
	list := over(labels, student)
	if p == study.Full {
		all := study.SourcesOf(student.Recipe, p)
		teachers := Side{"its teachers, the same for each seed,", func(seed uint64) []study.Variant { // the one with the student's seed first
			first := int(seed-1) % len(all)
			return slices.Concat(all[first:], all[:first])
		}, slices.Repeat([]float64{1}, len(all))}
		list = append(list, Comparison{side(student), teachers, -viable})
	}
	return list
}

// network is a recipe of the study with some seed.
type network struct {
	name, run string
	recipe    func(study.Profile) recipes.Recipe
}

var (
	cnn      = network{"the CNN", "cnn-augmented", study.CNNAugmented}
	resNet50 = network{"ResNet50", "resnet50-augmented", study.ResNet50Augmented}
	convNeXt = network{"ConvNeXt from rotations", "convnext-transfer", func(p study.Profile) recipes.Recipe { return study.Transfer(p, 0) }}
	residual = network{"the residual network", "residual", study.Residual}
	longer   = network{"the residual network, trained longer,", "residual-long", study.ResidualLonger}
)

func (n network) seeded(p study.Profile, seed uint64) study.Variant {
	v := study.Variant{Name: n.name, Run: p.Run(n.run), Recipe: n.recipe(p)}
	if seed == 2 && n.run == residual.run {
		return study.Variant{Name: n.name, Run: p.Run("residual-again"), Recipe: study.ResidualSeed2(p)} // that was trained before
	}
	return v.WithSeed(seed)
}

// alone is a network by itself.
func (n network) alone(p study.Profile) Side {
	return Side{Name: n.name, Members: func(seed uint64) []study.Variant { return []study.Variant{n.seeded(p, seed)} }}
}

// slidesThree is the ensemble of the slides' models, each by our best recipe, with the slide's weights.
func slidesThree(p study.Profile) Side {
	return Side{"the slides' three models", func(seed uint64) []study.Variant {
		return []study.Variant{cnn.seeded(p, seed), resNet50.seeded(p, seed), convNeXt.seeded(p, seed)}
	}, []float64{study.SlideOf("cnn").Weight, study.SlideOf("resnet50").Weight, study.SlideOf("convnext").Weight}}
}

// compareEnsembles compares ensembles, whose weights are fixed beforehand, with one of their members; last with a second seed in place of other networks.
func compareEnsembles(p study.Profile) []Comparison {
	twoSeeds := Side{"two seeds of the residual network", func(seed uint64) []study.Variant {
		return []study.Variant{residual.seeded(p, seed), residual.seeded(p, seed+otherSeeds)}
	}, []float64{1, 1}}
	four := Side{"our four networks, equally weighted,", func(seed uint64) []study.Variant {
		return []study.Variant{cnn.seeded(p, seed), residual.seeded(p, seed), residual.seeded(p, seed+otherSeeds), longer.seeded(p, seed)}
	}, []float64{1, 1, 1, 1}}
	return []Comparison{{Variant: slidesThree(p), Baseline: cnn.alone(p)}, {Variant: four, Baseline: longer.alone(p)}, {Variant: twoSeeds, Baseline: residual.alone(p)}}
}

// otherSeeds is by how much the second seed of an ensemble is larger than the first, so that no two of its seeds share a run.
const otherSeeds = 3

func compareCNN(p study.Profile) (list []Comparison) {
	for _, other := range []Side{slidesThree(p), residual.alone(p), resNet50.alone(p)} {
		list = append(list, Comparison{cnn.alone(p), other, -viable})
	}
	return list
}

func compareStems(p study.Profile) []Comparison {
	small := study.ResNet50SmallStem(p)
	small.Epochs = study.ResNet50Augmented(p).Epochs
	return over(resNet50.seeded(p, 1), study.Variant{Name: "ResNet50 with a small stem", Run: p.Run("stem/small"), Recipe: small})
}

// Seeds is how many seeds each side of a comparison is trained with at a profile. A claim is judged at Full.
func Seeds(p study.Profile) int {
	if p == study.Full {
		return leastSeeds
	}
	return 1
}
