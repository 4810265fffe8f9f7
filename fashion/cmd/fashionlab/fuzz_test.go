package main

import (
	"bytes"
	"errors"
	"flag"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/run"
)

// words are a command line's arguments, which a fuzz test has as one text.
func words(line string) []string { return strings.Split(line, "\x00") }

func addLines(f *testing.F) {
	for _, line := range []string{"train -recipe cnn -epochs 2", "train -recipe mixing -seed 2", "search -model cnn -eta 3 -rounding up", "predict a.jpg -json -- -b.png", "demo -listen [::1]:80 -token x",
		"bench -batch 64,,512", "summary -h", "check -only cnn,,", "report -html -", "--help", "help", "", "-parse-only train", "train -epochs=1 -epochs", "train -profile  -name ../x"} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
}

// A command line is one of a command whose work is known, or an error in words; checking it prints nothing but a usage that was asked for.
func FuzzCommandLine(f *testing.F) {
	f.Setenv(run.RootVariable, f.TempDir())
	addLines(f)
	f.Fuzz(func(t *testing.T, line string) {
		var out bytes.Buffer
		c, do, err := parse(words(line), &out)
		switch {
		case errors.Is(err, flag.ErrHelp):
			if out.Len() == 0 {
				t.Error("the usage is empty")
			}
		case err != nil && (strings.TrimSpace(err.Error()) == "" || out.Len() > 0):
			t.Errorf("the error is %q, after %q", err, &out)
		case err == nil && (do == nil || c.name != words(line)[0] || out.Len() > 0):
			t.Errorf("the command is %q, after %q", c.name, &out)
		}
	})
}

// Batch sizes are numbers of images, and an address that others reach has a token.
func FuzzFlagValues(f *testing.F) {
	for _, value := range []string{"64,512", "", ",", "1,-1", " 8 ", "1e3", "127.0.0.1:80", "[::1]:0", ":8080", "localhost:x", "0.0.0.0:80", "a:b:c", "[fe80::1%25eth0]:1"} {
		f.Add(value, "")
		f.Add(value, "AAAA-AAAA-AAAA")
	}
	f.Fuzz(func(t *testing.T, value, token string) {
		if sizes, err := bench.ParseSizes(value); err == nil && (len(sizes) == 0 || slices.Min(sizes) < 1) {
			t.Errorf("%q are the sizes %v", value, sizes)
		}
		checked, err := checkAddress(value, token)
		if err != nil || checked != "" {
			return
		}
		if !strings.HasPrefix(value, "localhost:") && !strings.HasPrefix(value, "127.") && !strings.HasPrefix(value, "[") && !strings.HasPrefix(value, "::") {
			t.Errorf("%q needs no token", value)
		}
	})
}
