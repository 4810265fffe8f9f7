// Package parts provides what the study needs beside Go: each part is found or installed, checked, and removed again.
package parts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/python"
)

// Part is one thing that set-up provides.
type Part struct {
	Name string
	Find func(layout.Layout) (found string, err error)            // what is there; the error says what is not
	make func(context.Context, layout.Layout, func(string)) error // provides it, and says what it does
	Fix  string                                                   // the command that provides it where make cannot
}

// The names of the parts, beside python.Jupyter.
const (
	Compiler = "C compiler"
	Tools    = "GoNB"
	Plugin   = "PJRT"
	Data     = "Fashion-MNIST"
	Linker   = "linker"
	Kernel   = "kernel"
)

// All lists the parts in the order in which they are set up.
func All() []Part {
	const again = "go run ./kernel-setup setup"
	return []Part{
		{Compiler, findCompiler, makeCompiler, compilerFix},
		{Tools, findTools, makeTools, again},
		{python.Jupyter, python.FindJupyter, python.MakeJupyter, again},
		{Plugin, findPlugin, makePlugin, again},
		{Data, findData, makeData, again},
		{Linker, findLinker, makeLinker, again},
		{Kernel, findKernel, MakeKernel, again},
	}
}

// SetUp provides the named parts that are missing. Only one process at a time does.
func SetUp(ctx context.Context, l layout.Layout, names []string) error {
	if len(Missing(l, names)) == 0 {
		return nil
	}
	return l.UnderLock(ctx, func() error { return makeParts(ctx, l, names) })
}

// makeParts provides the named parts that are missing: another process may have provided some meanwhile.
func makeParts(ctx context.Context, l layout.Layout, names []string) error {
	for _, p := range Missing(l, names) {
		start := time.Now()
		say := func(what string) { layout.Log(p.Name, what) }
		if err := p.make(ctx, l, say); err != nil {
			return fmt.Errorf("setting up %s: %w", p.Name, err)
		}
		found, err := p.Find(l)
		if err != nil {
			return fmt.Errorf("%s was set up, but: %w", p.Name, err)
		}
		say(fmt.Sprintf("ready in %.0fs: %s", time.Since(start).Seconds(), found))
	}
	return nil
}

// Missing are the parts of these names that are not there.
func Missing(l layout.Layout, names []string) []Part {
	return slices.DeleteFunc(All(), func(p Part) bool {
		if !slices.Contains(names, p.Name) {
			return true
		}
		_, err := p.Find(l)
		return err == nil
	})
}
