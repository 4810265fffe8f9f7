package layout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
)

// UnderLock does what only one process at a time may.
func (l Layout) UnderLock(ctx context.Context, do func() error) error {
	if err := os.MkdirAll(l.Home, 0o777); err != nil {
		return fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	if err := l.CheckHome(); err != nil {
		return err
	}
	lock, err := l.lockSetUp(ctx)
	if err != nil {
		return err
	}
	defer lock.Close() // nothing is written through it
	if err := l.removeLeftovers(); err != nil {
		return err
	}
	return do()
}

// leftover matches the temporary folders of a set-up, as os.MkdirTemp names them.
var leftover = regexp.MustCompile(`^(linker|wheel|kernel|apt|new)-[0-9]+$`)

// removeLeftovers removes the temporary files and folders of set-ups that were killed. The lock is held, so that no other set-up is at work.
func (l Layout) removeLeftovers() error {
	for dir, ours := range map[string][]string{l.Stamps(): {"*"}, l.Kernel(): {"kernel.json", "logo-svg.svg"}, l.XLA: {device.CPUPlugin}} {
		_, left, err := disk.List(dir, ours...)
		for _, name := range left {
			err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
		}
		if err != nil {
			return err
		}
	}
	archives, err := fashion.Glob(l.Home, "pjrt_cpu_*.tar.gz") // the plugin in them is installed, or will be from another
	for _, path := range archives {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return err
	}
	for _, dir := range []string{l.Home, l.CUDA()} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if e.IsDir() && leftover.MatchString(e.Name()) {
				if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// CheckHome reports a private folder that is used for other things too: what set-up and uninstall remove in it would be somebody's.
func (l Layout) CheckHome() error {
	if _, err := os.Stat(l.Lock()); err == nil {
		return nil
	}
	entries, err := os.ReadDir(l.Home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if !l.keptWithoutSetUp(e.Name()) {
			return fmt.Errorf("%s holds %s already, and must be for this project alone; name a new folder in it with $FASHIONLAB_HOME", l.Home, e.Name())
		}
	}
	return err
}

// keptWithoutSetUp reports whether the private folder may hold a file or folder of this name where nothing is set up: commands put it there before the first set-up, or uninstall leaves it.
func (l Layout) keptWithoutSetUp(name string) bool {
	if name == filepath.Base(l.CUDA()) { // a volume of a container, or what was found out about a GPU; no release is installed
		entries, err := os.ReadDir(l.CUDA())
		return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
			return e.Name() != "tools" && e.Name() != "autotune" && !strings.HasPrefix(e.Name(), GPUStamp)
		})
	}
	return slices.Contains([]string{
		filepath.Base(l.Stamps()), filepath.Base(l.Programs()), filepath.Base(l.Executables()),
		"weights",  // pretrained ones, see package pretrained
		"datasets", // of one's own, see package dataset
		"cluster",  // the server's database, checkpoints and trials
	}, name) || webRuntime.MatchString(name)
}

// webRuntime matches the archive that demo -static keeps, of any version, and one whose download was interrupted.
var webRuntime = regexp.MustCompile(`^onnxruntime-web-[0-9.]+\.tgz(\.part)?$`)

// lockSetUp locks the private folder. It waits until no other process sets up.
func (l Layout) lockSetUp(ctx context.Context) (*disk.Lock, error) {
	for waiting := false; ; waiting = true {
		lock, err := disk.NewLock(l.Home)
		if err == nil {
			if lock.Warning != "" {
				Log("set-up", "warning: "+lock.Warning)
			}
			return lock, nil
		}
		locked := (*disk.LockedError)(nil)
		if !errors.As(err, &locked) {
			return nil, fmt.Errorf("%w; or name another private folder with $FASHIONLAB_HOME", err)
		}
		if !waiting {
			Log("set-up", "waiting for another one to end: "+locked.Error())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// Stamped reports whether a part was last provided from the same inputs.
func (l Layout) Stamped(part, inputs string) bool {
	data, err := os.ReadFile(l.Stamp(part))
	return err == nil && string(data) == inputs
}

// SetStamp keeps what a part was provided from.
func (l Layout) SetStamp(part, inputs string) error {
	return disk.WriteFile(l.Stamp(part), []byte(inputs))
}

// ClearStamp makes a part count as missing until it is provided again.
func (l Layout) ClearStamp(part string) error {
	if err := os.Remove(l.Stamp(part)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Log prints a line about a part of the set-up on standard error.
func Log(part, what string) { fmt.Fprintf(os.Stderr, "%-14s %s\n", part, what) }
