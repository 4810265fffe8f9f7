// Command cluster is the worker of a cluster, and what the commands search and train need to follow what is done there. `go run ./kernel-setup cluster work` and -cluster build
// it where it is needed. The server is a program of its own, in fashion/cluster/server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"fashionlab/fashion/parent"
)

// revision is the digest of the source code, which `go run ./kernel-setup` sets.
var revision string

func main() {
	parent.Watch()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := command(ctx, os.Args[1:])
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(128 + int(syscall.SIGINT))
	default:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

// command does what the arguments say.
func command(ctx context.Context, args []string) error {
	if revision == "" {
		return errors.New("this program was built without the digest of its source code; `go run ./kernel-setup cluster` builds it")
	}
	if len(args) == 0 {
		return errors.New("want a command: work, search or train")
	}
	switch args[0] {
	case "work":
		return work(ctx, args[1:])
	case "search":
		return follow(ctx, os.Stdin)
	case "train":
		return trainRuns(ctx, os.Stdin)
	}
	return fmt.Errorf("%q is no command; want work, search or train", args[0])
}

// parse reads flags. It prints the usage that is asked for, and returns flag.ErrHelp then.
func parse(f *flag.FlagSet, usage string, args []string) error {
	f.SetOutput(io.Discard) // errors are returned
	err := f.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		f.SetOutput(os.Stdout)
		f.PrintDefaults()
	}
	if err == nil && f.NArg() > 0 {
		err = fmt.Errorf("takes flags only, not %q", f.Arg(0))
	}
	return err
}
