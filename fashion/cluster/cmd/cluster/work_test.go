package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWorkerWithFoldersOfItsOwnNeedsNoPrivateOne(t *testing.T) {
	for _, variable := range []string{"HOME", "XDG_CACHE_HOME", "FASHIONLAB_HOME"} {
		t.Setenv(variable, "")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	bucket := t.TempDir()
	if err := work(t.Context(), []string{"-bucket", bucket}); err == nil || strings.Contains(err.Error(), "name one with -dir") {
		t.Errorf("without -dir and a home the error is %v", err)
	}
	if err := work(t.Context(), []string{"-bucket", bucket, "-dir", file}); err == nil || !strings.Contains(err.Error(), "name one with -dir") {
		t.Errorf("with -dir the error is %v, want that of a file in place of the folder", err)
	}
}
