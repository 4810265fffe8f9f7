package static

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/browsertest"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// patience only keeps a test that fails from hanging.
const patience = 3 * time.Minute

func TestAnswersInTheBrowserEqualTheServers(t *testing.T) {
	home, err := fashion.Home()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(home, archiveName)); err != nil {
		t.Skipf("onnxruntime-web is not in the private folder, where `demo -static DIR` puts it: %v", err)
	}
	tab := browsertest.Tab(t, 800, 600, patience)
	t.Setenv(run.RootVariable, t.TempDir())
	e, err := demo.Open(func(err error) { t.Log(err) })
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := Write(t.Context(), dir, e); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(h.Close)
	failures := make(chan string, 100)
	chromedp.ListenTarget(tab, func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			failures <- thrown.ExceptionDetails.Error()
		}
	})
	step := func(what string, actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(tab, actions...); err != nil {
			var now string
			_ = chromedp.Run(tab, chromedp.Text("#status", &now)) // best effort: it is for the message only
			t.Fatalf("%s: %v; the page says %q", what, err, now)
		}
	}
	step("opening", chromedp.Navigate(h.URL), chromedp.Poll(`!document.getElementById("file").disabled`, nil, chromedp.WithPollingTimeout(patience)))
	for _, item := range []int{0, 1, 2} {
		file, want := photoOf(t, e, item)
		var got []float64
		step("choosing a photo", chromedp.SetUploadFiles("#file", []string{file}, chromedp.ByQuery), chromedp.Poll(`window.answer`, &got, chromedp.WithPollingTimeout(patience)))
		if len(got) != len(want) {
			t.Fatalf("the page has %d probabilities, want %d", len(got), len(want))
		}
		most := 0.0
		for i := range want {
			most = max(most, math.Abs(got[i]-float64(want[i])))
		}
		if t.Logf("item %d: the probabilities differ by %.2g", item, most); !(most <= 1e-5) {
			t.Errorf("item %d: the probabilities are %v, want %v", item, got, want)
		}
	}
	notes := filepath.Join(t.TempDir(), "notes.jpg")
	if err := os.WriteFile(notes, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	step("choosing a text", chromedp.SetUploadFiles("#file", []string{notes}, chromedp.ByQuery),
		chromedp.Poll(`document.getElementById("status").textContent.includes("cannot be used")`, nil, chromedp.WithPollingTimeout(patience)))
	for {
		select {
		case failure := <-failures:
			t.Error(failure)
			continue
		default:
		}
		break
	}
}

// photoOf is the file of a photo of an item, and the server's probabilities for it.
func photoOf(t *testing.T, e *demo.Ensemble, item int) (path string, probabilities []float32) {
	t.Helper()
	set, err := fashion.LoadTest("../../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	img, err := scene.Scenes()[item].Render(set.Images[item], rand.New(rand.NewPCG(1, uint64(item))))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "item.jpg")
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	decoded, err := photo.Decode(t.Context(), bytes.NewReader(b.Bytes()), photo.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := photo.Prepare(decoded)
	if err != nil {
		t.Fatal(err)
	}
	list, err := e.Classify([]photo.Prepared{prepared})
	if err != nil {
		t.Fatal(err)
	}
	return path, list[0].Probabilities
}

func TestAnotherPackageThanThePinnedOneIsRefused(t *testing.T) {
	if err := check([]byte("another")); err == nil || !strings.Contains(err.Error(), archiveSHA256) {
		t.Errorf("the error is %v, want one with the pinned sha256", err)
	}
}

// packed is an archive with files of those names.
func packed(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range names {
		err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(name))})
		if err == nil {
			_, err = w.Write([]byte(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOnlyTheFilesOfThePageAreUnpacked(t *testing.T) {
	dist := "package/dist/"
	all := []string{dist + "../evil.js", dist + "ort.min.js", dist + runtimeFiles[0], dist + runtimeFiles[1], dist + runtimeFiles[2]}
	files, err := unpack(packed(t, all...))
	if err != nil || len(files) != 3 || string(files["ort.wasm.min.js"]) != dist+"ort.wasm.min.js" {
		t.Errorf("unpacked are %d files, %v", len(files), err)
	}
	if _, err := unpack(packed(t, all[:4]...)); err == nil {
		t.Error("a package without the runtime is no error")
	}
}
