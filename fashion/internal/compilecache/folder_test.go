package compilecache

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestKeyDependsOnWhereAPartEnds(t *testing.T) {
	if keyOf([]byte("ab"), []byte("c")) == keyOf([]byte("a"), []byte("bc")) {
		t.Error("two graphs have the same key")
	}
}

func TestFileThatIsNotWholeIsCorrupt(t *testing.T) {
	f := folder(filepath.Join(t.TempDir(), "new"))
	if got, err := f.read("a"); got != nil || err != nil {
		t.Fatalf("without a file: %q (%v)", got, err)
	}
	want := []byte("an executable")
	if err := f.write("a", want); err != nil {
		t.Fatal(err)
	}
	if got, err := f.read("a"); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("it is %q (%v), want %q", got, err, want)
	}
	path := filepath.Join(string(f), "a")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		flipped := bytes.Clone(whole)
		flipped[n] ^= 1
		for what, data := range map[string][]byte{"cut": whole[:n], "flipped": flipped} {
			if err := os.WriteFile(path, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if got, err := f.read("a"); got != nil || !errors.Is(err, errCorrupt) {
				t.Errorf("%s at byte %d: %q (%v), want an error", what, n, got, err)
			}
		}
	}
}

func TestFilesThatWereNotUsedForLongestGoFirst(t *testing.T) {
	f := folder(t.TempDir())
	for i, key := range []string{"a", "b", "c"} {
		if err := f.write(key, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		used := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(string(f), key), used, used); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.read("a"); err != nil {
		t.Fatal(err)
	}
	if err := f.shrink(2 * 132); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if got, err := f.read(key); err != nil || (got != nil) != want {
			t.Errorf("%s is there: %v (%v), want %v", key, got != nil, err, want)
		}
	}
}
