// Package effect measures what learning from generated images does to a classifier, beside the same classifier that learned from real ones.
package effect

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// Effect is what a classifier does that learned from a mixture of real and generated images. All of it is measured on real validation images.
type Effect struct {
	Mixture   string  `json:"mixture"`   // the trial's name, the same for all seeds
	Share     float64 `json:"share"`     // of an epoch's images that are generated
	Difficult bool    `json:"difficult"` // they are difficult ones
	Seed      uint64  `json:"seed"`
	Accuracy  float64 `json:"accuracy"` // on all of them
	Shirts    float64 `json:"shirts"`   // share of the T-shirts and shirts among them that are taken for one another
	ECE       float64 `json:"ece"`      // expected calibration error, 15 bins
	Photos    float64 `json:"photos"`   // accuracy on photos that were made from the first of them, in all scenes
}

const (
	tShirt fashion.Label = 0
	shirt  fashion.Label = 6
)

const reliabilityBins = 15

// photoSeed decides what the scenes draw.
const photoSeed = 1

// Items is of how many validation images photos are made at a profile; there are nine scenes.
func Items(p study.Profile) int {
	return map[study.Profile]int{study.Smoke: 10, study.Quick: 30, study.Full: 1000}[p]
}

// Of measures finished trainings, in their order. Of so many validation images photos are made, the same for all.
func Of(trials []study.Variant, items int) ([]Effect, error) {
	if len(trials) == 0 {
		return nil, errors.New("no trainings to measure")
	}
	var photos fashion.Set
	var list []Effect
	for i, t := range trials {
		r, err := run.Local().Open(t.Run)
		if err != nil {
			return nil, err
		}
		if differences := run.Diff(r.Recipe, t.Recipe); differences != nil {
			return nil, &run.RecipeError{Dir: r.Dir, Differences: differences}
		}
		held, err := r.Predictions(run.Validation)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if photos, err = scenes(held.Indices, items); err != nil {
				return nil, err
			}
		}
		model, err := train.Load(r)
		if err != nil {
			return nil, err
		}
		seen, err := model.Predict(photos)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Dir, err)
		}
		list = append(list, Effect{
			Mixture: t.Name, Share: t.Recipe.Data.Synthetic.Share, Difficult: t.Recipe.Data.Synthetic.Difficult, Seed: t.Recipe.Seed,
			Accuracy: metrics.Accuracy(held).Value, Shirts: shirts(metrics.NewConfusion(held)),
			ECE: metrics.ECE(held, reliabilityBins), Photos: metrics.Accuracy(seen).Value,
		})
	}
	return list, nil
}

// shirts is the share of T-shirts and shirts that are taken for one another.
func shirts(c metrics.Confusion) float64 {
	all := 0
	for class := range c {
		all += c[tShirt][class] + c[shirt][class]
	}
	return float64(c[tShirt][shirt]+c[shirt][tShirt]) / float64(all)
}

// scenes are photos of the first so many of those training images, in each scene.
func scenes(indices []int32, items int) (photos fashion.Set, err error) {
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
	for _, s := range photo.Scenes() {
		made, _, err := s.Photos(shown, photoSeed)
		if err != nil {
			return photos, err
		}
		photos.Images, photos.Labels = append(photos.Images, made.Images...), append(photos.Labels, made.Labels...)
	}
	return photos, nil
}

// Measure is one side of an effect.
type Measure struct {
	Name string
	Of   func(Effect) float64
}

// Measures are all sides of an effect.
func Measures() []Measure {
	return []Measure{
		{"accuracy", func(e Effect) float64 { return e.Accuracy }},
		{"T-shirts and shirts taken for one another", func(e Effect) float64 { return e.Shirts }},
		{"calibration error", func(e Effect) float64 { return e.ECE }},
		{"accuracy on photos", func(e Effect) float64 { return e.Photos }},
	}
}

// Change is by how much a measure differs from what it is without generated images.
type Change struct {
	Name  string
	Value metrics.Interval // over the seeds
}

// Changes compares each mixture with the first one of the list, seed by seed, by one measure.
func Changes(list []Effect, m Measure) ([]Change, error) {
	var changes []Change
	all := mixtures(list)
	for _, mixed := range all[min(1, len(all)):] {
		var differences []float64
		for _, e := range mixed {
			same := slices.IndexFunc(all[0], func(base Effect) bool { return base.Seed == e.Seed })
			if same < 0 {
				return nil, fmt.Errorf("%s with seed %d has nothing to be compared with: %s has not that seed", e.Mixture, e.Seed, list[0].Mixture)
			}
			differences = append(differences, m.Of(e)-m.Of(all[0][same]))
		}
		changes = append(changes, Change{mixed[0].Mixture, metrics.Mean(differences)})
	}
	return changes, nil
}

// Kind is what a mixture is made of.
type Kind string

const (
	Real      Kind = "real images only"
	Any       Kind = "real and any generated images"
	Difficult Kind = "real and difficult generated images"
	Generated Kind = "generated images only"
)

func (e Effect) kind() Kind {
	switch {
	case e.Share == 0:
		return Real
	case e.Share == 1:
		return Generated
	case e.Difficult:
		return Difficult
	}
	return Any
}

// Difference is by how much a measure is larger for mixtures of one kind than for those of another with the same seed and the same share, which real
// images have not: the mean over the seeds, of each of which the mean over the shares is one measurement.
func Difference(list []Effect, m Measure, of, over Kind) (metrics.Interval, error) {
	bySeed := map[uint64][]float64{}
	for _, e := range list {
		if e.kind() != of {
			continue
		}
		same := slices.IndexFunc(list, func(o Effect) bool {
			return o.kind() == over && o.Seed == e.Seed && (over == Real || o.Share == e.Share)
		})
		if same < 0 {
			return metrics.Interval{}, fmt.Errorf("%s with seed %d has nothing to be compared with: no mixture of %s has its seed and share", e.Mixture, e.Seed, over)
		}
		bySeed[e.Seed] = append(bySeed[e.Seed], m.Of(e)-m.Of(list[same]))
	}
	if len(bySeed) == 0 {
		return metrics.Interval{}, fmt.Errorf("there is no mixture of %s", of)
	}
	var differences []float64
	seeds := slices.Sorted(maps.Keys(bySeed))
	for _, seed := range seeds {
		if n, want := len(bySeed[seed]), len(bySeed[seeds[0]]); n != want {
			return metrics.Interval{}, fmt.Errorf("seed %d has %d mixtures of %s and seed %d has %d, want as many", seed, n, of, seeds[0], want)
		}
		differences = append(differences, metrics.Mean(bySeed[seed]).Value)
	}
	return metrics.Mean(differences), nil
}

// Rows are a table of the means over the seeds, a mixture in each row.
func Rows(list []Effect) (rows [][]string) {
	for _, mixed := range mixtures(list) {
		row := []string{mixed[0].Mixture}
		for _, m := range Measures() {
			var values []float64
			for _, e := range mixed {
				values = append(values, m.Of(e))
			}
			row = append(row, fmt.Sprintf("%.4f", metrics.Mean(values).Value))
		}
		rows = append(rows, row)
	}
	return rows
}

// mixtures are the effects of each mixture, in the order of the list.
func mixtures(list []Effect) (all [][]Effect) {
	for _, e := range list {
		i := slices.IndexFunc(all, func(mixed []Effect) bool { return mixed[0].Mixture == e.Mixture })
		if i < 0 {
			i, all = len(all), append(all, nil)
		}
		all[i] = append(all[i], e)
	}
	return all
}

// Header names the columns of Rows.
func Header() []string {
	header := []string{"learned from"}
	for _, m := range Measures() {
		header = append(header, m.Name)
	}
	return header
}
