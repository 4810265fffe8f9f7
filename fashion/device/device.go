// Package device finds what this machine computes with: its processor, its NVIDIA GPUs with their driver, and XLA's plugin for the CPU. It reads files and
// environment variables and loads nothing, so that a corrupt plugin or driver cannot harm whoever asks. It needs the standard library only.
package device

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// System is the machine that is looked at. The zero value is this one.
type System struct {
	Root string // of its file system; "" is "/"
}

// path is where a file of the system is.
func (s System) path(name string) string {
	if s.Root == "" {
		return name
	}
	return filepath.Join(s.Root, name)
}

// read returns a file's text, "" where it cannot be read: such a file says nothing.
func (s System) read(name string) string {
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		return ""
	}
	return string(data)
}

// exists reports whether there is a file of that name, whatever it is.
func (s System) exists(name string) bool {
	_, err := os.Lstat(s.path(name))
	return err == nil
}

// names lists the files of a folder whose names have a prefix, with the folder, in alphabetical order.
func (s System) names(dir, prefix string) (list []string) {
	entries, err := os.ReadDir(s.path(dir))
	if err != nil {
		return nil // there is no such folder
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			list = append(list, filepath.Join(dir, e.Name()))
		}
	}
	return list
}

// CPU names the processor and its cores, for example "cpu: AMD EPYC, 2 cores".
func (s System) CPU() string {
	return fmt.Sprintf("cpu: %s, %d cores", s.processor(), runtime.NumCPU())
}

// processor is the processor's name where the system states it, else its architecture.
func (s System) processor() string {
	if name := field(s.read("/proc/cpuinfo"), "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// field is the value of the first line "name : value" of a text, "" without one.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
