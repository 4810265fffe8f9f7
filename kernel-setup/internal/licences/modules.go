package licences

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/parts"
)

// modules lists Go itself and the modules that are linked into the programs: ours, those of the notebooks' kernel, and, marked so, those of the cluster's where they were built.
func modules(ctx context.Context, l layout.Layout) ([]Component, error) {
	goPath, err := layout.GoCommand()
	if err != nil {
		return nil, err
	}
	found := map[string]Component{}
	ours, err := goList(ctx, l, goPath, l.Root, "./...")
	if err != nil {
		return nil, err
	}
	// What an internal package needs is linked where a program or a notebook reaches it; some serve tests only.
	roots := slices.DeleteFunc(strings.Fields(string(ours)), func(path string) bool { return strings.Contains(path, "/internal/") })
	for dir, packages := range map[string][]string{l.Root: roots, filepath.Join(l.Root, "kernel-setup", "tools"): parts.ToolPackages()} {
		if err := addModules(ctx, l, goPath, dir, packages, "", found); err != nil {
			return nil, err
		}
	}
	for _, e := range []layout.Extra{layout.Cluster, layout.GoogleCluster, layout.Server} {
		if exists(l.ExtraProgram(e)) { // or its modules would be downloaded
			if err := addModules(ctx, l, goPath, filepath.Join(l.Root, e.Module), e.Packages, " (of "+e.Command+")", found); err != nil {
				return nil, err
			}
		}
	}
	root, err := exec.CommandContext(ctx, goPath, "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	list := []Component{{"Go", runtime.Version(), "BSD-3-Clause", string(bytes.TrimSpace(root))}}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[key])
	}
	return list, nil
}

// addModules adds the modules that are linked into packages of a folder's module, unless they are known. The mark says what needs them.
func addModules(ctx context.Context, l layout.Layout, goPath, dir string, packages []string, mark string, found map[string]Component) error {
	out, err := goList(ctx, l, goPath, dir, append([]string{"-deps", "-json=Module"}, packages...)...)
	if err != nil {
		return err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Module struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("go list in %s: %w", dir, err)
		}
		m := p.Module
		key := m.Path + "@" + m.Version
		if _, known := found[key]; m.Path != "" && m.Dir != l.Root && !m.Main && !known { // no module: of the standard library; this folder: ours, for one of its own
			found[key] = Component{m.Path + mark, m.Version, textsIn(m.Dir), m.Dir}
		}
	}
}

// goList runs go list in a folder and returns what it prints.
func goList(ctx context.Context, l layout.Layout, goPath, dir string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, goPath, append([]string{"list"}, args...)...)
	c.Dir, c.Env = dir, l.Environment()
	out, err := c.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list in %s: %w\n%s", dir, err, exit.Stderr)
	}
	return out, err
}
