package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion/device"
)

// uninstall removes what set-up made. Runs and foreign files stay.
func uninstall(_ context.Context, l layout, _ options) error {
	if err := checkHome(l); err != nil {
		return err
	}
	plugin := filepath.Join(l.xla, device.CPUPlugin)
	if stamped(l, partPlugin, pluginInputs(plugin)) {
		fmt.Println("removing", plugin)
		if err := os.Remove(plugin); err != nil {
			return err
		}
	}
	if data, err := os.ReadFile(filepath.Join(l.kernel(), "kernel.json")); err == nil && strings.Contains(string(data), `"`+kernelOwner+`": "`) {
		fmt.Println("removing", l.kernel())
		if err := os.RemoveAll(l.kernel()); err != nil {
			return err
		}
	}
	for _, made := range []string{l.bin(), l.venv(), l.data(), l.cuda(), l.programs(), l.stamps(), l.lock()} {
		if _, err := os.Lstat(made); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fmt.Println("removing", made)
		if err := os.RemoveAll(made); err != nil {
			return err
		}
	}
	if err := os.Remove(l.home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Println("kept", l.home, "for what else is in it")
	}
	return nil
}
