package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
