package main

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/cmd/fashionlab/internal/answers"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/run"
)

func TestRunOnADataSetOfOnesOwnIsNamedAfterItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my shells")
	for _, c := range []struct {
		o    trainOptions
		name string
	}{
		{trainOptions{recipe: "cnn"}, "own/my shells/cnn"},
		{trainOptions{recipe: "residual", seed: 7}, "own/my shells/residual-seed7"},
	} {
		c.o.data = dir
		if got, err := ownName(c.o); err != nil || got != c.name {
			t.Errorf("%+v: the run is %q (%v), want %q", c.o, got, err, c.name)
		}
	}
}

func TestWhatCannotBeTrainedOnADataSetOfOnesOwnIsRefusedAtOnce(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"-data " + dir + "/none":            "no such file",
		"-data " + file:                     "want the folder",
		"-data " + dir + " -publish":        "-publish",
		"-data " + dir + " -recipe mixing":  "mixing",
		"-data " + dir + " -fit squeeze":    "squeeze",
		"-data " + dir + " -side 50":        "a multiple of 4 from 28 to 96",
		"-data " + dir + " -color":          "choose one of crop, pad, stretch",
		"-side 64 -fit pad":                 "of -data",
		"-data " + dir + " -all":            "one training",
		"-data " + dir + " -recipe unknown": "unknown",
	} {
		var out, messages bytes.Buffer
		if code := commandLine(append([]string{parseOnly, "train"}, strings.Fields(args)...), &out, &messages); code != exitUsage || !strings.Contains(messages.String(), want) {
			t.Errorf("train %s ends with %d and says %q, want %q", args, code, &messages, want)
		}
	}
	var out, messages bytes.Buffer
	if code := commandLine([]string{"train", "-data", dir}, &out, &messages); code != exitFailed || !strings.Contains(messages.String(), "no subfolders") {
		t.Errorf("training on an empty folder ends with %d and says %q", code, &messages)
	}
}

func TestWhatIsInAFolderIsPrintedAndDrawn(t *testing.T) {
	page := filepath.Join(t.TempDir(), "found.html")
	var out, messages bytes.Buffer
	if code := commandLine([]string{"data", "../../../testdata/fashion-mnist", "-html", page}, &out, &messages); code != 0 {
		t.Fatalf("it ends with %d: %s", code, &messages)
	}
	if html, err := os.ReadFile(page); err != nil || !bytes.Contains(html, []byte("1,600 training and 400 test images")) {
		t.Errorf("the page has %d bytes (%v)", len(html), err)
	}
	for _, args := range [][]string{{"data"}, {"data", "a", "b"}, {"data", "a", "-fit", "squeeze"}} {
		if code := commandLine(args, &out, &messages); code != exitUsage {
			t.Errorf("%q ends with %d", args, code)
		}
	}
}

func TestPredictionsAreATableOfALineForEachFile(t *testing.T) {
	var b bytes.Buffer
	if err := answers.CSV(&b, []answers.Answer{
		{File: "a, \"b\".png", Class: "mug", Decision: demo.NotSure, Reason: "low confidence", Top: []answers.Probable{{Class: "mug", Probability: 0.51}, {Class: "key", Probability: 0.25}}},
		{File: "c.png", Error: "found a picture of 1x1 pixels, want 8x8 or more"},
	}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	want := [][]string{
		{"file", "class", "probability", "decision", "reason", "second", "second_probability", "error"},
		{"a, \"b\".png", "mug", "0.5100", "not sure", "low confidence", "key", "0.2500", ""},
		{"c.png", "", "", "", "", "", "", "found a picture of 1x1 pixels, want 8x8 or more"},
	}
	if err != nil || !slices.EqualFunc(rows, want, slices.Equal[[]string]) {
		t.Errorf("the table is %q (%v)", rows, err)
	}
}

func TestAFolderStandsForThePicturesInIt(t *testing.T) {
	files, bad := inFolders([]string{"missing.png", t.TempDir(), "../../../testdata/photos"}) // the second has no pictures
	if bad != 1 || len(files) < 3 || files[0] != "missing.png" || filepath.Dir(files[1]) != filepath.Clean("../../../testdata/photos") {
		t.Errorf("%q, and %d folders that cannot be used", files, bad)
	}
	link := filepath.Join(t.TempDir(), "link")
	if photos, err := filepath.Abs("../../../testdata/photos"); err != nil || os.Symlink(photos, link) != nil {
		t.Fatal("there is no link to the photos", err)
	}
	if linked, bad := inFolders([]string{link}); bad != 0 || len(linked) != len(files)-1 || filepath.Dir(linked[0]) != link {
		t.Errorf("through a link: %q, %d", linked, bad)
	}
}

func TestLabelsAreReviewedBetweenTwoFolders(t *testing.T) {
	for _, args := range [][]string{{"demo", "-review", "a"}, {"demo", "-out", "a"}, {"predict", "-csv", "-json", "a"}} {
		var out, messages bytes.Buffer
		if code := commandLine(append([]string{parseOnly}, args...), &out, &messages); code != exitUsage {
			t.Errorf("%q ends with %d and says %q", args, code, &messages)
		}
	}
}
