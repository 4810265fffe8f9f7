package parts

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
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
	if data, err := os.ReadFile(filepath.Join(l.Kernel(), "kernel.json")); err == nil && strings.Contains(string(data), `"`+kernelOwner+`": "`) {
		fmt.Println("removing", l.Kernel())
		if err := os.RemoveAll(l.Kernel()); err != nil {
			return err
		}
	}
	for _, made := range []string{l.Bin(), l.Venv(), l.Data(), l.CUDA(), l.Programs(), l.Stamps(), l.Lock()} {
		if _, err := os.Lstat(made); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fmt.Println("removing", made)
		if err := os.RemoveAll(made); err != nil {
			return err
		}
	}
	if err := os.Remove(l.Home); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Println("kept", l.Home, "for what else is in it")
	}
	return nil
}
