package parts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// compilerFix says how people get a C compiler.
const compilerFix = "install one: on Debian and Ubuntu `apt-get install gcc libc6-dev`, on Fedora `dnf install gcc`, on a Mac `xcode-select --install`"

// cProgram is what the backend's Go package needs of C: headers, and the loading of libraries.
const cProgram = "#include <stdlib.h>\n#include <dlfcn.h>\nint main(void) { return dlsym(0, \"malloc\") == 0 && getenv(\"\") != 0; }\n"

// cCompiler is the command with which Go compiles C, perhaps with arguments.
func cCompiler() (string, error) {
	goPath, err := layout.GoCommand()
	if err != nil {
		return "", err
	}
	out, err := exec.Command(goPath, "env", "CC").Output()
	if err != nil {
		return "", fmt.Errorf("%s env CC: %w", goPath, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// findCompiler finds out whether the C compiler works, unless it is known to.
func findCompiler(l layout.Layout) (string, error) {
	compiler, err := cCompiler()
	if err != nil {
		return "", err
	}
	words := strings.Fields(compiler)
	if len(words) == 0 {
		return "", errors.New("go env CC is empty; " + compilerFix)
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return "", fmt.Errorf("no C compiler %q: without one the backend is left out of our programs; %s", words[0], compilerFix)
	}
	inputs := fmt.Sprintf("%s %s %s", compiler, path, runtime.Version())
	if l.Stamped(Compiler, inputs) {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "fashionlab-cc-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir) // of the system's temporary files
	source := filepath.Join(dir, "program.c")
	if err := os.WriteFile(source, []byte(cProgram), 0o666); err != nil {
		return "", err
	}
	args := append(words[1:len(words):len(words)], "-o", filepath.Join(dir, "program"), source, "-ldl")
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s compiles no program: %w\n%s\n%s", path, err, process.LastLines(string(out), 5), compilerFix)
	}
	if err := os.MkdirAll(l.Home, 0o777); err == nil { // without a private folder it is tried each time
		if err := l.SetStamp(Compiler, inputs); err != nil {
			return "", err
		}
	}
	return path, nil
}

// makeCompiler cannot provide one: it returns what findCompiler found.
func makeCompiler(_ context.Context, l layout.Layout, _ func(string)) error {
	_, err := findCompiler(l)
	return err
}
