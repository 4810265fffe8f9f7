package study

import (
	"fmt"
	"slices"
	"strings"
)

// Claim is a statement of the slides, or one of ours, that an experiment of several trainings tests.
type Claim struct {
	Name      string // in commands
	Statement string // as it is tested
	// Beyond is what else the slides say or imply, which these trainings do not test; "" if there is nothing.
	Beyond      string
	Comparisons func(Profile) []Comparison // the first gives the claim's verdict
}

// Comparison compares two ways of training in one thing, on the same images and with the same seeds.
type Comparison struct {
	Variant, Baseline Side
	// Above is what the claim says that the accuracy of the variant less that of the baseline is above: 0, or a little less where the variant need not be better (a non-inferiority margin).
	Above float64
}

// Name says what is compared.
func (c Comparison) Name() string { return c.Variant.Name + " over " + c.Baseline.Name }

// Side is what a comparison compares: one network or, with weights, some that vote.
type Side struct {
	Name    string
	Members func(seed uint64) []Variant // with the first, second, third seed
	Weights []float64                   // of the members in soft voting, fixed before anything was trained; nil for one network
}

// side is one network.
func side(v Variant) Side {
	return Side{Name: v.Name, Members: func(seed uint64) []Variant { return []Variant{v.WithSeed(seed)} }}
}

// Claims lists the claims: those whose trainings are cheap come first.
func Claims() []Claim {
	return []Claim{
		{"augmentation", "the adopted augmentations, rotation, translation and cutout, raise the accuracy", "", compareAugmentations},
		{"plateau", "reducing the learning rate on a plateau, with a patience of one epoch, raises the accuracy over that of a constant one", "", compareSchedules},
		{"gan", "generated images that are hard raise the accuracy more than any generated ones, on top of the real images", "", compareSynthetic},
		{"scratch", "training from scratch beats transfer learning", "The slides give as the reason that the pretraining images differ. " +
			"Here the weights come from the same images, without their labels, so that this is not tested; ImageNet's weights do not come with the project.", compareTransfer},
		{"ensemble", "the ensemble of the slides' three models is more accurate than the CNN alone", "", compareEnsembles},
		{"cnn", fmt.Sprintf("a plain CNN is a viable choice: it loses less than %v to the ensemble", viable), "", compareCNN},
		{"stem", "ResNet50 is more accurate with a stem that keeps the image's size (no slide says so)", "", compareStems},
	}
}

// viable is the accuracy that a viable choice may lose: about what the slides' CNN lost to their ensemble, 0.911 - 0.9016.
const viable = 0.01

// ClaimByName is the claim of that name.
func ClaimByName(name string) (Claim, error) {
	var names []string
	for _, c := range Claims() {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Claim{}, fmt.Errorf("claim is %q, want one of %s", name, strings.Join(names, ", "))
}

// over compares each of some variants with a baseline.
func over(baseline Variant, variants ...Variant) (list []Comparison) {
	for _, v := range variants {
		list = append(list, Comparison{Variant: side(v), Baseline: side(baseline)})
	}
	return list
}

func compareAugmentations(p Profile) []Comparison {
	all := AugmentationAblation(p)
	return over(all[0], all[1:]...)
}

func compareSchedules(p Profile) []Comparison {
	all := Schedules(p)
	plateau, constant, others := all[0], all[1], all[2:]
	return append(over(constant, append([]Variant{plateau}, others...)...), over(others[0], plateau)...) // the first of the others is the cosine
}

func compareSynthetic(p Profile) []Comparison {
	of := map[string]Variant{}
	for _, v := range slices.Concat(SyntheticAblation(p), SyntheticOnTop(p)) {
		if v.Recipe.Seed == 1 {
			of[v.Name] = v
		}
	}
	none, longer, anyOnTop, hardOnTop := of[string(RealOnly)], of[realLonger], of[onTopName(false)], of[onTopName(true)]
	anyReplaces, hardReplaces := of[variantName(onTop, false)], of[variantName(onTop, true)]
	return slices.Concat(over(anyOnTop, hardOnTop), over(none, hardOnTop, anyOnTop), over(longer, hardOnTop, anyOnTop),
		over(anyReplaces, hardReplaces), over(none, hardReplaces, anyReplaces))
}

// compareTransfer compares from scratch with transfer first for all images that there are, then for fewer and fewer labels.
func compareTransfer(p Profile) (list []Comparison) {
	for _, s := range TransferByLabels(p) {
		list = append(list, over(s.All, s.Scratch)...)
		list = append(list, over(s.Head, s.Scratch)...)
	}
	return list
}

// seeded is the variant of a recipe's run.
func (p Profile) seeded(name, recipe string, seed uint64) Variant {
	v := Variant{name, p.Run(recipe), byName[recipe](p)}
	if recipe == "residual" && seed == 2 {
		v.Run = p.Run("residual-again") // the same recipe, which an ensemble has had before
		v.Recipe.Seed = seed
	}
	return v.WithSeed(seed)
}

// one is a recipe's network.
func (p Profile) one(name, recipe string) Side {
	return Side{Name: name, Members: func(seed uint64) []Variant { return []Variant{p.seeded(name, recipe, seed)} }}
}

// slidesThree is the ensemble of the slides' models, each by our best recipe, with the slide's weights.
func (p Profile) slidesThree() Side {
	return Side{"the slides' three models", func(seed uint64) []Variant {
		return []Variant{p.seeded("CNN", "cnn-augmented", seed), p.seeded("ResNet50", "resnet50-augmented", seed), p.seeded("ConvNeXt", "convnext-transfer", seed)}
	}, []float64{SlideOf("cnn").Weight, SlideOf("resnet50").Weight, SlideOf("convnext").Weight}}
}

// compareEnsembles compares ensembles, whose weights are fixed beforehand, with what is the best of their members on validation images; last with a second seed in place of other
// networks.
func compareEnsembles(p Profile) []Comparison {
	cnn, residual, longer := p.one("the CNN", "cnn-augmented"), p.one("the residual network", "residual"), p.one("the residual network, trained longer", "residual-long")
	second := func(seed uint64) Variant { return p.seeded("residual, other seed", "residual", seed+otherSeeds) }
	twoSeeds := Side{"two seeds of the residual network", func(seed uint64) []Variant {
		return []Variant{p.seeded("residual", "residual", seed), second(seed)}
	}, []float64{1, 1}}
	four := Side{"our four networks, equally weighted,", func(seed uint64) []Variant {
		return []Variant{p.seeded("CNN", "cnn-augmented", seed), p.seeded("residual", "residual", seed), second(seed), p.seeded("residual, longer", "residual-long", seed)}
	}, []float64{1, 1, 1, 1}}
	return []Comparison{{Variant: p.slidesThree(), Baseline: cnn}, {Variant: four, Baseline: longer}, {Variant: twoSeeds, Baseline: residual}}
}

// otherSeeds is by how much the second seed of an ensemble is larger than the first, so that no two of its seeds share a run.
const otherSeeds = 3

func compareCNN(p Profile) []Comparison {
	cnn := p.one("the CNN", "cnn-augmented")
	return []Comparison{{cnn, p.slidesThree(), -viable}, {cnn, p.one("the residual network", "residual"), -viable}, {cnn, p.one("ResNet50", "resnet50-augmented"), -viable}}
}

func compareStems(p Profile) []Comparison {
	large, small := ResNet50Augmented(p), ResNet50SmallStem(p)
	small.Epochs = large.Epochs
	return over(Variant{"ResNet50", p.Run("resnet50-augmented"), large}, Variant{"ResNet50 with a small stem", p.Run("stem/small"), small})
}

// Seeds is how many seeds each side of a claim's comparison is trained with at a profile. A claim is judged at Full.
func (p Profile) Seeds() int {
	if p == Full {
		return leastSeeds
	}
	return 1
}

// WithSeed is a variant with another seed, in a run of its own; the variant itself if the seed is its recipe's.
func (v Variant) WithSeed(seed uint64) Variant {
	if seed == v.Recipe.Seed {
		return v
	}
	if name, ok := strings.CutSuffix(v.Run, fmt.Sprintf("-seed-%d", v.Recipe.Seed)); ok {
		v.Run = fmt.Sprintf("%s-seed-%d", name, seed) // as SyntheticAblation names runs
	} else {
		v.Run += fmt.Sprintf("-seed%d", seed)
	}
	v.Recipe.Seed = seed
	return v
}
