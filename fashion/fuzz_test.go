package fashion_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
)

// folderName skips names that no file system takes.
func folderName(t *testing.T, name string) {
	t.Helper()
	if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsAny(name, "/\x00") {
		t.Skip("no name of a folder")
	}
}

// Files are found in a folder of any name, also one that looks like a pattern.
func FuzzGlobInAnyFolder(f *testing.F) {
	for _, name := range []string{"plain", "a [copy] of * it?", `back\slash`, "[", "über", "\xff", "~", "-n"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folderName(t, name)
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Skip(err)
		}
		want := filepath.Join(dir, "a.ipynb")
		if err := os.WriteFile(want, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, err := fashion.Glob(dir, "*.ipynb"); err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("found %q (%v), want %q", got, err, want)
		}
	})
}

// The module's folder is found upward from any folder in it, and nothing else is taken for a go.mod of ours.
func FuzzModuleRoot(f *testing.F) {
	for _, text := range []string{"module fashionlab\r\n\r\ngo 1.26\r\n", "module \"fashionlab\" // ours\n", "module fashionlab/v2\n", "// module fashionlab\n", "module\n", "", "\xef\xbb\xbfmodule fashionlab"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		t.Chdir(root)
		found, err := fashion.ModuleRoot()
		if err == nil && (found != root || !strings.Contains(text, "fashionlab")) {
			t.Errorf("%q in %s: found %s", text, root, found)
		}
		if err != nil && !strings.Contains(err.Error(), root) {
			t.Errorf("the error %q does not name the folder", err)
		}
	})
}
