// Package report gathers what the study has measured, from saved runs, beside what the slides print: as a table for a
// terminal, as JSON, and as one self-contained HTML page with figures of each run. It loads no model and no backend.
package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// Line is a result: that of a run or of an ensemble, or one that the slides print and that was not run. Accuracies are fractions.
type Line struct {
	Model      string            `json:"model"`                                        // its name in a recipe; "ensemble"
	Title      string            `json:"title"`                                        // for a reader; the slide's, if it is the slide's kind of training
	Slide      float64           `json:"slide_test_accuracy,omitempty"`                // 0: the slides print none
	Run        string            `json:"run,omitempty"`                                // directory, relative to its folder of runs, with slashes
	Published  bool              `json:"published,omitempty"`                          // in the folder of published runs, or an ensemble of such
	Test       *metrics.Interval `json:"test_accuracy,omitempty"`                      // nil: not run
	Validation *metrics.Interval `json:"validation_accuracy,omitempty"`                // of an ensemble, on the validation images that all members have in common
	Cleaned    *metrics.Interval `json:"test_accuracy_without_label_errors,omitempty"` // see study.TestLabelsNote; nil: not run, or on a data set of one's own
	Images     int               `json:"training_images,omitempty"`                    // that the run was trained on
	Limited    bool              `json:"fewer_images,omitempty"`                       // not on all that there are
	Epochs     int               `json:"epochs,omitempty"`                             // finished ones
	Parameters int               `json:"parameters,omitempty"`                         // trainable ones; of an ensemble, of all members
	Seconds    float64           `json:"seconds,omitempty"`                            // of training; of an ensemble, of all members
	Device     string            `json:"device,omitempty"`                             // as the run recorded it
	Finished   time.Time         `json:"finished,omitzero"`                            // UTC
	Seed       uint64            `json:"seed,omitempty"`                               // of the recipe; absent if 0
	Modules    map[string]string `json:"modules,omitempty"`                            // versions
	Ensemble   *Ensemble         `json:"ensemble,omitempty"`                           // what only ensembles have
	NotRun     string            `json:"not_run,omitempty"`                            // the command that makes it

	run  *run.Run        // nil for an ensemble
	test run.Predictions // of an ensemble
}

// predictions are those for the test images. A run's are read whenever they are wanted: all of a thousand runs would take a gigabyte.
func (l Line) predictions() (run.Predictions, error) {
	if l.run == nil {
		return l.test, nil
	}
	return l.run.Predictions(run.Test)
}

// Ensemble compares an ensemble with the member that is most accurate on the validation images.
type Ensemble struct {
	Profile          string           `json:"profile"` // of the members' runs
	Fitted           bool             `json:"fitted"`  // the weights are chosen on the validation images; otherwise they are the slide's, or equal
	Members          []Member         `json:"members"`
	Best             int              `json:"best_member"` // 0-based, in Members
	ValidationImages int              `json:"validation_images"`
	TestImages       int              `json:"test_images"`
	BestValidation   metrics.Interval `json:"best_member_validation_accuracy"`
	NotWorse         bool             `json:"not_worse_on_validation"` // than the best member
	Gain             metrics.Interval `json:"gain"`                    // over the best member on the test images, with its bootstrap interval
	P                float64          `json:"mcnemar_p"`               // of the two on the test images

	members    ensemble.Members
	validation run.Predictions // of the ensemble
}

// Member is a run of an ensemble.
type Member struct {
	Title  string  `json:"title"`
	Run    string  `json:"run"`
	Weight float64 `json:"weight"` // of all, they sum to 1
	Images int     `json:"training_images"`
}

// Figure shows all lines as intervals, each beside the slide's value.
func Figure(lines []Line) plots.Figure {
	var results []plots.Result
	for _, l := range lines {
		results = append(results, plots.Result{Name: l.Title, Note: l.origin(), Value: l.Test, Slide: l.Slide, Published: l.Published})
	}
	return plots.Results("Results beside the slides", "accuracy with its 95% interval (Wilson)", results)
}

// Table formats the lines; one that was not run has the command that makes it in place of the result.
func Table(lines []Line) (header []string, rows [][]string) {
	for _, l := range lines {
		if l.Test == nil {
			rows = append(rows, []string{l.name(), l.slide(), l.lacks() + ": " + l.NotRun, "", "", "", "", ""})
			continue
		}
		rows = append(rows, []string{l.name(), l.slide(), l.Test.String(), l.epochs(), text.Thousands(l.Parameters), l.time().String(), l.origin(), l.Device})
	}
	return []string{"model", "slide", "ours (95% interval)", "epochs", "parameters", "time", "run", "device"}, rows
}

// writeJSON writes the lines as a list. The names of its fields stay.
func writeJSON(w io.Writer, lines []Line) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(lines)
}

// name is the title, with what else must be known to read the numbers.
func (l Line) name() string {
	if l.Limited {
		return fmt.Sprintf("%s, %s training images", l.Title, text.Thousands(l.Images))
	}
	return l.Title
}

// without is the accuracy on the test images without study.TestLabelErrors.
func without(test run.Predictions) *metrics.Interval {
	accuracy := metrics.Accuracy(test.Without(study.TestLabelErrors()))
	return &accuracy
}

// labelsNote is study.TestLabelsNote, if any line has such an accuracy.
func labelsNote(lines []Line) string {
	if !slices.ContainsFunc(lines, func(l Line) bool { return l.Cleaned != nil }) {
		return ""
	}
	return study.TestLabelsNote()
}

// cleaned is that accuracy as text.
func (l Line) cleaned() string {
	if l.Cleaned == nil {
		return ""
	}
	return l.Cleaned.String()
}

// source is the run or the runs of the result.
func (l Line) source() string {
	if e := l.Ensemble; e != nil {
		return fmt.Sprintf("%d runs of %s", len(e.Members), e.Profile)
	}
	return l.Run
}

// origin is the source, and whether it is published.
func (l Line) origin() string { return l.source() + either(l.Published, " (published)", "") }

// time is how long the training took, to the second.
func (l Line) time() time.Duration { return text.Seconds(l.Seconds) }

// sentence describes an ensemble and compares it with its best member.
func (l Line) sentence() string {
	e := l.Ensemble
	var members []string
	for _, m := range e.Members {
		members = append(members, fmt.Sprintf("%.2f %s", m.Weight, m.Title))
	}
	best, images := e.Members[e.Best].Title, text.Thousands(e.ValidationImages)+" validation images"
	if e.Fitted {
		images += " that chose the weights"
	}
	return fmt.Sprintf("%s, %s: %s. On the %s it has %.4f and its best member, %s, %.4f: %s. On the %s test images it has %+.4f "+
		"(95%% interval %+.4f to %+.4f, bootstrap) over that member, McNemar's p is %s: %s.", l.Title, l.origin(), strings.Join(members, " + "),
		images, l.Validation.Value, best, e.BestValidation.Value, either(e.NotWorse, "not worse", "worse"),
		text.Thousands(e.TestImages), e.Gain.Value, e.Gain.Low, e.Gain.High, metrics.FormatP(e.P), e.verdict())
}

// verdict interprets the paired test at the 5% level.
func (e Ensemble) verdict() string {
	switch {
	case e.P >= 0.05:
		return "the difference is not significant"
	case e.Gain.Value > 0:
		return "the ensemble is better"
	}
	return "the ensemble is worse"
}

func either(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

// titles are those of models that no slide has.
var titles = map[string]string{"residual": "Residual network", "wideresnet": "Wide residual network", "sngan": "GAN", "dcgan": "DCGAN"}

// kind describes what a recipe trains, so that different trainings of a model differ: the slide's title for a training like the slide's.
func kind(r recipes.Recipe) string {
	title := study.SlideOf(r.Model.Name).Title
	if title == "" {
		title = cmp.Or(titles[r.Model.Name], r.Model.Name)
	}
	switch w := r.Model.Weights; {
	case fromRotations(r):
		title += ", from rotations"
	case w.Run != "":
		title += ", from " + w.Run
	case r.Model.Size != "" && w.Hub == "" && w.File == "": // the slide's starts from ImageNet
		title += ", from random weights"
	}
	if r.Augmentation != (recipes.Augmentation{}) {
		title += ", augmented"
	}
	if s := r.Data.Synthetic; s.Fraction > 0 {
		title += fmt.Sprintf(", %.0f%% %s", 100*s.Fraction, either(s.Photos, "rendered photos", "generated"))
	}
	if r.Regularization.Distillation.Weight > 0 {
		title += ", distilled"
	}
	if d := r.Data; d.Limit == 0 && d.Set == "" && d.Task == "" && d.TrainingImages() > study.CNN(study.Full).Data.TrainingImages() {
		title += fmt.Sprintf(", on %s images, not the slides' split", text.Thousands(d.TrainingImages()))
	}
	if r.Model.FlipTTA || r.Model.ShiftTTA {
		title += ", test-time augmentation"
	}
	if r.Seed > 1 { // the study's recipes have 1
		title += fmt.Sprintf(", seed %d", r.Seed)
	}
	return title
}

// fromRotations reports whether a training starts from the study's self-supervised pretraining, whose task is the rotation of images.
func fromRotations(r recipes.Recipe) bool {
	for _, p := range study.Profiles() {
		if source, ok := study.SourceOf(r, p); ok && source.Data.Task == recipes.Rotation {
			return true
		}
	}
	return false
}
