// Command kernel-setup installs what the study needs and is missing, then executes its notebooks, opens them in
// JupyterLab, runs the tests, or hands a command over to the program fashion/cmd/fashionlab.
//
// It installs into private folders only, as the user who runs it, and asks nothing: what it fetches has a pinned version and a known sha256, or, for the plugin of Macs, the
// one of the first time.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"fashionlab/fashion/parent"
	"fashionlab/kernel-setup/internal/process"
)

func main() {
	parent.Watch()
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, stopTerminated := signal.NotifyContext(interrupted, syscall.SIGTERM)
	defer stopTerminated()
	err := dispatch(ctx, os.Args[1:])
	if err != nil {
		os.Exit(exitCode(err, interrupted.Err() != nil, ctx.Err() != nil, os.Stderr))
	}
}

// usageError is a wrong command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode prints an error and returns the code to exit with: after SIGINT and SIGTERM those of shells.
func exitCode(err error, interrupted, stopped bool, messages io.Writer) int {
	if exit := (*process.ExitError)(nil); errors.As(err, &exit) {
		return exit.Code
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(messages, "kernel-setup:", err)
	switch {
	case errors.As(err, &usageError{}):
		return 2
	case interrupted:
		return 128 + int(syscall.SIGINT)
	case stopped:
		return 128 + int(syscall.SIGTERM)
	}
	return 1
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		printUsage(os.Stderr)
		return &process.ExitError{Code: 2}
	}
	name, args := args[0], args[1:]
	if name == "licenses" { // as Americans spell it
		name = "licences"
	}
	if name == "help" || slices.Contains(helpFlags, name) {
		printUsage(os.Stdout)
		return nil
	}
	if i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name }); i >= 0 {
		return commands()[i].run(ctx, args)
	}
	if i := slices.IndexFunc(handedOver, func(h handed) bool { return h.name == name }); i >= 0 {
		return handedOver[i].run(ctx, args)
	}
	var known []string
	for _, c := range commands() {
		known = append(known, c.name)
	}
	for _, h := range handedOver {
		known = append(known, h.name)
	}
	return usageError{fmt.Errorf("%q is no command; want one of %s", name, strings.Join(known, ", "))}
}

// printUsage prints a line for each command.
func printUsage(w io.Writer) {
	fmt.Fprint(w, "usage: go run ./kernel-setup COMMAND [flags]\n\n")
	for _, c := range commands() {
		fmt.Fprint(w, usageLine(c.name, c.summary))
	}
	fmt.Fprint(w, "\nThese are handed over to the program fashion/cmd/fashionlab:\n\n")
	for _, h := range handedOver {
		fmt.Fprint(w, usageLine(h.name, h.summary))
	}
	fmt.Fprint(w, `
`+"`go run ./kernel-setup COMMAND -h`"+` lists a command's flags. Each command first installs what it needs and is missing.
`+gpuUsage())
}

// usageLine is a command's line in the usage.
func usageLine(name, summary string) string { return fmt.Sprintf("  %-10s %s\n", name, summary) }

// gpuUsage describes the flags of commands that compute on a GPU.
func gpuUsage() string {
	computes := []string{"run", "lab"}
	for _, h := range handedOver {
		if h.gpu {
			computes = append(computes, h.name)
		}
	}
	return strings.Join(computes, ", ") + ` compute on an NVIDIA GPU where one works, and say so. kernel-setup's own flags, for them and setup:

  -gpu auto|off|cuda13|cuda12   whether to, or with which release of the plugin (default auto); $GOMLX_BACKEND decides before it
  -deterministic                on a GPU, compute so that a training can be repeated bit for bit, which is slower
`
}

// helpFlags are those that ask for a usage.
var helpFlags = []string{"-h", "--h", "-help", "--help"}

// hasFlag reports whether arguments have a flag, in one of its forms, before "--".
func hasFlag(args []string, forms ...string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool { return slices.Contains(forms, arg) })
}

// parseOwn reads the flags of a command that takes no arguments.
func (c command) parseOwn(args []string, o *options) error {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are returned
	if c.flags != nil {
		c.flags(f, o)
	}
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Printf("usage: go run ./kernel-setup %s [flags]\n\n%s\n\n", c.name, c.summary)
		f.SetOutput(os.Stdout)
		f.PrintDefaults()
		if c.gpu {
			fmt.Print("\n", gpuUsage())
		}
		return err
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("takes flags only, not %q", f.Arg(0))
	}
	if err != nil {
		return usageError{fmt.Errorf("%s: %w; `go run ./kernel-setup %s -h` lists its flags", c.name, err, c.name)}
	}
	return nil
}
