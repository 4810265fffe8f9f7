package fashion

import (
	"os"
	"path/filepath"
	"testing"
)

func TestModuleIsFoundUpwardWhateverItsLineEnds(t *testing.T) {
	for name, text := range map[string]string{
		"as committed": "module fashionlab\n\ngo 1.26\n", "with CRLF": "module fashionlab\r\n\r\ngo 1.26\r\n", "after a comment": "// The study.\nmodule fashionlab // here\n",
	} {
		root, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		inner := filepath.Join(root, "other", "folder [1]")
		if err := os.MkdirAll(inner, 0o777); err != nil {
			t.Fatal(err)
		}
		for path, content := range map[string]string{"go.mod": text, "other/go.mod": "module other\n"} {
			if err := os.WriteFile(filepath.Join(root, path), []byte(content), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		t.Chdir(inner)
		if got, err := ModuleRoot(); err != nil || got != root {
			t.Errorf("%s: the root is %q (%v), want %q", name, got, err, root)
		}
	}
}

func TestOutsideOfTheModuleThereIsNoRoot(t *testing.T) {
	t.Chdir(t.TempDir())
	if root, err := ModuleRoot(); err == nil {
		t.Errorf("the root is %q, want an error", root)
	}
}
