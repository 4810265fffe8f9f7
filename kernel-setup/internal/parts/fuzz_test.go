package parts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/kernel-setup/internal/layout"
)

// A kernel's specification is found where it is ours, and is an error that names the file where it is not.
func FuzzKernelSpecification(f *testing.F) {
	l := layout.Layout{Root: f.TempDir(), Home: f.TempDir(), Jupyter: f.TempDir()}
	bin := f.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "go"), nil, 0o777); err != nil { // is looked for, and cannot be asked for the user's flags
		f.Fatal(err)
	}
	f.Setenv("PATH", bin)
	right, err := kernelEnvironment(l)
	if err != nil {
		f.Fatal(err)
	}
	env, err := json.Marshal(right)
	if err != nil {
		f.Fatal(err)
	}
	path := filepath.Join(l.Kernel(), "kernel.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		f.Fatal(err)
	}
	// ROOT and ENV stand for the module's folder, which is another each time, and for the right environment.
	for _, text := range []string{`{"argv": ["gonb"], "env": ENV, "metadata": {"fashionlab": "ROOT"}}`, `{"argv": [], "env": ENV, "metadata": {"fashionlab": "ROOT"}}`, `{"argv": ["gonb"], "metadata": {"fashionlab": "ROOT"}}`, `{"argv": [], "metadata": {"fashionlab": "ROOT"}}`, `{"argv": ["a"], "metadata": {"fashionlab": "/x"}}`,
		`{"argv": null, "env": {"A": "b"}, "metadata": {"fashionlab": ""}}`, `null`, `{"metadata": {"fashionlab": 1}}`, `{`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(path, []byte(strings.NewReplacer("ROOT", l.Root, "ENV", string(env)).Replace(text)), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := findKernel(l)
		owner := kernelIsOf(l)
		if err == nil || (owner == "") != errors.Is(err, ErrForeign) {
			t.Errorf("a specification of %q: %v", owner, err)
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("the error %q does not name the file", err)
		}
	})
}

// archiveOf is an archive of one file.
func archiveOf(f *testing.F, name string, content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content))}), func() error { _, err := w.Write(content); return err }(), w.Close(), z.Close())
	if err != nil {
		f.Fatal(err)
	}
	return b.Bytes()
}

// An archive holds a plugin, by its name, or is an error that names the file.
func FuzzArchive(f *testing.F) {
	complete := archiveOf(f, "lib/pjrt_c_api_cpu_v0.114.0_plugin.so", []byte("plugin"))
	f.Add(complete)
	f.Add(complete[:len(complete)/2])
	f.Add(append(bytes.Clone(complete), complete...))
	f.Add(archiveOf(f, "README.md", []byte("text")))
	f.Add(archiveOf(f, "../pjrt_c_api_cpu_plugin.dylib", nil))
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "archive.tar.gz")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		plugin, err := pluginFromArchive(path)
		if err != nil && (plugin != nil || !strings.Contains(err.Error(), path)) {
			t.Errorf("%d bytes of a plugin, and the error %q, which does not name the file", len(plugin), err)
		}
		if err == nil && !bytes.Contains(plugin, []byte("GetPjrtApi")) {
			t.Errorf("%d bytes without the symbol are taken for a plugin", len(plugin))
		}
	})
}

// A file is a plugin only if it exports what makes it one; any other is an error that names it, and so is a wheel with another sha256.
func FuzzPluginFile(f *testing.F) {
	library, err := os.ReadFile("/bin/true") // an ELF file, where there is one
	if err == nil {
		f.Add(library[:min(len(library), 1<<16)])
	}
	f.Add([]byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 57)))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add([]byte{})
	path := filepath.Join(f.TempDir(), "plugin.so")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		err := CheckPlugin(path)
		if err == nil && !bytes.Contains(data, []byte("GetPjrtApi")) && len(data) > 0 && data[0] == 0x7f {
			t.Error("a file without the symbol is taken for a plugin")
		}
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("the error %q does not name the file", err)
		}
		if plugin, err := wheels["linux_amd64"].read(path); err == nil || plugin != nil || !strings.Contains(err.Error(), "plugin.so") {
			t.Errorf("a wheel that was changed: %v", err)
		}
	})
}
