package flags

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFlagsMayFollowArguments(t *testing.T) {
	for _, c := range []struct {
		args, rest, name, fail string
		json                   bool
	}{
		{args: "a.png -json b.png", rest: "a.png b.png", json: true},
		{args: "-json=false a.png", rest: "a.png"},
		{args: "a.png -- -json", rest: "a.png -json"},
		{args: "a.png --name x b.png", rest: "a.png b.png", name: "x"},
		{args: "-no a.png", fail: "not defined: -no"},
		{args: "a.png -name", fail: "needs an argument"},
		{args: "-", rest: "-"},
	} {
		f := flag.NewFlagSet("command", flag.ContinueOnError)
		f.SetOutput(new(bytes.Buffer))
		json, name := f.Bool("json", false, ""), f.String("name", "", "")
		rest, err := Parse(f, strings.Fields(c.args))
		if c.fail != "" {
			if err == nil || !strings.Contains(err.Error(), c.fail) {
				t.Errorf("%q: the error is %v, want %q", c.args, err, c.fail)
			}
			continue
		}
		if err != nil || !slices.Equal(rest, strings.Fields(c.rest)) || *json != c.json || *name != c.name {
			t.Errorf("%q: rest %q, json %v, name %q (%v), want %+v", c.args, rest, *json, *name, err, c)
		}
	}
}

// Flags are read wherever they stand among the arguments, and nothing after "--" is a flag.
func FuzzFlags(f *testing.F) {
	for _, line := range []string{"a -n 1 b", "-b -n=2 -- -n 3", "-n", "-b=x", "- --n 1", "---n", "-=", "-b false"} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	flags := func() (set *flag.FlagSet, n *int, b *bool) {
		set = flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		return set, set.Int("n", 0, ""), set.Bool("b", false, "")
	}
	f.Fuzz(func(t *testing.T, line string) {
		set, n, b := flags()
		rest, err := Parse(set, append([]string{"--"}, words(line)...))
		if err != nil || !slices.Equal(rest, words(line)) || *n != 0 || *b {
			t.Errorf("after --, %q are %q, n %d and b %v (%v)", words(line), rest, *n, *b, err)
		}
		if set, _, _ = flags(); slices.Contains(words(line), "--") {
			return
		}
		rest, err = Parse(set, words(line))
		if err != nil {
			return
		}
		for _, word := range rest {
			if strings.HasPrefix(word, "-") && word != "-" || !slices.Contains(words(line), word) {
				t.Errorf("%q leave the argument %q", words(line), word)
			}
		}
	})
}

// words are those of a command line, which zeros part.
func words(line string) []string { return strings.Split(line, "\x00") }

func TestTimeLimitIsAboveZeroAndNoneByDefault(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "2h30m": 150 * time.Minute, "0s": -1, "-1s": -1, "soon": -1} {
		f := flag.NewFlagSet("command", flag.ContinueOnError)
		f.SetOutput(io.Discard)
		var l TimeLimit
		l.Define(f, "")
		var args []string
		if value != "" {
			args = []string{"-for", value}
		}
		if err := f.Parse(args); (err != nil) != (want < 0) {
			t.Errorf("-for %s: %v", value, err)
		}
		if want >= 0 && l.Duration != want {
			t.Errorf("-for %s is %v, want %v", value, l.Duration, want)
		}
		ctx, cancel := l.Context(context.Background())
		if deadline, _ := ctx.Deadline(); want == 0 && time.Until(deadline) < 1e6*time.Hour {
			t.Errorf("without -for the time is over at %v", deadline)
		}
		cancel()
	}
}

func TestSetFlagsAreKnown(t *testing.T) {
	f := flag.NewFlagSet("command", flag.ContinueOnError)
	f.Int("a", 1, "")
	f.Int("b", 1, "")
	if err := f.Parse([]string{"-a", "1"}); err != nil {
		t.Fatal(err)
	}
	if !IsSet(f, "b", "a") || IsSet(f, "b", "c") {
		t.Errorf("a is set: %v, b: %v", IsSet(f, "a"), IsSet(f, "b"))
	}
}

func TestOutputsThatCannotBeFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := CheckOutputs("", file, filepath.Join(dir, "new", "file")); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{dir: "is a folder", filepath.Join(file, "x"): file + " is no folder"} {
		if err := CheckOutputs("", path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", path, err, want)
		}
	}
}

func TestAFlagThatNamesNoFolderIsAnError(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := CheckFolder("data", dir, "a folder"); err != nil {
		t.Error(err)
	}
	for path, want := range map[string]string{file: "-data is " + file + ", which is a file, want a folder", filepath.Join(dir, "none"): "-data: "} {
		if err := CheckFolder("data", path, "a folder"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", path, err, want)
		}
	}
}
