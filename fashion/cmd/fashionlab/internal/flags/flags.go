// Package flags has what the subcommands' flags have in common.
package flags

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	"fashionlab/fashion/disk"
)

// Parse reads the flags, which may stand among the arguments, up to "--", and returns the arguments.
func Parse(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		n := len(args) - f.NArg() // read as flags
		if f.NArg() == 0 || n > 0 && args[n-1] == "--" {
			return append(rest, f.Args()...), nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// IsSet reports whether one of these flags was set.
func IsSet(f *flag.FlagSet, names ...string) (set bool) {
	f.Visit(func(g *flag.Flag) { set = set || slices.Contains(names, g.Name) })
	return set
}

// CheckOutputs reports files that cannot be written; "" is none.
func CheckOutputs(paths ...string) error {
	for _, path := range paths {
		if path == "" {
			continue
		}
		if err := disk.CheckOutput(path); err != nil {
			return err
		}
	}
	return nil
}

// CheckFolder reports the value of a flag that is no folder; want says which one it should be.
func CheckFolder(name, path, want string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("-%s: %w", name, err)
	}
	if !info.IsDir() {
		return fmt.Errorf("-%s is %s, which is a file, want %s", name, path, want)
	}
	return nil
}

// TimeLimit is the value of the flag -for, 0 for none.
type TimeLimit struct{ time.Duration }

// Define adds the flag.
func (l *TimeLimit) Define(f *flag.FlagSet, usage string) {
	f.Func("for", usage, func(value string) (err error) {
		if l.Duration, err = time.ParseDuration(value); err != nil || l.Duration <= 0 {
			return errors.New("want a time above 0, such as 2h30m")
		}
		return nil
	})
}

// Context is one that ends when the time is over.
func (l TimeLimit) Context(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, cmp.Or(l.Duration, 1<<63-1))
}
