package layout

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"fashionlab/fashion/device"
	"fashionlab/fashion/parent"
	"fashionlab/kernel-setup/internal/process"
)

// ProgramVariable names a program fashionlab that was built elsewhere, for a machine without Go: nothing is built or set up then.
const ProgramVariable = "FASHIONLAB_PROGRAM"

// ProgramPackage is that of the program with every command that needs the models, so that this one starts without them.
const ProgramPackage = "./fashion/cmd/fashionlab"

// BuildProgram builds that program, unless it is up to date.
func (l Layout) BuildProgram(ctx context.Context) error {
	if os.Getenv(ProgramVariable) != "" {
		return nil
	}
	goPath, err := GoCommand()
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.Program()); err != nil {
		Log("fashionlab", "building the program; the first time it takes a minute or more")
	}
	if err := os.MkdirAll(filepath.Dir(l.Program()), 0o777); err != nil {
		return fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	return process.RunQuietly(ctx, l.Root, l.Environment(), goPath, "build", "-o", l.Program(), ProgramPackage)
}

// RunProgram builds that program and runs it where the user is. It may take as long as it wants to end when we are to stop: a training ends after its present step.
func (l Layout) RunProgram(ctx context.Context, args ...string) error {
	if err := l.BuildProgram(ctx); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, l.Program(), args...)
	c.Env = append(l.BackendEnvironment(), parent.Setting(), device.ExecutablesVariable+"="+l.chosenExecutables())
	return process.RunShown(ctx, c)
}
