// Package static writes the demo as a folder of files that any web server can give out: the page computes in the browser and sends no photo anywhere.
//
// The networks are ONNX files (see package export), executed by onnxruntime-web, of which a pinned version is fetched from npm's registry when the folder is written.
// Photos are prepared by package photo, compiled to WebAssembly, so that the network gets the same pixels as from the demo's server.
package static

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/export"
)

//go:embed index.html
var page []byte

//go:embed static.js
var script []byte

// models is what the page's file models.json says.
type models struct {
	Classes     []string `json:"classes"`
	Temperature float64  `json:"temperature"`
	Members     []member `json:"members"`
}

// member is a network of the ensemble.
type member struct {
	File   string  `json:"file"` // ONNX, bytes to probabilities
	Title  string  `json:"title"`
	Weight float64 `json:"weight"` // in soft voting
}

// described is the file by which a folder is known to be of an earlier Write.
const described = "models.json"

// Check reports a folder that holds other things than a page of Write.
func Check(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, described)); err != nil {
		return fmt.Errorf("%s holds other files, which the page could replace; name a new or empty folder", dir)
	}
	return nil
}

// Write writes the page of an ensemble into a folder. It needs the go command, and fetches onnxruntime-web unless that is in the project's private folder. Only models of
// Fashion-MNIST can be written: the preparation in the browser is theirs.
func Write(ctx context.Context, dir string, e *demo.Ensemble) error {
	if e.Data.Set != "" {
		return errors.New("the models learned a data set of one's own; the page without a server is for models of Fashion-MNIST, `demo -run` serves these")
	}
	if err := Check(dir); err != nil {
		return err
	}
	files := map[string][]byte{"index.html": page, "static.js": script}
	said := models{Temperature: e.Temperature, Classes: e.Classes.Names()}
	for i, m := range e.Members {
		name := fmt.Sprintf("member%d.onnx", i+1)
		data, err := export.ONNX(m.Name(), m.Run, export.Options{Bytes: true, Softmax: true})
		if err != nil {
			return err
		}
		files[name] = data
		said.Members = append(said.Members, member{name, m.Title, m.Weight})
	}
	var err error
	if files[described], err = json.Marshal(said); err != nil {
		return err
	}
	runtime, err := onnxruntime(ctx)
	if err != nil {
		return err
	}
	maps.Copy(files, runtime)
	if files["prepare.wasm"], files["wasm_exec.js"], err = preparation(ctx); err != nil {
		return err
	}
	for name, data := range files {
		if err := disk.WriteFile(filepath.Join(dir, name), data); err != nil {
			return err
		}
	}
	return nil
}

// preparation compiles the preparation of photos, and finds what starts it in a browser.
func preparation(ctx context.Context) (wasm, start []byte, err error) {
	module, err := fashion.ModuleRoot()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "fashionlab-static-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, "prepare.wasm")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", built, "./fashion/demo/static/prepare")
	c.Dir, c.Env = module, append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("compiling the preparation of photos: %w\n%s", err, out)
	}
	if wasm, err = os.ReadFile(built); err != nil {
		return nil, nil, err
	}
	c = exec.CommandContext(ctx, "go", "env", "GOROOT")
	c.Dir = module
	root, err := c.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go env GOROOT: %w", err)
	}
	start, err = os.ReadFile(filepath.Join(string(bytes.TrimSpace(root)), "lib", "wasm", "wasm_exec.js"))
	return wasm, start, err
}
