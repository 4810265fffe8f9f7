package parts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/python"
)

// Uninstall removes what set-up made. Runs and foreign files stay.
func Uninstall(l layout.Layout) error {
	if err := l.CheckHome(); err != nil {
		return err
	}
	plugin := filepath.Join(l.XLA, device.CPUPlugin)
	if l.Stamped(Plugin, pluginInputs(plugin)) {
		fmt.Println("removing", plugin)
		if err := os.Remove(plugin); err != nil {
			return err
		}
	}
	switch owner := kernelIsOf(l); {
	case owner == "": // there is none, or it is another program's
	case owner != l.Root && exists(owner):
		fmt.Printf("kept %s: it is for the copy of the project in %s\n", l.Kernel(), owner)
	default:
		fmt.Println("removing", l.Kernel())
		if err := os.RemoveAll(l.Kernel()); err != nil {
			return err
		}
	}
	programs := []string{}
	for _, tool := range tools {
		programs = append(programs, filepath.Base(tool))
	}
	for dir, ours := range map[string][]string{l.Bin(): programs, l.Venv(): python.VenvEntries(), l.Data(): ourData()} {
		if err := removeOurs(dir, ours); err != nil {
			return err
		}
	}
	for _, made := range []string{l.CUDA(), l.Programs(), l.Executables(), l.Stamps()} {
		if _, err := os.Lstat(made); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fmt.Println("removing", made)
		if err := os.RemoveAll(made); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(l.Home)
	if len(entries) == 1 && entries[0].Name() == filepath.Base(l.Lock()) { // beside other things it stays: the next set-up knows the folder by it
		err = os.Remove(l.Lock())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Remove(l.Home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Println("kept", l.Home, "for what else is in it")
	}
	return nil
}

// removeOurs removes what the set-up put into a folder, by name, and then the folder, unless the user has put something into it.
func removeOurs(dir string, ours []string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var left []string
	for _, e := range entries {
		if !slices.Contains(ours, e.Name()) {
			left = append(left, e.Name())
		} else if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	if len(left) > 0 {
		fmt.Printf("removing what the set-up made in %s; kept there: %s\n", dir, strings.Join(left, ", "))
		return nil
	}
	fmt.Println("removing", dir)
	return os.Remove(dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
