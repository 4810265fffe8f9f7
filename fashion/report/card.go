package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// cardsFolder is where the model cards are, beside the page.
const cardsFolder = "cards"

// writeCards writes a model card for each published run among the lines into a folder, as RUN.md, and returns how many.
func writeCards(folder string, lines []Line) (n int, err error) {
	for _, l := range lines {
		if !l.Published || l.run == nil {
			continue
		}
		card, err := l.card()
		if err != nil {
			return n, fmt.Errorf("model card of %s: %w", l.Run, err)
		}
		if err := disk.WriteFile(filepath.Join(folder, filepath.FromSlash(l.Run)+".md"), []byte(card)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// card is a run's model card in Markdown (Mitchell et al., "Model Cards for Model Reporting", 2019): what the network is, its data, how it was measured, and what it must not
// be used for.
func (l Line) card() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nRun `%s`. ", l.name(), l.Run)
	if l.Test != nil {
		test, err := l.predictions()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "An image classifier with a test accuracy of %v, with its 95%% interval (Wilson), on %s images.\n", *l.Test, text.Thousands(len(test.Labels)))
		validation, err := l.run.Predictions(run.Validation)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		l.cardData(&b, len(validation.Labels))
		if err := l.cardAccuracy(&b, test, validation); err != nil {
			return "", err
		}
	} else {
		fmt.Fprintln(&b, "The generator of a GAN: it makes images of a class from random numbers.")
		l.cardData(&b, 0)
		l.cardSynthesis(&b)
	}
	l.cardLimits(&b)
	fmt.Fprint(&b, "\n## Training\n\n")
	for _, fact := range l.facts() {
		fmt.Fprintf(&b, "- %s: %s\n", fact[0], fact[1])
	}
	fmt.Fprintf(&b, "- parameters: %s\n\nThe recipe, which decides the training:\n\n```json\n%s\n```\n", text.Thousands(l.Parameters), shown(l.run.Recipe))
	return b.String(), nil
}

// cardData says what the network was trained on. There are predictions for so many validation images; 0 if none were saved.
func (l Line) cardData(b *strings.Builder, predicted int) {
	d := l.run.Recipe.Data
	validation := cmp.Or(predicted, d.ValidationImages())
	names := l.run.Record.Classes.Names()
	set := "Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017)"
	if d.Set != "" {
		set = "A data set of one's own with the digest `" + d.Set + "`"
	}
	fmt.Fprintf(b, "\n## Data\n\n%s: %v, %d classes: %s. ", set, l.run.Recipe.Model.Shape, len(names), strings.Join(names, ", "))
	fmt.Fprintf(b, "%s images were trained on, %s others held out for validation. The test images were opened for measurements only.\n",
		text.Thousands(d.Images()-validation), text.Thousands(validation))
	if s := d.Synthetic; s.Fraction > 0 {
		source := "made by the GAN of the run `" + s.Run + "`"
		if s.Photos {
			source = "training images rendered as photos and prepared again, as those of users are"
		}
		fmt.Fprintf(b, "\n%.0f%% of the images of an epoch were %s.\n", 100*s.Fraction, source)
	}
}

// cardAccuracy says how accurate a classifier is, on each class too, how well calibrated, and how robust.
func (l Line) cardAccuracy(b *strings.Builder, test, validation run.Predictions) error {
	fmt.Fprint(b, "\n## Accuracy by class\n\nRecall is the fraction of a class's test images that are classified correctly, with its 95% interval (Wilson).\n\n")
	fmt.Fprint(b, "| class | recall | precision | images |\n| --- | --- | --- | --- |\n")
	confusion := metrics.NewConfusion(test)
	for _, s := range confusion.ByClass() {
		recall := metrics.Wilson(confusion.Counts[s.Class][s.Class], s.Support)
		fmt.Fprintf(b, "| %s | %v | %.4f | %s |\n", test.Classes.Name(s.Class), recall, s.Precision, text.Thousands(s.Support))
	}
	if pairs := confusion.MostConfused(); len(pairs) > 0 {
		p := pairs[0]
		fmt.Fprintf(b, "\nMost often confused are %s and %s: %d images.\n", test.Classes.Name(p.A), test.Classes.Name(p.B), p.Count)
	}
	fmt.Fprintf(b, "\n## Calibration\n\nThe expected calibration error on the test images is %.4f (%d bins)", metrics.ECE(test, bins), bins)
	if len(validation.Labels) > 0 {
		t := metrics.Temperature(validation)
		fmt.Fprintf(b, ", and %.4f after temperature scaling by %.2f, which was fitted on the validation images.\n", metrics.ECE(metrics.Tempered(test, t), bins), t)
	} else {
		fmt.Fprintln(b, ".")
	}
	return l.cardRobustness(b)
}

// cardRobustness has the accuracies on corrupted images, or says how to measure them.
func (l Line) cardRobustness(b *strings.Builder) error {
	fmt.Fprint(b, "\n## Robustness\n\n")
	for _, split := range []string{run.Test, run.Validation} {
		measured, err := l.run.Robustness(split)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "Accuracy on %s %s images without and with corruption, each kind at its mildest and its severest strength.\n\n", text.Thousands(measured.Images), split)
		fmt.Fprint(b, "| corruption | none | mildest | severest |\n| --- | --- | --- | --- |\n")
		for i, c := range measured.Corruptions {
			accuracy := metrics.CorruptedAccuracy([]run.Robustness{measured}, i)
			last := len(c.Strengths) - 1
			fmt.Fprintf(b, "| %s | %.4f | %v, at %v %s | %v, at %v %s |\n", c.Name, accuracy[0].Value, accuracy[1], c.Strengths[0], c.Unit, accuracy[last+1], c.Strengths[last], c.Unit)
		}
		return nil
	}
	_, err := fmt.Fprintf(b, "Not measured. `go run ./kernel-setup robustness -publish %s` measures and publishes it, where the run was made.\n", l.Run)
	return err
}

// cardSynthesis measures a GAN's images.
func (l Line) cardSynthesis(b *strings.Builder) {
	best := l.run.Record.BestEpoch
	if best < 1 || best > len(l.run.History) {
		return
	}
	s := l.run.History[best-1].Synthesis
	fmt.Fprintf(b, "\n## Quality\n\nFréchet distance to validation images, in the features of a classifier: %.2f. ", s.FrechetDistance)
	fmt.Fprintf(b, "That classifier assigns %.1f%% of the images to the class that was asked for. In its least diverse class the images differ %.2f times as much as real ones.\n", 100*s.ClassifierAccuracy, s.Diversity)
}

// cardLimits says what the network must not be used for.
func (l Line) cardLimits(b *strings.Builder) {
	fmt.Fprint(b, "\n## Use\n\nFor teaching and for the study of methods, on images like those of the data.\n\n## What it must not be used for\n\n")
	limits := []string{
		"Photos as they are: an item must be cut out, grey, light on black and centred in 28x28 pixels, as `predict` and `demo` prepare it.",
		"Images of anything but the classes: it names one of them for every image, often with a high probability.",
		"To judge people, or to decide anything that affects them. No data on people was collected or measured, and nothing is known of how errors differ between groups.",
		"Products or decisions where an error costs: the accuracy holds for images drawn as the test images were, and is lower on others.",
	}
	if r := l.run; r.Recipe.Data.Set != "" {
		limits[0] = fmt.Sprintf("Pictures as they are: they must become %v as those of the data set did, as `predict -run` and `demo -run` prepare them.", r.Recipe.Model.Shape)
	}
	if l.run.Recipe.IsGAN() {
		limits = []string{
			"As evidence of real items: the images show none.",
			"To train or test other networks without saying so: how real and diverse the images are is measured, not guaranteed.",
		}
	}
	for _, limit := range limits {
		fmt.Fprintf(b, "- %s\n", limit)
	}
}
