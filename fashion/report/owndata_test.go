package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func TestRunsOnOwnDataHaveATableOfTheirOwn(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(fashion.DirVariable, t.TempDir()) // the figures need no images
	d, err := dataset.FromIDX(dataDir)
	if err != nil {
		t.Fatal(err)
	}
	d.Name = "shells"
	kept, err := dataset.Keep(d)
	if err != nil {
		t.Fatal(err)
	}
	s, page := newTestStore(t), filepath.Join(t.TempDir(), "report.html")
	s.save("quick/cnn", study.CNN(study.Quick), 4)
	s.save("own/shells/cnn", kept.For(study.CNN(study.Quick)), 5)
	gone := kept.For(study.CNN(study.Quick))
	gone.Data.Set = strings.Repeat("ab", 32)
	s.save("own/gone/cnn", gone, 2)
	var out, messages bytes.Buffer
	stores := report.Stores{Local: s.store(), Published: run.StoreAt(filepath.Join(t.TempDir(), "none"), true)}
	if err := report.Write(&out, &messages, stores, report.Options{HTML: page}); err != nil {
		t.Fatal(err)
	}
	study, own, found := strings.Cut(out.String(), "On data sets of your own")
	if !found || strings.Contains(study, "own/") || strings.Contains(own, "quick/cnn") {
		t.Fatalf("the report is\n%s", &out)
	}
	lines := strings.Split(own, "\n")
	for i, want := range [][]string{{"data set", "digest"}, {"-", "abababababab", "0.5000", "own/gone/cnn"}, {"shells", kept.Digest[:12], "10", "0.8000", "own/shells/cnn"}} {
		for _, cell := range want {
			if !strings.Contains(lines[i+1], cell) {
				t.Errorf("line %d lacks %q:\n%s", i, cell, lines[i+1])
			}
		}
	}
	html, err := os.ReadFile(page)
	if err != nil || !bytes.Contains(html, []byte("Data sets of your own")) || !bytes.Contains(html, []byte(">shells</th>")) {
		t.Errorf("the page has no table of them (%v)", err)
	}
}
