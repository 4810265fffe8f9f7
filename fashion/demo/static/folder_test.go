package static_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/demo/static"
)

func TestAFolderOfOtherFilesIsNotWrittenTo(t *testing.T) {
	dir := t.TempDir()
	for _, free := range []string{dir, filepath.Join(dir, "new")} {
		if err := static.Check(free); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "index.html"), []byte("another page"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := static.Check(dir); err == nil || !strings.Contains(err.Error(), "holds other files") {
		t.Errorf("the error is %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "models.json"), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := static.Check(dir); err != nil {
		t.Errorf("the folder of an earlier page: %v", err)
	}
}
