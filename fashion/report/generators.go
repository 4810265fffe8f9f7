package report

import (
	"cmp"
	"fmt"
	"slices"

	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
)

// generators lists the finished GANs, which no test image is for: this machine's and the published ones. What cannot be read is left out;
// Collect reports it.
func generators(s Stores) ([]Line, error) {
	var lines []Line
	for _, store := range []run.Store{s.Local, s.Published} {
		runs, _ := store.List() // Collect reads the same
		for _, r := range runs {
			if !r.Finished() || !r.Recipe.IsGAN() {
				continue
			}
			l, err := lineOf(store, r)
			if err != nil {
				return nil, err
			}
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(a.Title, b.Title) })
	return lines, nil
}

// generator is the section of a GAN.
func (l Line) generator(id string) (section, error) {
	r, best := l.run, l.run.Record.BestEpoch
	s := section{ID: id, Title: l.name(), Source: l.source(), Published: l.Published, Recipe: shown(r.Recipe).String(), Facts: l.facts()}
	figures := []plots.Figure{plots.GANCurves(r.History, r.Recipe.Epochs)}
	if best > 0 && best <= len(r.History) {
		made := r.History[best-1].Synthesis
		s.Result = fmt.Sprintf("Fréchet distance %.2f to the validation images, classification accuracy %.3f", made.FrechetDistance, made.ClassifierAccuracy)
		s.Facts = append(s.Facts, [2]string{"least intra-class diversity", fmt.Sprintf("%.2f of that of real images", made.Diversity)})
		if images, err := r.Samples(best); err == nil {
			figures = append(figures, plots.Generated(images, best))
		} else {
			s.Missing = fmt.Sprintf("The images are not shown: those of epoch %d are missing or corrupt in the run's folder.", best)
		}
	}
	err := s.add(l, figures)
	return s, err
}
