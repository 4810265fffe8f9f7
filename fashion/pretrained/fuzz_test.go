package pretrained_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/pretrained"
)

// liar is a hub that describes every repository by the same text, and sends the same file.
type liar struct{ description, file string }

func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	body := l.file
	if strings.HasPrefix(r.URL.Path, "/api/") {
		body = l.description
	}
	return &http.Response{StatusCode: http.StatusOK, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// However a hub describes a repository, nothing is written outside of its folders in the cache, and what is found is what the hub sent.
func FuzzHub(f *testing.F) {
	for _, name := range []string{"FASHIONLAB_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN"} {
		f.Setenv(name, "")
	}
	home := f.TempDir()
	f.Setenv("FASHIONLAB_HOME", filepath.Join(home, "own"))
	f.Setenv("HF_HOME", filepath.Join(home, "hf"))
	f.Setenv("HF_TOKEN_PATH", filepath.Join(home, "token"))
	f.Setenv("HF_ENDPOINT", "http://hub")
	f.Add(`{"sha": "c0ffee", "siblings": [{"rfilename": "README.md"}, {"rfilename": "model.safetensors", "size": 5, "blobId": "abcdef", "lfs": {"sha256": "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"}}]}`, "0")
	f.Add(`{"sha": "c0ffee", "siblings": [{"rfilename": "model.safetensors"}]}`, "weights")
	f.Add(`{"sha": "../../..", "siblings": [{"rfilename": "model.safetensors", "blobId": "../../../x"}]}`, "weights")
	f.Add(`{"sha": "c0ffee\n", "siblings": [{"rfilename": "model.safetensors", "lfs": null}]}`, "")
	f.Add(`[]`, "")
	f.Add(`null`, "")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { null.Close() })
	hub := &liar{}
	f.Cleanup(pretrained.SetHub(hub))
	f.Fuzz(func(t *testing.T, description, file string) {
		hub.description, hub.file = description, file
		if err := os.RemoveAll(filepath.Join(home, "hf")); err != nil {
			t.Fatal(err)
		}
		stderr := os.Stderr
		os.Stderr = null // where downloads are announced
		path, err := pretrained.Find(repository)
		os.Stderr = stderr
		if err == nil {
			if data, err := os.ReadFile(path); err != nil || string(data) != file {
				t.Errorf("%s holds %q (%v), want %q", path, data, err, file)
			}
		}
		var missing *pretrained.NotFoundError
		var corrupt *pretrained.FileError
		if err != nil && !errors.As(err, &missing) && !errors.As(err, &corrupt) {
			t.Errorf("an error of another kind: %v", err)
		}
		cache := filepath.Join(home, "hf", "hub")
		outside := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			inside := strings.HasPrefix(path, filepath.Join(cache, "models--owner--small")) || strings.HasPrefix(path, filepath.Join(cache, ".locks", "models--owner--small"))
			if !d.IsDir() && !inside {
				t.Errorf("%q was written", path)
			}
			return nil
		})
		if outside != nil {
			t.Fatal(outside)
		}
	})
}

// The folder of a repository is below the private one, by two names, or the name is an error that shows it.
func FuzzRepository(f *testing.F) {
	home := f.TempDir()
	f.Setenv("FASHIONLAB_HOME", home)
	for _, name := range []string{"owner/name", "a/b/c", "../b", "a/..", "/b", "a/", "", "./.", "a/\x00", "con/b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		path, err := pretrained.LocalPath(name)
		if err != nil {
			return
		}
		below, err := filepath.Rel(filepath.Join(home, "weights"), path)
		if parts := strings.Split(filepath.ToSlash(below), "/"); err != nil || len(parts) != 3 || below != filepath.Join(filepath.FromSlash(name), "model.safetensors") {
			t.Errorf("the weights of %q are looked for in %s, at %q (%v)", name, path, below, err)
		}
	})
}

// The bytes of the tests' weights in any order are weights or an error that names the file.
func FuzzNames(f *testing.F) {
	for _, scheme := range []string{"timm", "original", "transformers"} {
		data, err := os.ReadFile(filepath.Join(folder, scheme+".safetensors"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(scheme, []byte("weight"), []byte("bias"))
		f.Add(scheme, []byte("dwconv"), []byte("pwconv1"))
		files[scheme] = data
	}
	path := filepath.Join(f.TempDir(), "weights.safetensors")
	f.Fuzz(func(t *testing.T, scheme string, from, to []byte) {
		data, ok := files[scheme]
		if !ok || len(from) == 0 || len(from) != len(to) { // other lengths would only break the header's
			t.Skip()
		}
		if err := os.WriteFile(path, bytes.ReplaceAll(data, from, to), 0o666); err != nil {
			t.Fatal(err)
		}
		w, err := pretrained.Read(path)
		if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("the error %q does not name the file", err)
		}
		for name, tensor := range w.Tensors {
			size := 1
			for _, d := range tensor.Shape {
				size *= d
			}
			if size != len(tensor.Values) || name == "" {
				t.Errorf("%q has the shape %v and %d values", name, tensor.Shape, len(tensor.Values))
			}
		}
	})
}

// files are the tests' weights, by their scheme.
var files = map[string][]byte{}
