package notebooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
	"fashionlab/kernel-setup/internal/parts"
	"fashionlab/kernel-setup/internal/python"
)

// studio is a set-up of its own for notebooks: a copy of them, a kernel, an empty folder of runs.
func studio(t *testing.T) layout.Layout {
	t.Helper()
	t.Setenv("JUPYTER_DATA_DIR", t.TempDir())
	for _, name := range []string{"JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", run.RootVariable} {
		t.Setenv(name, t.TempDir())
	}
	l, err := layout.New()
	if err != nil {
		t.Fatal(err)
	}
	if missing := parts.Missing(l, []string{parts.Tools, python.Jupyter, parts.Plugin, parts.Data, parts.Linker}); len(missing) > 0 {
		t.Fatalf("%s is missing; `go run ./kernel-setup test` does the set-up and runs all tests", missing[0].Name)
	}
	if err := parts.MakeKernel(t.Context(), l, func(string) {}); err != nil {
		t.Fatal(err)
	}
	copied := l
	copied.Root = t.TempDir()
	if err := os.CopyFS(copied.Notebooks(), os.DirFS(l.Notebooks())); err != nil {
		t.Fatal(err)
	}
	return copied
}

func TestNotebooksExecuteInOrderAndASecondTimeTrainNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("executing the notebooks takes minutes; -short leaves it out")
	}
	l := studio(t)
	o := Options{Profile: "smoke", Out: filepath.Join(l.Root, "out")}
	if err := Execute(t.Context(), l, o); err != nil {
		t.Fatal(err)
	}
	paths, err := choose(l, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		for _, kind := range []string{".html", ".ipynb"} {
			name := nameOf(path) + kind
			if info, err := os.Stat(filepath.Join(o.Out, name)); err != nil || info.Size() < 10_000 {
				t.Errorf("%s: %v (%v)", name, info, err)
			}
		}
	}
	if times := readTimes(o.Out); len(times) != len(paths) {
		t.Errorf("the times of %d notebooks are kept (%v), want %d", len(times), times, len(paths))
	}
	first := trained(t)
	p, err := newPlan(l, paths, study.Smoke, o.Out)
	if err != nil {
		t.Fatal(err)
	}
	sameAsPlanned(t, p, first)

	if tab := openBrowser(t); tab != nil {
		t.Run("again in JupyterLab", func(t *testing.T) { inJupyterLab(t, l, tab, paths) })
	} else {
		t.Run("again without a browser", func(t *testing.T) {
			if err := Execute(t.Context(), l, o); err != nil {
				t.Fatal(err)
			}
		})
	}
	if second := trained(t); !maps.EqualFunc(first, second, time.Time.Equal) {
		t.Errorf("the second time something was trained: %v, then %v", first, second)
	}
}

// trained are the names of the finished runs, with the times at which they ended.
func trained(t *testing.T) map[string]time.Time {
	t.Helper()
	root := os.Getenv(run.RootVariable)
	runs, err := run.StoreAt(root, false).List()
	if err != nil {
		t.Fatal(err)
	}
	finished := map[string]time.Time{}
	for _, r := range runs {
		name, err := filepath.Rel(root, r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		if r.Finished() {
			finished[name] = r.Record.Finished
		}
	}
	return finished
}

// sameAsPlanned compares what the notebooks trained with what a plan lists: no training is missing, and none is left over but those of searches.
func sameAsPlanned(t *testing.T, p plan, trained map[string]time.Time) {
	t.Helper()
	listed := map[string]bool{}
	for _, n := range p.notebooks {
		for _, training := range n.trainings {
			listed[training.run] = true
			if !training.finished {
				t.Errorf("the plan lists %s in %s, which did not train it: %+v", training.run, n.name, training)
			}
		}
	}
	for name := range trained {
		search, _, _ := strings.Cut(name, "/trials/")
		if !listed[search] {
			t.Errorf("the notebooks trained %s, which the plan does not list", name)
		}
	}
}

// Pages that a step frees and the next one wants again are the dearest that a training can do beside its work: without care, some 17,000 in a step.
func TestTrainingInACellKeepsItsPages(t *testing.T) {
	l := studio(t)
	path := filepath.Join(l.Notebooks(), "00-pages.ipynb")
	layouttest.Write(t, path, `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "fashionlab", "display_name": "Go"}}, "cells": [
		{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%noautoget\n", "import (\"fmt\"; \"syscall\"; \"fashionlab/fashion/study\"; \"fashionlab/fashion/train\")\n",
		"func faults() int64 { var u syscall.Rusage; syscall.Getrusage(0, &u); return u.Minflt }\n",
		"%%\n", "s, err := train.NewStepper(study.CNN(study.Smoke))\n", "if err != nil { panic(err) }\n",
		"_, err = s.Time(5)\n", "before := faults()\n", "_, err = s.Time(20)\n", "if err != nil { panic(err) }\n",
		"if n := (faults() - before) / 20; n > 1000 { panic(fmt.Sprint(n, \" page faults in a step\")) }"]}]}`)
	if err := executeOne(t.Context(), l, path, t.TempDir(), "smoke"); err != nil {
		t.Error(err)
	}
}

func TestFailingCellIsNamedWithItsError(t *testing.T) {
	l := studio(t)
	path := filepath.Join(l.Notebooks(), "00-fails.ipynb")
	layouttest.Write(t, path, `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "fashionlab", "display_name": "Go"}}, "cells": [
		{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%noautoget\n", "%%\n", "fmt.Println(1)"]},
		{"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%%\n", "panic(\"on purpose\")"]}]}`)
	out := t.TempDir()
	err := executeOne(t.Context(), l, path, out, "smoke")
	layouttest.Mentions(t, err, "00-fails.ipynb", "code cell 2", "on purpose")
	executed, err := os.ReadFile(filepath.Join(out, "00-fails.ipynb"))
	if err != nil || !strings.Contains(string(executed), "on purpose") {
		t.Errorf("the executed copy does not show the failure (%v)", err)
	}
}

// The table "When a cell fails" in the overview is read by whoever meets an error: it must quote what they see.
func TestQuotedErrorsAreThoseOfTheKernel(t *testing.T) {
	l := studio(t)
	overview, err := os.ReadFile(filepath.Join(l.Notebooks(), "00-overview.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(overview), "## When a cell fails")
	section, _, _ = strings.Cut(section, `"cell_type"`)
	quoted := regexp.MustCompile("\"\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1)
	cells := []string{ // each fails with the message in its row of the table
		`"x := 1"`,
		`"%%\n", "x := 1"`,
		`"%%\n", "fmt.Println(x)"`,
		`"import pkg \"fashionlab/fashion\"\n", "%%\n", "pkg.Name()"`,
	}
	if len(quoted) != len(cells) {
		t.Fatalf("the table quotes %d messages (%q), want %d", len(quoted), quoted, len(cells))
	}
	for i, source := range cells {
		message := strings.TrimSuffix(quoted[i][1], "...")
		t.Run(message, func(t *testing.T) {
			path := filepath.Join(l.Notebooks(), "00-fails.ipynb")
			layouttest.Write(t, path, `{"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "fashionlab", "display_name": "Go"}}, "cells": [
				{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": null, "source": ["%noautoget"]},
				{"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null, "source": [`+source+`]}]}`)
			layouttest.Mentions(t, executeOne(t.Context(), l, path, t.TempDir(), "smoke"), "code cell 2", message)
		})
	}
}

// patience is how long a page or a server may take, on however slow a machine; it ends what hangs.
const patience = 10 * time.Minute

// openBrowser opens a tab; nil where there is no browser.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(1200, 900))
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	ctx, stop := context.WithCancel(t.Context())
	browser, closeBrowser := chromedp.NewExecAllocator(ctx, flags...)
	tab, closeTab := chromedp.NewContext(browser)
	t.Cleanup(func() { closeTab(); closeBrowser(); stop() })
	if err := chromedp.Run(tab); errors.Is(err, exec.ErrNotFound) {
		t.Logf("no Chromium or Chrome in PATH, so that nothing is tested in JupyterLab: %v", err)
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	return tab
}

// inJupyterLab opens each notebook in a browser as a user does: its saved figures show before anything is run; Run All
// ends without an error; then every figure shows.
func inJupyterLab(t *testing.T, l layout.Layout, tab context.Context, paths []string) {
	t.Setenv("FASHION_PROFILE", "smoke")
	// All cells in the page at once, not only those that are scrolled to.
	layouttest.Write(t, filepath.Join(os.Getenv("JUPYTER_CONFIG_DIR"), "lab", "user-settings", "@jupyterlab", "notebook-extension", "tracker.jupyterlab-settings"),
		`{"windowingMode": "none"}`)
	serving, stopServer := context.WithCancel(tab)
	ended := make(chan error, 1)
	go func() {
		ended <- Lab(serving, l, []string{"--no-browser", "--port=0", "--expose-app-in-browser", "--log-level=ERROR"})
	}()
	defer func() {
		stopServer()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Errorf("JupyterLab still runs %v after it was asked to stop", patience)
		}
	}()
	address, token := jupyterAddress(t, tab)
	each, patience := chromedp.WithPollingInterval(100*time.Millisecond), chromedp.WithPollingTimeout(patience)
	err := chromedp.Run(tab,
		emulation.SetFocusEmulationEnabled(true), // JupyterLab calls a notebook current when it has the focus
		chromedp.Navigate(fmt.Sprintf("%slab?token=%s&reset", address, token)),
		chromedp.Poll(`window.jupyterapp !== undefined`, nil, each, patience),
		chromedp.Evaluate(`window.jupyterapp.restored.then(() => true)`, nil, awaitPromise),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name, want := nameOf(path), shownFigures(t, path)
		var before, after page
		err := chromedp.Run(tab,
			chromedp.Evaluate(fmt.Sprintf(`window.jupyterapp.commands.execute("docmanager:open", {path: "%s.ipynb"}); true`, name), nil),
			chromedp.Poll(fmt.Sprintf(kernelReady, name), nil, each, patience),
			chromedp.Poll(imagesLoaded, nil, each, patience),
			chromedp.Evaluate(look, &before),
			chromedp.Evaluate(`window.ranAll = false; window.jupyterapp.commands.execute("notebook:run-all-cells").then(() => window.ranAll = true); true`, nil),
			explore(name),
			chromedp.Poll(`window.ranAll`, nil, each, patience),
			chromedp.Poll(imagesLoaded, nil, each, patience),
			chromedp.Evaluate(look, &after),
		)
		if err != nil {
			screenshot(t, tab, name)
			t.Fatalf("%s: %v", name, err)
		}
		if before.Figures != want || after.Figures != want || after.Errors != 0 || after.Unexecuted != 0 {
			screenshot(t, tab, name)
			t.Errorf("%s: %+v before Run All, %+v after, want %d figures each time, no error, and no cell left out", name, before, after, want)
		}
		if err := chromedp.Run(tab, chromedp.Evaluate(closeNotebook, nil, awaitPromise)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// sliders counts those of each cell of a notebook that has some, in order.
var sliders = map[string][]int{"04-augmentation": {4}, "12-gan-demo": {2, 7}}

// explore moves the first slider of each cell that has some, waits until the picture follows, and presses the button.
func explore(name string) chromedp.Action {
	each, patience := chromedp.WithPollingInterval(100*time.Millisecond), chromedp.WithPollingTimeout(patience)
	var tasks chromedp.Tasks
	for _, n := range sliders[name] {
		tasks = append(tasks,
			chromedp.Poll(fmt.Sprintf(`document.querySelectorAll("[id^=explore_] input[type=range]").length === %d && document.querySelector("[id^=explore_] > button") !== null`, n), nil, each, patience),
			chromedp.Evaluate(`(() => {
				window.pictureBefore = document.querySelector("[id^=explore_][id$=_picture] img").src;
				const slider = document.querySelector("[id^=explore_] input[type=range]");
				slider.value = slider.max;
				for (const kind of ["input", "change"]) slider.dispatchEvent(new Event(kind, {bubbles: true}));
			})()`, nil),
			chromedp.Poll(`document.querySelector("[id^=explore_][id$=_picture] img").src !== window.pictureBefore`, nil, each, patience),
			chromedp.Evaluate(`document.querySelector("[id^=explore_] > button").click()`, nil))
	}
	return tasks
}

// page is what a notebook's page shows.
type page struct {
	Figures    int // visible images in outputs
	Errors     int // outputs that are errors or were written to standard error
	Unexecuted int // code cells without an execution count
}

// What the browser evaluates. An image shows when it is decoded and takes up room.
const (
	kernelReady  = `(w => w?.context?.path === "%s.ipynb" && w.sessionContext.session?.kernel?.connectionStatus === "connected")(window.jupyterapp.shell.currentWidget)`
	imagesLoaded = `[...document.querySelectorAll(".jp-OutputArea-output img")].every(i => i.complete && i.naturalWidth > 0)`
	look         = `({
		figures: [...document.querySelectorAll(".jp-OutputArea-output img")].filter(i => i.naturalWidth > 100 && i.offsetHeight > 50 && i.alt.length > 20).length,
		errors: document.querySelectorAll('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.stderr"], .jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').length,
		unexecuted: window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === "code" && !c.model.executionCount).length,
	})`
	closeNotebook = `(async w => { await w.context.save(); await w.sessionContext.shutdown(); w.close(); return true; })(window.jupyterapp.shell.currentWidget)`
)

// awaitPromise waits for what the browser promises.
func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// jupyterAddress waits for the server's description of itself, which it writes before it listens, and until it answers.
func jupyterAddress(t *testing.T, ctx context.Context) (address, token string) {
	t.Helper()
	for {
		paths, err := filepath.Glob(filepath.Join(os.Getenv("JUPYTER_RUNTIME_DIR"), "jpserver-*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			var server struct{ URL, Token string }
			if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &server) != nil {
				continue
			}
			if answer, err := http.Get(server.URL + "api"); err == nil {
				answer.Body.Close()
				return server.URL, server.Token
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("JupyterLab does not start")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// shownFigures counts the figures in a notebook's saved outputs.
func shownFigures(t *testing.T, path string) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(string(data), "src=\\\"data:image/svg+xml;base64,")
	if n == 0 {
		t.Fatalf("%s was saved without figures", path)
	}
	return n
}

// screenshot saves what the browser shows, for whoever looks into a failure.
func screenshot(t *testing.T, tab context.Context, name string) {
	var png []byte
	if err := chromedp.Run(tab, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Logf("no screenshot: %v", err)
		return
	}
	path := filepath.Join(os.TempDir(), "fashionlab-"+name+".png")
	if err := os.WriteFile(path, png, 0o666); err != nil {
		t.Logf("no screenshot: %v", err)
		return
	}
	t.Logf("the browser's picture is in %s", path)
}

func TestNotebooksAreFoundInAFolderOfAnyName(t *testing.T) {
	l := layouttest.New(t)
	l.Root = filepath.Join(t.TempDir(), "a [copy] of * it?")
	layouttest.Write(t, filepath.Join(l.Notebooks(), "01-data.ipynb"), "{}")
	if paths, err := choose(l, ""); err != nil || len(paths) != 1 || !strings.HasPrefix(paths[0], l.Root) {
		t.Errorf("found %q (%v)", paths, err)
	}
}

func TestOverviewIsExecutedLastBecauseItShowsWhatTheOthersTrained(t *testing.T) {
	for _, c := range [][2]string{
		{"00-overview.ipynb 01-data.ipynb 03-cnn.ipynb", "01-data.ipynb 03-cnn.ipynb 00-overview.ipynb"}, {"01-data.ipynb 03-cnn.ipynb", "01-data.ipynb 03-cnn.ipynb"}, {"00-overview.ipynb", "00-overview.ipynb"}} {
		if got := strings.Join(overviewLast(strings.Fields(c[0])), " "); got != c[1] {
			t.Errorf("%s are executed as %s, want %s", c[0], got, c[1])
		}
	}
}

// withSolutions lists the notebooks in the repository and the solutions to their exercises.
func withSolutions(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../../../notebooks/*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no notebooks (%v)", err)
	}
	answers, err := filepath.Glob("../../../notebooks/" + solutions + "/*.ipynb")
	if err != nil || len(answers) == 0 {
		t.Fatalf("no solutions (%v)", err)
	}
	return append(paths, answers...)
}

func TestEachExerciseHasASolution(t *testing.T) {
	numbered := regexp.MustCompile(`"(\d+)\. `)
	for _, path := range withSolutions(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, exercises, any := strings.Cut(string(data), `"## Exercises\n"`)
		if !any {
			continue
		}
		link := solutions + "/" + filepath.Base(path)[:2] + "-solutions.ipynb"
		if !strings.Contains(exercises, "("+link+")") {
			t.Errorf("the exercises of %s do not link to %s", path, link)
		}
		answers, err := os.ReadFile("../../../notebooks/" + link)
		if err != nil {
			t.Error(err)
		}
		for _, m := range numbered.FindAllStringSubmatch(exercises, -1) {
			if !strings.Contains(string(answers), `"## Exercise `+m[1]) {
				t.Errorf("%s has no solution to exercise %s", link, m[1])
			}
		}
		if strings.Contains(string(answers), `"execution_count": null`) {
			t.Errorf("a cell of %s was not executed", link)
		}
	}
}

// The notebooks in the repository must be executable where only set-up has run: with our kernel, and in order.
func TestNotebooksNameOurKernel(t *testing.T) {
	for _, path := range withSolutions(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var nb struct {
			Metadata struct{ Kernelspec struct{ Name string } }
			Cells    []struct {
				Type   string `json:"cell_type"`
				Source []string
			}
		}
		if err := json.Unmarshal(data, &nb); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if nb.Metadata.Kernelspec.Name != layout.KernelName {
			t.Errorf("%s is for the kernel %q, want %q", path, nb.Metadata.Kernelspec.Name, layout.KernelName)
		}
		for i, c := range nb.Cells {
			if c.Type == "code" && len(c.Source) > 15 {
				t.Errorf("%s: cell %d has %d lines, want at most 15", path, i+1, len(c.Source))
			}
		}
	}
}
