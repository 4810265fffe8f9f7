package static

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/download"
)

// onnxruntime-web, by Microsoft under the MIT licence: the package as npm's registry has it.
const (
	archiveName   = "onnxruntime-web-1.30.0.tgz"
	archiveURL    = "https://registry.npmjs.org/onnxruntime-web/-/" + archiveName
	archiveSHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
	archiveBytes  = 33106585
)

// runtimeFiles are those of the package that the page needs: the script, and the runtime for the CPU with the script that starts it.
var runtimeFiles = []string{"ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"}

// onnxruntime returns the files of onnxruntime-web.
func onnxruntime(ctx context.Context) (map[string][]byte, error) {
	home, err := fashion.Home()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(home, archiveName)
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && check(data) != nil {
		data, err = fetch(ctx, file)
	}
	if err != nil {
		return nil, err
	}
	return unpack(data)
}

// fetch downloads the package, checks it and keeps it in a file.
func fetch(ctx context.Context, file string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, archiveURL, nil)
	if err != nil {
		return nil, err
	}
	if err := disk.MkdirAll(filepath.Dir(file)); err != nil {
		return nil, err
	}
	part := file + ".part"
	if err := (download.Client{}).File(request, part, archiveBytes); err != nil {
		return nil, fmt.Errorf("fetching onnxruntime-web from %s: %w; or put the file there as %s", archiveURL, err, file)
	}
	data, err := os.ReadFile(part)
	if err == nil {
		err = check(data)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", archiveURL, err), os.Remove(part))
	}
	return data, os.Rename(part, file)
}

// check compares a package with the pinned checksum.
func check(data []byte) error {
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != archiveSHA256 {
		return fmt.Errorf("the sha256 of %d bytes is %x, want %s", len(data), sum, archiveSHA256)
	}
	return nil
}

// unpack returns the files of the package that the page needs.
func unpack(archive []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	files, t := map[string][]byte{}, tar.NewReader(z)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, name := range runtimeFiles {
			if h.Name == path.Join("package", "dist", name) {
				if files[name], err = io.ReadAll(t); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(files) != len(runtimeFiles) {
		return nil, fmt.Errorf("%s has %d of the files %q", archiveName, len(files), runtimeFiles)
	}
	return files, nil
}
