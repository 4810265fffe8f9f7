package parts

import (
	"archive/tar"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
)

// debian has the programs in PATH be those of a Debian whose package holds these files. Without lists, apt-get has to fetch some first. It returns a layout and the file to which apt-get
// writes its arguments.
func debian(t *testing.T, files map[string][]byte, lists bool) (l layout.Layout, said string) {
	t.Helper()
	l, bin := layouttest.New(t), t.TempDir()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: "./usr/share/datasets/fashion-mnist/" + name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	layouttest.Write(t, filepath.Join(bin, "package"), b.String())
	said = filepath.Join(bin, "said")
	known := "true"
	if !lists {
		known = "[ -f lists/fetched ]"
	}
	layouttest.Write(t, filepath.Join(bin, "apt-get"), fmt.Sprintf(`#!/bin/sh
echo "$@" >>"%[1]s/said"
case "$*" in
*update) touch lists/fetched ;;
*"download dataset-fashion-mnist") %[2]s && cp "%[1]s/package" dataset-fashion-mnist_1_all.deb || { echo "E: Unable to locate package"; exit 100; } ;;
*) exit 100 ;;
esac
`, bin, known))
	layouttest.Write(t, filepath.Join(bin, "dpkg-deb"), "#!/bin/sh\n[ \"$1\" = --fsys-tarfile ] && cat \"$2\"\n")
	for _, name := range []string{"apt-get", "dpkg-deb"} {
		if err := os.Chmod(filepath.Join(bin, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := os.MkdirAll(l.Home, 0o777); err != nil {
		t.Fatal(err)
	}
	return l, said
}

// dataSet are the files of the small real data set.
func dataSet(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{"README.md.gz": []byte("of the package")}
	for _, name := range dataFiles() {
		data, err := os.ReadFile(filepath.Join("../../../testdata/fashion-mnist", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

// whole finds the data set in the private folder only.
func whole(l layout.Layout) func() (string, error) {
	return func() (string, error) { return l.Data(), fashion.Verify(l.Data()) }
}

// replaceData has the data set looked for and fetched as on a machine without Debian's package.
func replaceData(t *testing.T, l layout.Layout, address string) {
	restoreData(t)
	findDir, dataAddresses = whole(l), []string{address + "/"}
}

// restoreData restores after the test where the data set is looked for.
func restoreData(t *testing.T) {
	find, addresses := findDir, dataAddresses
	t.Cleanup(func() { findDir, dataAddresses = find, addresses })
}

func TestDataSetIsTakenOutOfDebiansPackageAndNothingIsInstalled(t *testing.T) {
	for _, lists := range []bool{true, false} {
		l, said := debian(t, dataSet(t), lists)
		s := httptest.NewServer(http.NotFoundHandler())
		defer s.Close()
		replaceData(t, l, s.URL)
		if err := makeData(t.Context(), l, func(string) {}); err != nil {
			t.Fatal(err)
		}
		if err := fashion.Verify(l.Data()); err != nil {
			t.Error(err)
		}
		holdsDecompressedFiles(t, l.Data())
		asked, err := os.ReadFile(said)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(asked)), "\n") {
			words := strings.Fields(line)
			if slices.Contains(words, "install") || words[len(words)-1] == "update" && !strings.Contains(line, "-oDir::State::lists="+l.Home) {
				t.Errorf("apt-get %s changes the system", line)
			}
		}
		if left, err := filepath.Glob(filepath.Join(l.Home, "apt-*")); err != nil || len(left) > 0 {
			t.Errorf("left over: %q (%v)", left, err)
		}
	}
}

func TestPackageWithOtherFilesIsRefused(t *testing.T) {
	changed, missing := dataSet(t), dataSet(t)
	changed[fashion.TestLabelsFile] = changed[fashion.TrainLabelsFile]
	delete(missing, fashion.TestLabelsFile)
	for want, files := range map[string]map[string][]byte{"sha256": changed, "it holds no " + fashion.TestLabelsFile: missing} {
		l, _ := debian(t, files, true)
		layouttest.Mentions(t, fetchFromDebian(t.Context(), l, l.Data()), want, fashion.TestLabelsFile, "_all.deb")
		if _, err := os.Stat(filepath.Join(l.Data(), fashion.TestLabelsFile)); err == nil {
			t.Errorf("%s: it was taken over", want)
		}
	}
}

func TestSystemWithoutAptIsToldWhereToPutTheDataSet(t *testing.T) {
	l := layouttest.New(t)
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	replaceData(t, l, s.URL)
	t.Setenv("PATH", t.TempDir())
	layouttest.Mentions(t, makeData(t.Context(), l, func(string) {}), "404", s.URL, "no apt-get", fashion.DirVariable)
}

func holdsDecompressedFiles(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("the folder holds %v (%v), want the four files", entries, err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".gz" {
			t.Errorf("%s is compressed", e.Name())
		}
	}
}

// The folder of an installed package is copied. A corrupt copy is made anew from it, without a download.
func TestDataSetOfAnInstalledPackageIsDecompressed(t *testing.T) {
	l, installed := layouttest.New(t), t.TempDir()
	if err := os.CopyFS(installed, os.DirFS("../../../testdata/fashion-mnist")); err != nil {
		t.Fatal(err)
	}
	replaceData(t, l, "http://127.0.0.1:1")
	findDir = func() (string, error) { // as fashion.FindDir, which does not read the files
		if _, err := os.Stat(filepath.Join(l.Data(), plain(fashion.TestLabelsFile))); err == nil {
			return l.Data(), nil
		}
		return installed, nil
	}
	for range 2 {
		if _, err := findData(l); err == nil {
			t.Error("a data set that is compressed, or corrupt, counts as set up")
		}
		if err := SetUp(t.Context(), l, []string{Data}); err != nil {
			t.Fatal(err)
		}
		if found, err := findData(l); err != nil || !strings.HasSuffix(found, l.Data()) {
			t.Errorf("found %s (%v)", found, err)
		}
		if err := fashion.Verify(l.Data()); err != nil {
			t.Error(err)
		}
		holdsDecompressedFiles(t, l.Data())
		layouttest.Write(t, filepath.Join(l.Data(), plain(fashion.TrainLabelsFile)), "corrupt")
	}
}
