package study

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// SyntheticAblation is the CNN trained on real images, on generated images alone, and on mixtures of both with different fractions of random or of hard
// generated images, all with equal steps and validation images. The generated images come from the published GAN. Full has three seeds of each, and one of
// generated images alone. The accuracy of that one on real images is the classification accuracy score of Ravuri and Vinyals, "Classification Accuracy Score
// for Conditional Generative Models" (2019), here with the CNN and on validation images.
func SyntheticAblation(p Profile) []Variant {
	base := small(p, 5000, 3)
	base.Schedule = recipes.Schedule{}
	seeds, fractions := 1, []float64{0.25}
	if p == Full {
		base.Epochs, seeds, fractions = 6, 3, []float64{0.05, 0.1, 0.25, 0.5}
		base = cosine(base)
	}
	var variants []Variant
	add := func(name, folder string, s recipes.Synthetic) {
		for seed := range seeds {
			r := base
			r.Data.Synthetic, r.Seed = s, uint64(seed+1)
			variants = append(variants, Variant{name, p.Run(fmt.Sprintf("synthetic/%s-seed-%d", folder, seed+1)), r})
		}
	}
	gan := recipes.Synthetic{Run: Full.Run("gan"), Published: true}
	add(string(RealOnly), "none", recipes.Synthetic{})
	for _, fraction := range fractions {
		gan.Fraction = fraction
		for _, hard := range []bool{false, true} {
			gan.Hard = hard
			folder := map[bool]string{false: "any", true: "difficult"}[hard] // as runs have been named
			add(variantName(fraction, hard), fmt.Sprintf("%s-%.0f", folder, 100*fraction), gan)
		}
	}
	if p != Smoke {
		gan.Fraction, gan.Hard, seeds = 1, false, 1
		add(string(GeneratedOnly), "only", gan)
	}
	return variants
}

// SyntheticOnTop is the CNN of SyntheticAblation with generated images that replace no real ones: a quarter of each epoch's images are generated and there are a third more epochs, so
// that each real image is seen as often as without. The first variant has as many epochs, and real images only. Only the first seed.
func SyntheticOnTop(p Profile) []Variant {
	base := SyntheticAblation(p)[0].Recipe
	base.Epochs = (4*base.Epochs + 2) / 3
	variants := []Variant{{"real images only, as many steps as with generated ones on top", p.Run("synthetic/none-longer-seed-1"), base}}
	for _, hard := range []bool{false, true} {
		r, kind := base, map[bool]string{false: "any", true: "hard"}[hard]
		r.Data.Synthetic = recipes.Synthetic{Run: Full.Run("gan"), Published: true, Fraction: 0.25, Hard: hard}
		variants = append(variants, Variant{kind + " generated images on top", p.Run("synthetic/" + kind + "-on-top-seed-1"), r})
	}
	return variants
}

// variantName is the name of a mixture of real and generated images.
func variantName(fraction float64, hard bool) string {
	return fmt.Sprintf("%.0f%% %s generated ones", 100*fraction, map[bool]string{false: "any", true: "hard"}[hard])
}

// SyntheticResult is what one training of the ablation reached, measured on real validation images.
type SyntheticResult struct {
	Variant        string  `json:"mixture"`   // the variant's name, the same for all seeds
	Fraction       float64 `json:"share"`     // of an epoch's images that are generated
	Hard           bool    `json:"difficult"` // the generated images are hard examples
	Seed           uint64  `json:"seed"`
	Accuracy       float64 `json:"accuracy"` // on all validation images
	ShirtConfusion float64 `json:"shirts"`   // fraction of the T-shirts and shirts that are confused with each other
	ECE            float64 `json:"ece"`      // expected calibration error, 15 bins
	PhotoAccuracy  float64 `json:"photos"`   // on photos rendered of the first validation images in all scenes, see scene.Scenes
}

// SyntheticResults are the results of the ablation. The first is of the baseline, which is trained on real images only.
type SyntheticResults []SyntheticResult

const (
	tShirt fashion.Label = 0
	shirt  fashion.Label = 6

	reliabilityBins = 15
	photoSeed       = 1 // of what the scenes draw
)

// PhotoItems is the number of validation images that photos are rendered of at a profile, in each of nine scenes.
func PhotoItems(p Profile) int {
	return map[Profile]int{Smoke: 10, Quick: 30, Full: 1000}[p]
}

// EvaluateSynthetic evaluates finished trainings of the ablation, in their order. Photos are rendered of the first items of the validation images, the same for all;
// predict loads a run's model and predicts on them.
func EvaluateSynthetic(variants []Variant, items int, predict func(*run.Run, fashion.Set) (run.Predictions, error)) (SyntheticResults, error) {
	if len(variants) == 0 {
		return nil, errors.New("no trainings to evaluate")
	}
	var photos fashion.Set
	var results SyntheticResults
	for i, v := range variants {
		r, err := run.Local().Open(v.Run)
		if err != nil {
			return nil, err
		}
		if differences := recipes.Diff(r.Recipe, v.Recipe); differences != nil {
			return nil, &run.RecipeError{Dir: r.Dir, Differences: differences}
		}
		validation, err := r.Predictions(run.Validation)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if photos, err = render(validation.Indices, items); err != nil {
				return nil, err
			}
		}
		onPhotos, err := predict(r, photos)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
		results = append(results, SyntheticResult{
			Variant: v.Name, Fraction: v.Recipe.Data.Synthetic.Fraction, Hard: v.Recipe.Data.Synthetic.Hard, Seed: v.Recipe.Seed,
			Accuracy: metrics.Accuracy(validation).Value, ShirtConfusion: shirtConfusion(metrics.NewConfusion(validation)),
			ECE: metrics.ECE(validation, reliabilityBins), PhotoAccuracy: metrics.Accuracy(onPhotos).Value,
		})
	}
	return results, nil
}

// shirtConfusion is the fraction of T-shirts and shirts that are confused with each other.
func shirtConfusion(c metrics.Confusion) float64 {
	all := 0
	for class := range c.Counts {
		all += c.Counts[tShirt][class] + c.Counts[shirt][class]
	}
	return float64(c.Counts[tShirt][shirt]+c.Counts[shirt][tShirt]) / float64(all)
}

// render renders photos of the first items of those training images in each scene.
func render(indices []int32, items int) (photos fashion.Set, err error) {
	dir, err := fashion.FindDir()
	if err != nil {
		return photos, err
	}
	all, err := fashion.LoadTrain(dir)
	if err != nil {
		return photos, err
	}
	var first []int
	for _, i := range indices[:min(items, len(indices))] {
		first = append(first, int(i))
	}
	shown := all.Take(first)
	for _, s := range scene.Scenes() {
		made, _, err := s.Photos(shown, photoSeed)
		if err != nil {
			return photos, err
		}
		photos.Images, photos.Labels = append(photos.Images, made.Images...), append(photos.Labels, made.Labels...)
	}
	return photos, nil
}

// SyntheticMetric is a metric by which the ablation compares trainings.
type SyntheticMetric struct {
	Name string
	Of   func(SyntheticResult) float64
}

// SyntheticMetrics lists the metrics of the ablation.
func SyntheticMetrics() []SyntheticMetric {
	return []SyntheticMetric{
		{"accuracy", func(r SyntheticResult) float64 { return r.Accuracy }},
		{"T-shirt and shirt confusion rate", func(r SyntheticResult) float64 { return r.ShirtConfusion }},
		{"calibration error", func(r SyntheticResult) float64 { return r.ECE }},
		{"accuracy on photos", func(r SyntheticResult) float64 { return r.PhotoAccuracy }},
	}
}

// SyntheticDifference is by how much a variant differs from the baseline in a metric.
type SyntheticDifference struct {
	Name  string
	Value metrics.Interval // mean over the seeds, with its interval
}

// Differences compares each variant with the baseline by one metric, seed by seed.
func (rs SyntheticResults) Differences(m SyntheticMetric) ([]SyntheticDifference, error) {
	var list []SyntheticDifference
	all := rs.byVariant()
	for _, seeds := range all[min(1, len(all)):] {
		var differences []float64
		for _, r := range seeds {
			same := slices.IndexFunc(all[0], func(base SyntheticResult) bool { return base.Seed == r.Seed })
			if same < 0 {
				return nil, fmt.Errorf("%s with seed %d has no baseline: %s was not trained with that seed", r.Variant, r.Seed, rs[0].Variant)
			}
			differences = append(differences, m.Of(r)-m.Of(all[0][same]))
		}
		list = append(list, SyntheticDifference{seeds[0].Variant, metrics.Mean(differences)})
	}
	return list, nil
}

// Mixture is a kind of training images.
type Mixture string

const (
	RealOnly      Mixture = "real images only"
	RealAndAny    Mixture = "real and any generated images"
	RealAndHard   Mixture = "real and hard generated images"
	GeneratedOnly Mixture = "generated images only"
)

func (r SyntheticResult) mixture() Mixture {
	switch {
	case r.Fraction == 0:
		return RealOnly
	case r.Fraction == 1:
		return GeneratedOnly
	case r.Hard:
		return RealAndHard
	}
	return RealAndAny
}

// Difference is by how much a metric is larger for one mixture than for another with the same seed and fraction of generated images; the fraction does not matter if the
// other is RealOnly. It is the mean over the seeds with its interval; each seed counts as one measurement, the mean over its fractions.
func (rs SyntheticResults) Difference(m SyntheticMetric, of, over Mixture) (metrics.Interval, error) {
	bySeed := map[uint64][]float64{}
	for _, r := range rs {
		if r.mixture() != of {
			continue
		}
		same := slices.IndexFunc(rs, func(o SyntheticResult) bool {
			return o.mixture() == over && o.Seed == r.Seed && (over == RealOnly || o.Fraction == r.Fraction)
		})
		if same < 0 {
			return metrics.Interval{}, fmt.Errorf("%s with seed %d has nothing to be compared with: no training on %s has its seed and fraction", r.Variant, r.Seed, over)
		}
		bySeed[r.Seed] = append(bySeed[r.Seed], m.Of(r)-m.Of(rs[same]))
	}
	if len(bySeed) == 0 {
		return metrics.Interval{}, fmt.Errorf("there is no training on %s", of)
	}
	var differences []float64
	seeds := slices.Sorted(maps.Keys(bySeed))
	for _, seed := range seeds {
		if n, want := len(bySeed[seed]), len(bySeed[seeds[0]]); n != want {
			return metrics.Interval{}, fmt.Errorf("seed %d has %d trainings on %s and seed %d has %d, want as many", seed, n, of, seeds[0], want)
		}
		differences = append(differences, metrics.Mean(bySeed[seed]).Value)
	}
	return metrics.Mean(differences), nil
}

// Table has a row for each variant with the means over its seeds, a column for each metric.
func (rs SyntheticResults) Table() (header []string, rows [][]string) {
	header = []string{"learned from"}
	for _, m := range SyntheticMetrics() {
		header = append(header, m.Name)
	}
	for _, seeds := range rs.byVariant() {
		row := []string{seeds[0].Variant}
		for _, m := range SyntheticMetrics() {
			var values []float64
			for _, r := range seeds {
				values = append(values, m.Of(r))
			}
			row = append(row, fmt.Sprintf("%.4f", metrics.Mean(values).Value))
		}
		rows = append(rows, row)
	}
	return header, rows
}

// byVariant groups the results, in their order.
func (rs SyntheticResults) byVariant() (all []SyntheticResults) {
	for _, r := range rs {
		i := slices.IndexFunc(all, func(seeds SyntheticResults) bool { return seeds[0].Variant == r.Variant })
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	return all
}
