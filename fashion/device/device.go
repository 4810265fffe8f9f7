// Package device detects a machine's processor, its NVIDIA GPUs and their driver, and XLA's plugin for the CPU. It reads files and environment variables, and may
// run nvidia-smi, but loads no library, so that a broken plugin or driver cannot crash the caller. It needs the standard library only.
package device

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// System is the machine that is examined. The zero value is this machine.
type System struct {
	Root string // the folder of its root file system; "" means "/"
}

// path returns the path of a file of the system.
func (s System) path(name string) string {
	if s.Root == "" {
		return name
	}
	return filepath.Join(s.Root, name)
}

// read returns a file's text; "" if it cannot be read.
func (s System) read(name string) string {
	data, err := os.ReadFile(s.path(name))
	if err != nil {
		return ""
	}
	return string(data)
}

// exists reports whether there is a file of that name, of any kind.
func (s System) exists(name string) bool {
	_, err := os.Lstat(s.path(name))
	return err == nil
}

// names lists the paths of the files of a folder whose names have a prefix, in alphabetical order.
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

// CPU describes the processor, for example "cpu: AMD EPYC, 2 cores".
func (s System) CPU() string {
	return fmt.Sprintf("cpu: %s, %d cores", s.processor(), runtime.NumCPU())
}

// processor returns the processor's name if the system knows it, else its architecture.
func (s System) processor() string {
	if name := field(s.read("/proc/cpuinfo"), "model name"); name != "" {
		return name
	}
	return runtime.GOARCH
}

// Features are the processor's instruction sets as the system lists them, "" if it does not.
func (s System) Features() string { return field(s.read("/proc/cpuinfo"), "flags") }

// Load is how many programs wanted a processor in the last minute, on average, and whether the system tells.
func (s System) Load() (programs float64, ok bool) {
	_, err := fmt.Sscan(s.read("/proc/loadavg"), &programs)
	return programs, err == nil
}

// field returns the value of the first line "name : value" of a text; "" if there is none.
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
