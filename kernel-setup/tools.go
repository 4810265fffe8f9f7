package main

import (
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// tools are the programs that the small module kernel-setup/tools pins: the notebook kernel and what it calls to tidy
// the imports of a cell.
var tools = []string{"github.com/janpfeifer/gonb", "golang.org/x/tools/cmd/goimports"}

// toolInputs names what the tools are built from.
func toolInputs(l layout) (string, error) {
	sum, err := os.ReadFile(filepath.Join(l.root, "kernel-setup", "tools", "go.sum"))
	if err != nil {
		return "", err
	}
	return hash(sum) + " " + runtime.Version(), nil
}

func findTools(l layout) (string, error) {
	inputs, err := toolInputs(l)
	if err != nil {
		return "", err
	}
	if !stamped(l, partTools, inputs) {
		return "", fmt.Errorf("gonb and goimports are not built, or from other versions")
	}
	var found []string
	for _, tool := range tools {
		path := filepath.Join(l.bin(), filepath.Base(tool))
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, filepath.Base(tool)+" "+info.Main.Version)
	}
	return fmt.Sprintf("%s in %s", strings.Join(found, ", "), l.bin()), nil
}

func makeTools(ctx context.Context, l layout, say func(string)) error {
	inputs, err := toolInputs(l)
	if err != nil {
		return err
	}
	if err := clearStamp(l, partTools); err != nil {
		return err
	}
	goPath, err := goCommand()
	if err != nil {
		return err
	}
	say("building gonb and goimports into " + l.bin())
	env := l.environment("GOBIN=" + l.bin())
	args := append([]string{"install"}, tools...)
	if err := runQuietly(ctx, filepath.Join(l.root, "kernel-setup", "tools"), env, goPath, args...); err != nil {
		return err
	}
	return setStamp(l, partTools, inputs)
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
