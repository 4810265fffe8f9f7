package parts

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// A cell is a program, and most of its time goes into linking it. Go's own linker takes 0.8 s, the C compiler's 1.1 s, but what it makes of
// programs with C parts need not run everywhere: so the program fashionlab is linked and run once with each Go.
const (
	ownLinker = "Go's own linker"
	cLinker   = "the C compiler's linker"
)

// linkerVariable at 0 has Go link programs with C parts by itself (go help environment).
const linkerVariable = "GO_EXTLINK_ENABLED"

func linkerInputs(linker string) string { return linker + " " + runtime.Version() }

// linksItself reports whether Go's own linker was found to work.
func linksItself(l layout.Layout) bool { return l.Stamped(Linker, linkerInputs(ownLinker)) }

func findLinker(l layout.Layout) (string, error) {
	for _, linker := range []string{ownLinker, cLinker} {
		if l.Stamped(Linker, linkerInputs(linker)) {
			return linker + " for the notebooks' cells", nil
		}
	}
	return "", fmt.Errorf("no linker was tried with %s", runtime.Version())
}

// makeLinker takes Go's own linker if the program that it makes opens the backend.
func makeLinker(ctx context.Context, l layout.Layout, say func(string)) error {
	goPath, err := layout.GoCommand()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(l.Home, "linker-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	try := func(external string) error {
		env, program := l.Environment(linkerVariable+"="+external, device.BackendVariable+"=xla:cpu"), filepath.Join(dir, "fashionlab")
		if err := process.RunQuietly(ctx, l.Root, env, goPath, "build", "-ldflags=-w", "-o", program, layout.ProgramPackage); err != nil {
			return err
		}
		return process.RunQuietly(ctx, l.Root, env, program, "backend")
	}
	say("compiling the models, and linking them with " + ownLinker)
	linker := ownLinker
	if own := try("0"); own != nil {
		if err := try("1"); err != nil {
			return err
		}
		say(fmt.Sprintf("%s does not work here; each cell takes a little longer: %v", ownLinker, own))
		linker = cLinker
	}
	if err := os.RemoveAll(dir); err != nil { // while the part counts as missing: a set-up that finds all parts looks for no leftovers
		return err
	}
	return l.SetStamp(Linker, linkerInputs(linker))
}
