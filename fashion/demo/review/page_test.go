package review_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/demo/review"
	"fashionlab/fashion/internal/browsertest"
)

// patience is how long the page may take for anything: other tests may run beside it.
const patience = 2 * time.Minute

// screenshots names a folder for screenshots of the page, to be looked at.
const screenshots = "FASHION_SCREENSHOTS"

// serve serves the review of some pictures.
func serve(t *testing.T, n int) (url, dir, out string) {
	t.Helper()
	dir, files := predicted(t, n)
	r, out := begin(t, dir, files)
	s := demo.NewServer(&demo.Ensemble{}, demo.Options{}) // its own page is not asked for
	r.Mount(s)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.Close() })
	return h.URL, dir, out
}

// get is the response of a review's server.
func get(t *testing.T, r *review.Review, path string) []byte {
	t.Helper()
	s := demo.NewServer(&demo.Ensemble{}, demo.Options{})
	defer s.Close()
	r.Mount(s)
	w, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil)
	request.RemoteAddr = "127.0.0.1:1"
	s.ServeHTTP(w, request)
	if w.Code != http.StatusOK {
		t.Fatalf("%s has the status %d: %s", path, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

func TestLabelsAreReviewedByKeyboard(t *testing.T) {
	tab := browsertest.Tab(t, 1000, 800, patience)
	url, _, out := serve(t, 6)
	failures := make(chan string, 100)
	chromedp.ListenTarget(tab, func(e any) {
		if e, ok := e.(*runtime.EventExceptionThrown); ok {
			failures <- e.ExceptionDetails.Error()
		}
	})
	says := func(text string) chromedp.Action {
		return chromedp.Poll(`document.getElementById("status").textContent.includes(`+"`"+text+"`"+`)`, nil, chromedp.WithPollingTimeout(patience))
	}
	pressed := func(text string) chromedp.Action {
		return chromedp.Poll(`[...document.querySelectorAll("[aria-pressed=true]")].map(b => b.textContent).join() === `+"`"+text+"`", nil, chromedp.WithPollingTimeout(patience))
	}
	step := func(what string, actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(tab, actions...); err != nil {
			var now string
			_ = chromedp.Run(tab, chromedp.Text("#status", &now)) // best effort: it is for the message only
			t.Fatalf("%s: %v; the page says %q", what, err, now)
		}
	}
	there := func(want ...string) {
		t.Helper()
		if got := written(t, out); !slices.Equal(got, want) {
			t.Errorf("there are %q, want %q", got, want)
		}
	}
	step("opening", chromedp.Navigate(url+"/review"), says("Picture 1 of 6: 0 accepted"),
		chromedp.Poll(`document.getElementById("picture").naturalWidth === 320 && document.getElementById("model").naturalWidth === 28`, nil, chromedp.WithPollingTimeout(patience)))
	if dir := os.Getenv(screenshots); dir != "" {
		var picture []byte
		step("a screenshot", chromedp.FullScreenshot(&picture, 100))
		if err := os.WriteFile(filepath.Join(dir, "review.png"), picture, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	step("accept", chromedp.KeyEvent(kb.Enter), says("Picture 2 of 6: 1 accepted"))
	there("mug/more/00.png")
	step("change by number", chromedp.KeyEvent("2"), says("Picture 3 of 6: 1 accepted, 1 changed"))
	there("mug/more/00.png", "mug/more/01.png") // picture 1 is predicted as a key; of the others, which are as probable, the first is a mug
	step("skip", chromedp.KeyEvent("s"), says("Picture 4 of 6: 1 accepted, 1 changed, 1 skipped"))
	step("change by name", chromedp.KeyEvent("/"), chromedp.SendKeys("#find", "cup"), chromedp.KeyEvent(kb.Enter), says("Picture 5 of 6"))
	there("cup and saucer/more/03.png", "mug/more/00.png", "mug/more/01.png")
	step("a name that there is not", chromedp.KeyEvent("/"), chromedp.SendKeys("#find", "zebra"), chromedp.KeyEvent(kb.Enter), says(`No class begins with "zebra"`), chromedp.KeyEvent(kb.Escape))
	step("undo that fails", chromedp.Evaluate(`fetch = (f => (path, o) => { if (!o) return f(path); fetch = f; return Promise.reject() })(fetch)`, nil),
		chromedp.KeyEvent("u"), says("does not respond"))
	step("undo", chromedp.KeyEvent("u"), says("Picture 4 of 6: 1 accepted, 1 changed, 1 skipped"))
	there("mug/more/00.png", "mug/more/01.png")
	step("back", chromedp.KeyEvent(kb.ArrowLeft), says("Picture 3 of 6"), pressed("Skip S"))
	step("and back", chromedp.KeyEvent(kb.ArrowLeft), says("Picture 2 of 6"), pressed("2mug25.8%"))
	step("the tenth by 0", chromedp.Evaluate(`review.pictures[now].likely = Array(9).fill({class: "mug", probability: 0}).concat({class: "cup and saucer", probability: 0}); 0`, nil),
		chromedp.KeyEvent("0"), says("Picture 4 of 6: 1 accepted, 1 changed, 1 skipped"))
	there("cup and saucer/more/01.png", "mug/more/00.png")
	step("undo the tenth", chromedp.KeyEvent("u"), says("Picture 2 of 6"))
	there("mug/more/00.png", "mug/more/01.png")
	step("reloading", chromedp.Navigate(url+"/review"), says("Picture 4 of 6: 1 accepted, 1 changed, 1 skipped"))
	step("skip by mouse", chromedp.Click("#skip"), says("Picture 5 of 6: 1 accepted, 1 changed, 2 skipped"))
	step("accept by keyboard after it", chromedp.KeyEvent(kb.Enter), says("Picture 6 of 6: 2 accepted, 1 changed, 2 skipped"))
	step("the last", chromedp.Click("#accept"), says("All are done. To train on them, each class needs 4 pictures or more; these have fewer: "))
	step("enough pictures", chromedp.Evaluate("review.fewest = 1; count()", nil), says("All are done: train on them with go run ./kernel-setup train -data "+out))
	select {
	case what := <-failures:
		t.Errorf("the page's program failed: %s", what)
	default:
	}
}

func TestWhileAPictureCannotBeReadNoOtherIsInItsPlace(t *testing.T) {
	tab := browsertest.Tab(t, 1000, 800, patience)
	url, dir, _ := serve(t, 3)
	there := func(condition string) chromedp.Action {
		return chromedp.Poll(`(p => `+condition+`)(document.getElementById("picture"))`, nil, chromedp.WithPollingTimeout(patience))
	}
	second := filepath.Join(dir, "more", "01.png")
	if err := os.Rename(second, second+" moved"); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Run(tab, chromedp.Navigate(url+"/review"), there("p.naturalWidth === 320"), chromedp.KeyEvent(kb.ArrowRight),
		chromedp.Poll(`document.getElementById("status").className === "error"`, nil, chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatal(err)
	}
	var shown bool
	if err := chromedp.Run(tab, chromedp.Evaluate(`document.getElementById("picture").hasAttribute("src") || document.getElementById("model").hasAttribute("src")`, &shown)); err != nil {
		t.Fatal(err)
	}
	if shown {
		t.Error("the first picture is shown as the second")
	}
	if err := os.Rename(second+" moved", second); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Run(tab, chromedp.KeyEvent(kb.ArrowLeft), there(`p.alt.includes("00.png")`), chromedp.KeyEvent(kb.ArrowRight), there(`p.alt.includes("01.png") && p.naturalWidth === 320`)); err != nil {
		t.Errorf("the file is back and its picture is not shown: %v", err)
	}
}

// The words that a shell reads are the test of the quotes.
func TestTheFolderToTrainOnIsNamedForAShell(t *testing.T) {
	dir, files := predicted(t, 3)
	t.Chdir(t.TempDir())
	for _, name := range []string{"labels", "my labels", "Ann's $HOME `id` \"*\"", "été", "-x"} {
		out := filepath.Join("deep", name)
		r, err := review.New(kinds, files, dir, out)
		if err != nil {
			t.Fatal(err)
		}
		var described struct{ Out string }
		if err := json.Unmarshal(get(t, r, "/api/review"), &described); err != nil {
			t.Fatal(err)
		}
		word, err := exec.Command("sh", "-c", "cd /; printf '%s|' "+described.Out).Output()
		if err != nil {
			t.Fatal(err)
		}
		shown, err := os.Stat(strings.TrimSuffix(string(word), "|"))
		if err != nil {
			t.Errorf("%s: %v", described.Out, err)
			continue
		}
		if made, err := os.Stat(out); err != nil || !os.SameFile(shown, made) {
			t.Errorf("%s leads to another folder than %s (%v)", described.Out, out, err)
		}
	}
}

func TestAnotherPageChangesNoLabel(t *testing.T) {
	url, _, out := serve(t, 3)
	for origin, want := range map[string]int{"": http.StatusOK, "https://evil.example": http.StatusForbidden} {
		r, err := http.NewRequest(http.MethodPost, url+"/api/review", strings.NewReader(`{"picture": 0, "choice": "key"}`))
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("a POST from %q has the status %d, want %d", origin, response.StatusCode, want)
		}
	}
	if got := written(t, out); !slices.Equal(got, []string{"key/more/00.png"}) {
		t.Errorf("there are %q", got)
	}
	for _, path := range []string{"/api/review/picture?i=3", "/api/review/picture?i=-1", "/api/review/picture?i=../../etc"} {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s has the status %d", path, response.StatusCode)
		}
	}
}
