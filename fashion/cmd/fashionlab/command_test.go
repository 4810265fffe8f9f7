package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

// asProgram makes the test program the program itself.
const asProgram = "FASHIONLAB_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

func TestEachCommandHasAUsageThatListsItsFlagsAndAnExampleThatIsRight(t *testing.T) {
	var list bytes.Buffer
	if code := commandLine(nil, &list, &list); code != 0 {
		t.Errorf("without arguments the exit code is %d", code)
	}
	for _, c := range commands() {
		if !strings.Contains(list.String(), c.name) || !strings.Contains(list.String(), c.summary) {
			t.Errorf("the list of commands lacks %s", c.name)
		}
		var usage, messages bytes.Buffer
		if code := commandLine([]string{c.name, "-h"}, &usage, &messages); code != 0 || messages.Len() > 0 {
			t.Errorf("%s -h ends with %d and says %q", c.name, code, &messages)
		}
		want := []string{"go run ./kernel-setup " + c.name, c.text, "go run ./kernel-setup " + c.example}
		f := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.define(f)
		f.VisitAll(func(f *flag.Flag) {
			_, usage := flag.UnquoteUsage(f)
			want = append(want, "  -"+f.Name, usage)
		})
		for _, w := range want {
			if w == "" || !strings.Contains(usage.String(), w) {
				t.Errorf("the usage of %s lacks %q:\n%s", c.name, w, &usage)
			}
		}
		words := strings.Fields(c.example)
		if words[0] != c.name {
			t.Errorf("the example of %s is %q", c.name, c.example)
		}
		if _, do, err := parse(words, &usage); err != nil || do == nil {
			t.Errorf("the example of %s is wrong: %v", c.name, err)
		}
	}
}

func TestWrongCommandLinesAreReportedAndNothingIsDone(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	for line, want := range map[string]string{
		"frob":                                   `"frob" is no command; want one of train, search, report`,
		"train -model cnn":                       "not defined: -model",
		"train -epochs many":                     `"many"`,
		"train -epochs":                          "needs an argument",
		"train -epochs -1":                       "-epochs is -1",
		"train -seed -1":                         `"-1"`,
		"train -recipe vgg":                      `"vgg", want one of cnn`,
		"train -profile huge":                    "smoke, quick, full",
		"train -name ../elsewhere":               "-name",
		"train cnn":                              `takes flags only, not "cnn"`,
		"train -recipe mixing -seed 2":           "have their own",
		"train -recipe mixing -publish -weights": "without any weights",
		"train -recipe mixing -publish":          "too small",
		"train -recipe convnext-source -publish": "only runs that learned the classes",
		"train -all -recipe residual":            "-all has recipes",
		"train -weights":                         "-weights belongs to -publish",
		"train -all -recipe cnn":                 "-all has recipes",
		"train -all -seed 1":                     "-all has recipes",
		"train -all -publish":                    "large effects only",
		"train -all -claim hyper":                `"hyper", want one of augmentation`,
		"train -all -match (":                    "-match: error parsing",
		"train -all -match resnet101":            `"resnet101", and no run`,
		"train -match residual":                  "belong to -all",
		"train -all -for soon":                   `"soon"`,
		"train -all -for -1h":                    `"-1h" for flag -for: want a time above 0, such as 2h30m`,
		"train -for 1h":                          "belong to -all",
		"train -cluster here:1":                  "belong to -all",
		"train -all -bucket b":                   "belong to -cluster",
		"search -eta 1":                          "eta",
		"search -rounding up":                    `"up"`,
		"search -workers 0":                      "-workers is 0",
		"search -for -1h":                        `"-1h" for flag -for: want a time above 0, such as 2h30m`,
		"search -kind abc":                       "belongs to -cluster",
		"search -cluster here:1 -workers 2":      "as many as there are",
		"search -cluster here:1 -curves":         "leave out -cluster",
		"predict -json":                          "name one photo or more",
		"predict -recipe cnn a.png":              "not defined: -recipe",
		"demo -listen 8080":                      "-listen",
		"demo -origin demo.example":              `"demo.example", want a scheme and a host`,
		"export -onnx a.onnx":                    "the name of one finished run",
		"export full/cnn":                        "-onnx FILE, -safetensors FILE or both",
		"export -safetensors a -bytes full/cnn":  "belong to -onnx",
		"bench -batch 0":                         "-batch",
		"bench -photos -1":                       "-photos is -1",
		"bench -photos 10 -load":                 "exclude each other",
		"bench -search -answers":                 "exclude each other",
		"bench -load -search":                    "exclude each other",
		"bench -load -clients 0":                 "-clients is 0",
		"bench -growth photos":                   "images, runs, trials or uploads",
		"bench -figure growth.svg":               "-growth",
		"check -recipes vgg":                     `"vgg"`,
		"report -html":                           "needs an argument",
		"summary -model vgg":                     `"vgg"`,
		"probe now":                              "takes flags only",
	} {
		var out, messages bytes.Buffer
		if code := commandLine(strings.Fields(line), &out, &messages); code != exitUsage || !strings.Contains(messages.String(), want) || out.Len() > 0 {
			t.Errorf("%q ends with %d, prints %q and says %q, want %q in that", line, code, &out, &messages, want)
		}
	}
}

func TestFailedCommandAndDryParseHaveTheirExitCodes(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	file := filepath.Join(t.TempDir(), "none.onnx")
	export := []string{"export", "-onnx", file, "mine/none"}
	var out, messages bytes.Buffer
	if code := commandLine(export, &out, &messages); code != exitFailed || !strings.Contains(messages.String(), "mine/none") {
		t.Errorf("an export of no run ends with %d and says %q", code, &messages)
	}
	messages.Reset()
	if code := commandLine(append([]string{parseOnly}, export...), &out, &messages); code != 0 || messages.Len() > 0 {
		t.Errorf("its dry parse ends with %d and says %q", code, &messages)
	}
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	messages.Reset()
	if code := commandLine([]string{parseOnly, "report", "-html", filepath.Join(file, "report.html")}, &out, &messages); code != exitUsage || !strings.Contains(messages.String(), file+" is no folder") {
		t.Errorf("a report that cannot be written ends with %d and says %q", code, &messages)
	}
	if code := commandLine([]string{parseOnly, "report", "-htm"}, &out, &messages); code != exitUsage {
		t.Errorf("the dry parse of a wrong flag ends with %d", code)
	}
}

func TestRunIsNamedAfterItsRecipeAndSeed(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	for _, c := range []struct {
		o      trainOptions
		name   string
		seed   uint64
		epochs int
	}{
		{trainOptions{recipe: "cnn"}, "smoke/cnn", 1, 2},
		{trainOptions{recipe: "cnn", epochs: 5}, "smoke/cnn", 1, 5},
		{trainOptions{recipe: "cnn", seed: 1}, "smoke/cnn", 1, 2},
		{trainOptions{recipe: "cnn", seed: 7}, "smoke/cnn-seed7", 7, 2},
		{trainOptions{recipe: "residual-again", seed: 2}, "smoke/residual-again", 2, 2},
		{trainOptions{recipe: "cnn", seed: 7, name: "mine/cnn"}, "mine/cnn", 7, 2},
	} {
		c.o.profile = "smoke"
		got, err := newTraining(c.o)
		if err != nil || got.name != c.name || got.trained.Seed != c.seed || got.trained.Epochs != c.epochs {
			t.Errorf("%+v: run %s, seed %d, %d epochs (%v), want %s, %d, %d", c.o, got.name, got.trained.Seed, got.trained.Epochs, err, c.name, c.seed, c.epochs)
		}
	}
}
