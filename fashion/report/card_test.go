package report_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// writeFiles writes all files of a store of published runs into a folder.
func writeFiles(t *testing.T, published testStore) (dir string) {
	t.Helper()
	t.Setenv(fashion.DirVariable, t.TempDir()) // the data set is not needed
	dir = t.TempDir()
	var out, messages bytes.Buffer
	stores := report.Stores{Local: run.StoreAt(filepath.Join(dir, "none"), false), Published: run.StoreAt(published.root, true)}
	if err := report.Write(&out, &messages, stores, report.Options{HTML: filepath.Join(dir, "report.html"), CSV: filepath.Join(dir, "history.csv")}); err != nil {
		t.Fatal(err)
	}
	mentions(t, messages.String(), "model cards", "history.csv")
	return dir
}

func TestPublishedRunsHaveModelCards(t *testing.T) {
	published := newTestStore(t)
	r := published.save("full/cnn", study.CNN(study.Full), 4)
	published.save("full/unmeasured", study.CNN(study.Full), 5)
	published.generator("full/gan", true)
	p, err := r.Predictions(run.Test)
	if err != nil {
		t.Fatal(err)
	}
	bits := run.CorrectBits(p)
	err = r.SaveRobustness(run.Test, run.Robustness{Seed: 1, Images: 40, Clean: bits, Corruptions: []run.Corrupted{
		{Name: "noise", Unit: "grey levels", Strengths: []float64{10, 20, 30, 40, 50}, Correct: []run.Bits{bits, bits, bits, bits, bits}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	dir := writeFiles(t, published)
	card := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, "cards", "full", name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	mentions(t, card("cnn"), "# CNN\n", "Run `full/cnn`", "0.7500 (0.5981 to 0.8581)", "59,980 images were trained on, 20 others", "| Ankle boot | ", "Most often confused are ",
		"after temperature scaling by", "| noise | 0.7500 | 0.7500 (0.5981 to 0.8581), at 10 grey levels |", "## What it must not be used for", "\"name\": \"cnn\"", "467,818")
	mentions(t, card("unmeasured"), "go run ./kernel-setup robustness -publish full/unmeasured")
	mentions(t, card("gan"), "The generator of a GAN", "8.76", "91.2%", "As evidence of real items")
	if strings.Contains(card("gan"), "Calibration") {
		t.Error("the card of a GAN has a calibration")
	}
}

func TestCardAndTitleSayWhatSyntheticImagesAre(t *testing.T) {
	for _, c := range []struct {
		synthetic    recipes.Synthetic
		title, about string
	}{
		{recipes.Synthetic{Run: "full/gan", Fraction: 0.25}, "25% generated", "25% of the images of an epoch were made by the GAN of the run `full/gan`"},
		{recipes.Synthetic{Photos: true, Fraction: 0.5}, "50% rendered photos", "50% of the images of an epoch were training images rendered as photos"},
	} {
		published := newTestStore(t)
		recipe := study.CNN(study.Full)
		recipe.Data.Synthetic = c.synthetic
		published.save("full/mixed", recipe, 4)
		card, err := os.ReadFile(filepath.Join(writeFiles(t, published), "cards", "full", "mixed.md"))
		if err != nil {
			t.Fatal(err)
		}
		mentions(t, string(card), c.title, c.about)
	}
}

func TestHistoriesAreWrittenAsCSV(t *testing.T) {
	published := newTestStore(t)
	published.save("full/cnn", study.CNN(study.Full), 4)
	published.generator("full/gan", false)
	f, err := os.Open(filepath.Join(writeFiles(t, published), "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"run", "published", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "rate", "seconds", "images_per_second", "generator_loss", "frechet_distance", "classifier_accuracy", "diversity"},
		{"full/cnn", "true", "1", "0.5", "0.8", "0", "0.8", "0.001", "0", "0", "", "", "", ""},
		{"full/gan", "true", "1", "1", "0.75", "", "", "0", "0", "0", "0.5", "8.76", "0.912", "0.8"},
	}
	if !slices.EqualFunc(rows, want, slices.Equal) {
		t.Errorf("the rows are %q, want %q", rows, want)
	}
}
