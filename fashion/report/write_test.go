package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// written is the page that Write writes of runs below a folder, in a module without any, and what it prints.
func written(t *testing.T, module, root string, o Options) (page, printed string) {
	t.Helper()
	t.Setenv(fashion.DirVariable, t.TempDir()) // the data set is not needed
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte("module fashionlab\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	t.Chdir(module)
	o.HTML = filepath.Join(t.TempDir(), "new", "report.html")
	var out, messages bytes.Buffer
	if err := Write(&out, &messages, Stores{run.StoreAt(root, false), run.StoreAt(filepath.Join(module, "notebooks", "published"), true)}, o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(messages.String(), "wrote "+o.HTML) {
		t.Errorf("it says %q", &messages)
	}
	data, err := os.ReadFile(o.HTML)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), out.String()
}

func TestPageNamesFoldersOfTheModuleOnly(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		module := t.TempDir()
		page, printed := written(t, module, filepath.Join(module, "runs"), Options{JSON: asJSON})
		if !strings.Contains(page, "from the runs in runs and notebooks/published.") || !strings.Contains(page, "</html>") || strings.Contains(page, module) {
			t.Errorf("the page is\n%.3000s", page)
		}
		if json.Valid([]byte(printed)) != asJSON {
			t.Errorf("asked for JSON: %v, printed is %q", asJSON, printed)
		}
	}
}

func TestPageOfAFolderOutsideTheModuleHidesItsPath(t *testing.T) {
	elsewhere := t.TempDir()
	page, _ := written(t, t.TempDir(), filepath.Join(elsewhere, "trainings"), Options{})
	if !strings.Contains(page, "from the runs in trainings and notebooks/published.") || strings.Contains(page, elsewhere) {
		t.Errorf("the page is\n%.3000s", page)
	}
}
