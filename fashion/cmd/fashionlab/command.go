package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
)

// command is a subcommand of the program.
type command struct {
	name      string
	summary   string // a line of the list of commands
	arguments string // what follows the flags in the usage; "" for a command that takes nothing but flags
	text      string // a paragraph that says what the command does
	example   string // what follows `go run ./kernel-setup`
	heeds     bool   // its work ends when its context does; the signals themselves end any other
	define    func(*flag.FlagSet) prepare
}

// prepare checks the values of the flags and the arguments, which costs nothing, and returns what is to be done.
type prepare func(args []string) (work, error)

// work does what a command is for.
type work func(context.Context) error

// commands lists all subcommands in the order of the usage.
func commands() []command {
	return []command{
		trainCommand(), searchCommand(), reportCommand(), robustnessCommand(), dataCommand(), predictCommand(), demoCommand(), exportCommand(), summaryCommand(), benchCommand(), checkCommand(), backendCommand(), probeCommand(),
	}
}

// kernelSetup is how this program is called.
const kernelSetup = "go run ./kernel-setup"

// parse reads a command line. It prints a usage that is asked for, and returns flag.ErrHelp then; any other error tells what is wrong with the command line.
func parse(args []string, out io.Writer) (c command, do work, err error) {
	general := flag.NewFlagSet("", flag.ContinueOnError) // has -h and nothing else
	general.SetOutput(io.Discard)
	if len(args) == 0 || args[0] == "help" || errors.Is(general.Parse(args[:1]), flag.ErrHelp) {
		printCommands(out)
		return c, nil, flag.ErrHelp
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == args[0] })
	if i < 0 {
		return c, nil, fmt.Errorf("%q is no command; want one of %s", args[0], strings.Join(names(), ", "))
	}
	c = commands()[i]
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are returned, the usage is printed by printUsage
	ready := c.define(f)
	rest, err := flags.Parse(f, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		c.printUsage(out, f)
		return c, nil, err
	}
	if err == nil && len(rest) > 0 && c.arguments == "" {
		err = fmt.Errorf("takes flags only, not %q", rest[0])
	}
	if err == nil {
		do, err = ready(rest)
	}
	if err != nil {
		return c, nil, fmt.Errorf("%s: %w\n`%s %s -h` lists its flags", c.name, err, kernelSetup, c.name)
	}
	return c, do, nil
}

// names are those of the commands.
func names() (list []string) {
	for _, c := range commands() {
		list = append(list, c.name)
	}
	return list
}

// printCommands prints a line for each command.
func printCommands(w io.Writer) {
	fmt.Fprintf(w, "usage: %s COMMAND [flags]\n\n", kernelSetup)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\n`%s COMMAND -h` lists a command's flags.\n", kernelSetup)
}

// printUsage prints what a command does, an example and its flags.
func (c command) printUsage(w io.Writer, f *flag.FlagSet) {
	hasFlags := false
	f.VisitAll(func(*flag.Flag) { hasFlags = true })
	line := strings.TrimSpace(c.name + map[bool]string{true: " [flags]"}[hasFlags] + " " + c.arguments)
	fmt.Fprintf(w, "usage: %s %s\n\n%s\n\nExample:\n\n  %s %s\n", kernelSetup, line, c.text, kernelSetup, c.example)
	if hasFlags {
		fmt.Fprint(w, "\nFlags:\n\n")
		f.SetOutput(w)
		f.PrintDefaults()
	}
}

// addProfile defines the flag -profile.
func addProfile(f *flag.FlagSet) *string {
	return f.String("profile", "quick", "`size` of the study: smoke, quick or full")
}
