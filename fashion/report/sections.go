package report

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// section is what the page shows of a line.
type section struct {
	ID, Title, Source, Result string
	Published                 bool
	Sentence                  string      // of an ensemble
	Facts                     [][2]string // names and values
	Members                   []member    // of an ensemble
	Recipe                    string      // of a run
	Figures                   []picture
	Missing                   string // why a figure is missing
}

// member is a row in the table of an ensemble, with the accuracies of the member alone.
type member struct{ Title, Run, Weight, Images, Validation, Test string }

const (
	bins  = 15 // of a reliability diagram, as usual
	worst = 18 // misclassified images that are shown
)

// section draws the figures of a line.
func (l Line) section(id string, data testImages) (section, error) {
	s := section{ID: id, Title: l.name(), Source: l.source(), Result: l.Test.String(), Published: l.Published}
	test, err := l.predictions()
	if err != nil {
		return s, err
	}
	confusion := metrics.NewConfusion(test)
	figures := []plots.Figure{plots.ConfusionMatrix(confusion), plots.RecallByClass(confusion)}
	if l.Ensemble != nil {
		s.Sentence, s.Members = l.sentence(), l.Ensemble.table()
		first, err := l.ensembleFigures()
		if err != nil {
			return s, err
		}
		figures = append(first, figures...)
	} else {
		s.Facts, s.Recipe = l.facts(), shown(l.run.Recipe).String()
		figures = append([]plots.Figure{plots.LearningCurves(l.run.History, l.run.Recipe.Epochs)}, figures...)
		last, missing := data.worst(test)
		if s.Missing = missing; missing == "" {
			figures = append(figures, last)
		}
	}
	err = s.add(l, figures)
	return s, err
}

// add draws a line's figures.
func (s *section) add(l Line, figures []plots.Figure) error {
	for _, f := range figures {
		p, err := draw(f, fmt.Sprintf("%s: %s, %s", f.Title, l.name(), l.origin()))
		if err != nil {
			return err
		}
		s.Figures = append(s.Figures, p)
	}
	return nil
}

// facts are the circumstances of a run beside its recipe.
func (l Line) facts() [][2]string {
	best := ""
	if l.run.Record.BestEpoch > 0 {
		best = ", the model is that of " + l.run.KeptEpoch()
	}
	facts := [][2]string{
		{"trained", fmt.Sprintf("%d epochs of %s images in %v%s", l.Epochs, text.Thousands(l.Images), l.time(), best)},
		{"device", l.Device}, {"seed", fmt.Sprint(l.run.Recipe.Seed)},
	}
	if l.Validation != nil {
		facts = append(facts, [2]string{"validation accuracy", l.Validation.String()})
	}
	if !l.Finished.IsZero() {
		facts = append(facts, [2]string{"finished", l.Finished.UTC().Format("2 January 2006, 15:04 UTC")})
	}
	versions := []string{l.run.Record.GoVersion}
	for _, module := range slices.Sorted(maps.Keys(l.Modules)) {
		versions = append(versions, module+" "+l.Modules[module])
	}
	return append(facts, [2]string{"versions", strings.Join(versions, ", ")})
}

// shown is a recipe for the page: a file of weights without its folder, which is of no use elsewhere.
func shown(r recipes.Recipe) recipes.Recipe {
	if r.Model.Weights.File != "" {
		r.Model.Weights.File = filepath.Base(r.Model.Weights.File)
	}
	return r
}

// table lists the members with the accuracies of each alone on the ensemble's images.
func (e Ensemble) table() []member {
	var list []member
	validation, test := e.members.Validation(), e.members.Test()
	for i, m := range e.Members {
		list = append(list, member{m.Title, m.Run, fmt.Sprintf("%.2f", m.Weight), text.Thousands(m.Images),
			fmt.Sprintf("%.4f", metrics.Accuracy(validation[i]).Value), metrics.Accuracy(test[i]).String()})
	}
	return list
}

// ensembleFigures are the pairwise disagreement of members and ensemble, and the calibration of the ensemble.
func (l Line) ensembleFigures() ([]plots.Figure, error) {
	e := l.Ensemble
	counts, err := metrics.Disagreement(append(e.members.Test(), l.test)...)
	if err != nil {
		return nil, err
	}
	t := metrics.Temperature(e.validation)
	return []plots.Figure{
		plots.Disagreement("Pairwise disagreement", append(e.members.Names(), "the ensemble"), counts),
		plots.Reliability(fmt.Sprintf("Calibration of the ensemble, temperature %.2f fitted on the validation images", t),
			metrics.Reliability(l.test, bins), metrics.Reliability(metrics.Tempered(l.test, t), bins)),
	}, nil
}

// testImages are those of Fashion-MNIST, or the error of reading them.
type testImages struct {
	set fashion.Set
	err error
}

// findTestImages reads the test images.
func findTestImages() testImages {
	dir, err := fashion.FindDir()
	if err != nil {
		return testImages{err: err}
	}
	set, err := fashion.LoadTest(dir)
	return testImages{set, err}
}

// worst draws the misclassified images with the highest loss, or says why it cannot, without naming a folder of this machine.
func (d testImages) worst(p run.Predictions) (f plots.Figure, missing string) {
	const without = "The misclassified images are not shown: "
	if d.err != nil {
		return f, without + "Fashion-MNIST was not found or not readable where this page was made. `go run ./kernel-setup setup` fetches it; then make the page again."
	}
	f, err := plots.Misclassified(d.set, p, worst)
	if err != nil {
		return f, without + err.Error() + "."
	}
	return f, ""
}
