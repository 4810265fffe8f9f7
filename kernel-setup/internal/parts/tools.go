package parts

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// tools are the programs that the small module kernel-setup/tools pins: the notebook kernel and what it calls to tidy
// the imports of a cell.
var tools = []string{"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports"}

// ToolPackages lists the packages of the programs that the module kernel-setup/tools pins.
func ToolPackages() []string { return slices.Clone(tools) }

// toolInputs names what the tools are built from.
func toolInputs(l layout.Layout) (string, error) {
	sum, err := os.ReadFile(filepath.Join(l.Root, "kernel-setup", "tools", "go.sum"))
	if err != nil {
		return "", err
	}
	return hash(sum) + " " + runtime.Version(), nil
}

func findTools(l layout.Layout) (string, error) {
	inputs, err := toolInputs(l)
	if err != nil {
		return "", err
	}
	if !l.Stamped(Tools, inputs) {
		return "", fmt.Errorf("gonb and goimports are not built, or from other versions")
	}
	var found []string
	for _, tool := range tools {
		path := filepath.Join(l.Bin(), filepath.Base(tool))
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, filepath.Base(tool)+" "+info.Main.Version)
	}
	return fmt.Sprintf("%s in %s", strings.Join(found, ", "), l.Bin()), nil
}

func makeTools(ctx context.Context, l layout.Layout, say func(string)) error {
	inputs, err := toolInputs(l)
	if err != nil {
		return err
	}
	if err := l.ClearStamp(Tools); err != nil {
		return err
	}
	goPath, err := layout.GoCommand()
	if err != nil {
		return err
	}
	say("building gonb and goimports into " + l.Bin())
	env := l.Environment("GOBIN=" + l.Bin())
	args := append([]string{"install"}, tools...)
	if err := process.RunQuietly(ctx, filepath.Join(l.Root, "kernel-setup", "tools"), env, goPath, args...); err != nil {
		return err
	}
	return l.SetStamp(Tools, inputs)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
