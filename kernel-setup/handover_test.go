package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/cuda"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
	"fashionlab/kernel-setup/internal/process"
)

// standInProgram is a program in fashionlab's place. It adds a line for each call to a file, the arguments in brackets, and then does what the shell commands say.
func standInProgram(t *testing.T, commands string) (calls func() []string) {
	t.Helper()
	program, file := filepath.Join(t.TempDir(), "a program"), filepath.Join(t.TempDir(), "calls")
	layouttest.Write(t, program, "#!/bin/sh\n{ printf '[%s]' \"$@\"; echo; } >>\"$FASHION_TEST_CALLS\"\n"+commands)
	if err := os.Chmod(program, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv(layout.ProgramVariable, program)
	t.Setenv("FASHION_TEST_CALLS", file)
	return func() []string {
		data, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return strings.Fields(strings.ReplaceAll(string(data), " ", "_"))
	}
}

func TestArgumentsAreHandedOverUnchanged(t *testing.T) {
	layouttest.New(t)
	t.Setenv(run.RootVariable, t.TempDir())
	calls := standInProgram(t, "")
	want := []string{}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"predict", "a photo.jpg", "-json", "", "--", "-x.png", "-gpu"}, "[predict][a_photo.jpg][-json][][--][-x.png][-gpu]"},
		{[]string{"train", "-gpu", "off", "-recipe=cnn", "-deterministic", "-epochs", "2"}, "[train][-recipe=cnn][-epochs][2]"},
		{[]string{"search", "--gpu=off", "--plan", "--", "-deterministic"}, "[search][--plan][--][-deterministic]"},
		{[]string{"bench", "-gpu", "off", "-unknown", "*", "$HOME"}, "[bench][-unknown][*][$HOME]"},
		{[]string{"report"}, "[report]"},
	} {
		if err := dispatch(t.Context(), c.args); err != nil {
			t.Errorf("%q: %v", c.args, err)
		}
		want = append(want, c.want)
	}
	if got := calls(); !slices.Equal(got, want) {
		t.Errorf("handed over were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestOwnFlagsAreTakenOutOfArguments(t *testing.T) {
	for _, c := range []struct {
		args, rest, gpu, fail string
		deterministic         bool
	}{
		{args: "--no-browser --port=0 -gpu off x", rest: "--no-browser --port=0 x", gpu: cuda.Off},
		{args: "-run X -v -gpu=off -deterministic=false", rest: "-run X -v", gpu: cuda.Off},
		{args: "-h -deterministic", rest: "-h", gpu: cuda.Auto, deterministic: true},
		{args: "-gpus off -- -gpu", rest: "-gpus off -- -gpu", gpu: cuda.Auto},
		{args: "a -gpu", fail: "needs an argument"},
		{args: "-gpu yes", fail: "auto, off, cuda13, cuda12"},
		{args: "-deterministic=perhaps", fail: `"perhaps"`},
	} {
		o, rest, err := takeOwn(strings.Fields(c.args))
		if c.fail != "" {
			if usage := (usageError{}); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.fail) {
				t.Errorf("%q: the error is %v, want %q", c.args, err, c.fail)
			}
			continue
		}
		if err != nil || !slices.Equal(rest, strings.Fields(c.rest)) || o.gpu.Choice != c.gpu || o.gpu.Deterministic != c.deterministic {
			t.Errorf("%q: rest %q, %+v (%v), want %+v", c.args, rest, o, err, c)
		}
	}
	layouttest.New(t)
	calls := standInProgram(t, "")
	layouttest.Mentions(t, dispatch(t.Context(), []string{"predict", "a.png", "-gpu", "off"}), "predict computes on the CPU")
	if got := calls(); len(got) > 0 {
		t.Errorf("the program was called: %q", got)
	}
}

func TestTypingErrorOfTheProgramIsReportedBeforeTheSetUp(t *testing.T) {
	l := layouttest.New(t)
	t.Setenv(run.RootVariable, t.TempDir())
	l.System = layouttest.System(t, layouttest.H100) // which costs a set-up
	calls := standInProgram(t, "exit 2\n")
	err := handedOver[0].setUp(t.Context(), &l, options{gpu: cuda.Options{Choice: cuda.Auto}}, []string{"-recip", "cnn"})
	var exit *process.ExitError
	if !errors.As(err, &exit) || exit.Code != 2 || l.Accelerator != nil {
		t.Errorf("the error is %v, want exit status 2; settings %q", err, l.Accelerator)
	}
	if got, want := calls(), []string{"[-parse-only][train][-recip][cnn]"}; !slices.Equal(got, want) {
		t.Errorf("the program was called with %q, want %q", got, want)
	}
	if _, err := os.Stat(l.Home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was set up: %v", err)
	}
}

func TestHelpIsTheProgramsAndSetsNothingUp(t *testing.T) {
	l := layouttest.New(t)
	calls := standInProgram(t, "")
	if err := dispatch(t.Context(), []string{"train", "-recipe", "cnn", "--help"}); err != nil {
		t.Fatal(err)
	}
	if got, want := calls(), []string{"[train][-recipe][cnn][--help]"}; !slices.Equal(got, want) {
		t.Errorf("the program was called with %q, want %q", got, want)
	}
	if _, err := os.Stat(l.Home); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was set up: %v", err)
	}
}

func TestExitCodeIsTheProgramsAndThatOfASignal(t *testing.T) {
	layouttest.New(t)
	for commands, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -TERM $$": 143, "kill -INT $$; sleep 5": 130} {
		standInProgram(t, commands+"\n")
		err := dispatch(t.Context(), []string{"summary"})
		var exit *process.ExitError
		if want == 0 && err != nil || want != 0 && (!errors.As(err, &exit) || exit.Code != want) {
			t.Errorf("%s: the error is %v, want exit status %d", commands, err, want)
		}
	}
	for _, c := range []struct {
		err                  error
		interrupted, stopped bool
		want                 int
	}{
		{&process.ExitError{Code: 5}, true, true, 5},
		{errors.New("failed"), false, false, 1},
		{usageError{errors.New("wrong")}, false, false, 2},
		{context.Canceled, true, true, 130},
		{errors.New("interrupted; kept"), false, true, 143},
	} {
		var said strings.Builder
		if got := exitCode(c.err, c.interrupted, c.stopped, &said); got != c.want || strings.Contains(said.String(), "context") {
			t.Errorf("%v: the exit code is %d, said is %q, want %d", c.err, got, &said, c.want)
		}
	}
}

// A training that is asked to stop may take a while for its present step.
func TestProgramIsAskedToStopAndWaitedFor(t *testing.T) {
	layouttest.New(t)
	calls := standInProgram(t, `trap 'sleep 1; "$0" ended; exit 143' TERM
[ "$1" = ended ] && exit
while :; do sleep 0.1; done
`)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for len(calls()) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(200 * time.Millisecond) // for its trap
		stop()
	}()
	err := dispatch(ctx, []string{"summary"})
	var exit *process.ExitError
	if !errors.As(err, &exit) || exit.Code != 143 {
		t.Errorf("the error is %v, want exit status 143", err)
	}
	if got, want := calls(), []string{"[summary]", "[ended]"}; !slices.Equal(got, want) {
		t.Errorf("the program was called with %q, want %q", got, want)
	}
}

func TestEachCommandOfTheProgramIsHandedOver(t *testing.T) {
	program := filepath.Join(t.TempDir(), "fashionlab")
	build := exec.Command("go", "build", "-o", program, layout.ProgramPackage)
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs, ours []string
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "  ") {
			theirs = append(theirs, line)
		}
	}
	for _, h := range handedOver {
		ours = append(ours, usageLine(h.name, h.summary))
	}
	if !slices.Equal(ours, theirs) || len(ours) == 0 {
		t.Errorf("handed over are %q, the program has %q", ours, theirs)
	}
}
