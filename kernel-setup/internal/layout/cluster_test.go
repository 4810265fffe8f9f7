package layout

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRevisionIsThatOfTheSourceCodeThatTrains(t *testing.T) {
	l := Layout{Root: t.TempDir()}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(l.Root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	revision := func() string {
		t.Helper()
		r, err := l.revision()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	write("go.mod", "module fashionlab\n")
	write("fashion/train/loop.go", "package train\n")
	before := revision()
	for name, other := range map[string]bool{
		"fashion/train/loop_test.go": false, "fashion/train/testdata/a.json": false, "fashion/cluster/server/main.go": false, "notebooks/01-data.ipynb": false,
		"fashion/train/loop.go": true, "fashion/models/cnn.go": true, "go.mod": true, "fashion/cluster/go.mod": true,
	} {
		write(name, "changed: "+name)
		now := revision()
		if (now != before) != other {
			t.Errorf("%s was changed: another revision is %v, want %v", name, now != before, other)
		}
		before = now
	}
}
