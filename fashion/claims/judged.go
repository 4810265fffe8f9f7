package claims

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Summary is the statement with its verdict, and what it rests on.
func (j Judgement) Summary() string {
	f := j.Findings[0]
	if f.Lacks() != "" {
		return fmt.Sprintf("Claim: %s. Verdict: %s", j.Claim.Statement, f.verdict())
	}
	r := f.Results[0]
	return fmt.Sprintf("Claim: %s. Verdict: %s (%s: %s; %d seeds, %s images; %s; minimum detectable effect %s at 80%% power)",
		j.Claim.Statement, f.Verdict(), f.Name(), r.Effect.Signed(), r.Seeds, text.Thousands(r.Images), r.Counted, r.Detectable())
}

// verdict is the verdict with what it lacks.
func (f Finding) verdict() string {
	if lacks := f.Lacks(); lacks != "" {
		return fmt.Sprintf("%s (%s)", f.Verdict(), lacks)
	}
	return string(f.Verdict())
}

// Detectable is the minimum detectable effect, with 80% power; a dash if it is not known.
func (r Result) Detectable() string {
	if math.IsNaN(r.Effect.Detectable) {
		return "-"
	}
	return fmt.Sprintf("%.4f", r.Effect.Detectable)
}

// Table has a row for each comparison by each measure. The first row of a comparison has its verdict.
func (j Judgement) Table() (header []string, rows [][]string) {
	for _, f := range j.Findings {
		verdict := f.verdict()
		name := f.Name()
		if f.Margin != 0 {
			name += fmt.Sprintf(", margin %v", f.Margin)
		}
		if len(f.Results) == 0 {
			rows = append(rows, []string{name, verdict, "", "", "", "", "", "", ""})
		}
		for _, r := range f.Results {
			rows = append(rows, []string{name, verdict, r.Effect.Signed(), r.Detectable(), fmt.Sprint(r.Seeds), text.Thousands(r.Images),
				fmt.Sprintf("%.4f", r.Variant), fmt.Sprintf("%.4f", r.Baseline), r.Counted})
			name, verdict = "", "" // the others do not decide
		}
	}
	return []string{"comparison", "verdict", "first minus second (95% interval)", "minimum detectable effect (80% power)", "seeds", "images", "accuracy, first", "second", "measured on"}, rows
}

// FigureNote says what a figure of Effects shows.
const FigureNote = "difference of accuracy with its 95% interval over seeds and images; hollow: it contains 0; in brackets: seeds x images"

// Effects are the differences that have a verdict, each with its seeds and images.
func (j Judgement) Effects() (list []plots.Measured) {
	for _, f := range j.Findings {
		if f.Verdict() != NotTested {
			r := f.Results[0]
			list = append(list, plots.Measured{Name: fmt.Sprintf("%s (%d x %d)", f.Name(), r.Seeds, r.Images), Value: r.Effect.Interval})
		}
	}
	return list
}

// CostNote says what a figure of ByCost shows.
const CostNote = "difference of accuracy with its 95% interval over seeds and images; hollow: it contains 0; the cheapest first, with the training time as a multiple of the baseline's"

// ByCost are the differences that have an interval, those first whose training takes least, each with its time as a multiple of the baseline's: the mean over the seeds, as the runs recorded it.
func (j Judgement) ByCost() (list []plots.Measured) {
	times := map[string]float64{}
	for _, f := range j.Findings {
		if len(f.Results) == 0 || math.IsNaN(f.Results[0].Effect.Low) || f.Cost.Minutes == 0 {
			continue
		}
		factor := f.VariantCost.Minutes / f.Cost.Minutes
		name := fmt.Sprintf("%s, %.2f times", f.Variant.Name, factor)
		times[name] = factor
		list = append(list, plots.Measured{Name: name, Value: f.Results[0].Effect.Interval})
	}
	slices.SortStableFunc(list, func(a, b plots.Measured) int { return cmp.Compare(times[a.Name], times[b.Name]) })
	return list
}

// Notes say the verdict on other measurements, what sides of different sizes cost, which runs there are and where they were made, what is missing with the command that makes it, and what is not tested.
func (j Judgement) Notes() (notes []string) {
	if j.Secondary != "" {
		notes = append(notes, j.Secondary+".")
	}
	for _, f := range j.Findings {
		if len(f.Results) > 0 && f.VariantCost.Parameters != f.Cost.Parameters {
			r := f.Results[0]
			notes = append(notes, fmt.Sprintf("Accuracy and size: %s %.4f, %s; %s %.4f, %s.", f.Variant.Name, r.Variant, f.VariantCost, f.Baseline.Name, r.Baseline, f.Cost))
		}
	}
	var runs, devices []string
	for _, f := range j.Findings {
		for _, r := range f.Runs {
			name := r.Name
			if r.Published {
				name += " (published)"
			}
			if !slices.Contains(runs, name) {
				runs = append(runs, name)
			}
			if d := r.Record.Devices(); !slices.Contains(devices, d) {
				devices = append(devices, d)
			}
		}
	}
	if len(runs) > 0 {
		notes = append(notes, fmt.Sprintf("Runs: %s. Made on %s.", strings.Join(runs, ", "), strings.Join(devices, "; ")))
	}
	if n := len(j.Missing); n > 0 {
		notes = append(notes, fmt.Sprintf("Missing: %d of %d trainings. This makes them, those that decide first: %s", n, j.Trainings, j.Command()))
	}
	if j.Claim.Limitations != "" {
		notes = append(notes, j.Claim.Limitations)
	}
	return notes
}

// String names both costs.
func (c Cost) String() string {
	said := fmt.Sprintf("%.2f million parameters, %.0f minutes of training", c.Parameters/1e6, c.Minutes)
	if c.Seeds > 1 {
		said += fmt.Sprintf(" (mean of %d seeds)", c.Seeds)
	}
	return said
}

// JudgeAll judges all claims, see Claim.Judge.
func JudgeAll(p study.Profile, stores ...run.Store) (list []Judgement, err error) {
	for _, c := range All() {
		j, err := c.Judge(p, stores...)
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w", c.Name, err)
		}
		list = append(list, j)
	}
	return list, nil
}
