package cuda

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
)

// XLA compiles for a GPU with NVIDIA's assembler ptxas and its bitcode library libdevice. The plugin holds neither: it looks for bin/ptxas and
// nvvm/libdevice/libdevice.10.bc in one folder, which the flag --xla_gpu_cuda_data_dir names.
const (
	ptxas     = "bin/ptxas"
	libdevice = "nvvm/libdevice/libdevice.10.bc"
)

// toolsFor returns a folder that holds both tools for a plugin: one where they are together, else one of ours that links to where they are. It is "" if one
// of them is nowhere to be found.
func toolsFor(l layout.Layout, plugin string) (string, error) {
	var assembler, bitcode string
	for _, dir := range toolFolders(plugin) {
		a, b := firstFile(dir, ptxas), firstFile(dir, libdevice, "lib/libdevice.10.bc") // Triton's copy lies in lib
		if a != "" && b == filepath.Join(dir, libdevice) {
			return dir, nil
		}
		if assembler == "" {
			assembler = a
		}
		if bitcode == "" {
			bitcode = b
		}
	}
	if path, err := exec.LookPath("ptxas"); assembler == "" && err == nil {
		assembler = path
	}
	if assembler == "" || bitcode == "" {
		return "", nil
	}
	root := filepath.Join(l.CUDA(), "tools")
	for name, target := range map[string]string{ptxas: assembler, libdevice: bitcode} {
		if err := link(target, filepath.Join(root, name)); err != nil {
			return "", err
		}
	}
	return root, nil
}

// toolFolders lists where the tools may be: in the packages beside the plugin, in a CUDA toolkit, in Triton's package.
func toolFolders(plugin string) []string {
	packages := filepath.Dir(filepath.Dir(filepath.Dir(plugin))) // of jax_plugins/xla_cuda13/xla_cuda_plugin.so
	beside := filepath.Dir(plugin)                               // where go-xla puts all
	folders := []string{filepath.Join(packages, "nvidia", "cu13"), filepath.Join(packages, "nvidia", "cuda_nvcc"),
		filepath.Join(beside, "cu13"), filepath.Join(beside, "cuda_nvcc"), filepath.Join(beside, "nvidia", "cu13"), filepath.Join(beside, "nvidia", "cuda_nvcc")}
	for _, name := range []string{"CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"} {
		if dir := os.Getenv(name); dir != "" {
			folders = append(folders, dir)
		}
	}
	for _, parent := range []string{"/usr/local", "/opt"} {
		matches, err := fashion.Glob(parent, "cuda*")
		if err == nil {
			folders = append(folders, matches...)
		}
	}
	return append(folders, filepath.Join(packages, "triton", "backends", "nvidia"))
}

// firstFile is the path of the first of the names in a folder that is there, "" if none is.
func firstFile(dir string, names ...string) string {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// link makes path a symbolic link to a target, instead of one to another. Several processes may do so at once.
func link(target, path string) error {
	if old, err := os.Readlink(path); err == nil && old == target {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	temporary := path + "." + rand.Text()
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return nil
}
