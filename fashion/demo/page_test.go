package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/browsertest"
)

// screenshots names a folder for screenshots of the page, to be looked at.
const screenshots = "FASHION_SCREENSHOTS"

func screenshot(t *testing.T, tab context.Context, name string) {
	t.Helper()
	dir := os.Getenv(screenshots)
	if dir == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(tab, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestPagePredictsInABrowser(t *testing.T) {
	tab := browsertest.Tab(t, 1100, 1000, patience)
	_, url := serve(t, demo.Options{})
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	failures := make(chan string, 100)
	chromedp.ListenTarget(tab, func(e any) {
		if e, ok := e.(*runtime.EventExceptionThrown); ok {
			failures <- e.ExceptionDetails.Error()
		}
	})
	said := func(what string) chromedp.Action {
		return chromedp.Poll(`document.getElementById("status").textContent.includes(`+"`"+what+"`"+`)`, nil, chromedp.WithPollingTimeout(patience))
	}
	step := func(what string, actions ...chromedp.Action) {
		t.Helper()
		if err := chromedp.Run(tab, actions...); err != nil {
			var now string
			_ = chromedp.Run(tab, chromedp.Text("#status", &now)) // best effort: it is for the message only
			t.Fatalf("%s: %v; the page says %q", what, err, now)
		}
	}
	rows := `document.querySelectorAll("#members tr").length >= 2`
	step("opening", chromedp.Navigate(url), chromedp.Poll(rows, nil, chromedp.WithPollingTimeout(patience)))

	// A file is chosen; before the neighbours are known, the page says so.
	want := items(t).Labels[0].String()
	step("choosing a photo", chromedp.SetUploadFiles("#file", []string{write("item.jpg", file(t, 0))}, chromedp.ByQuery), said(want),
		chromedp.Poll(`document.getElementById("neighbours").textContent.includes("being prepared")`, nil, chromedp.WithPollingTimeout(patience)))
	all, err := trainingImages()
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t).AddNeighbours(all, 1200); err != nil {
		t.Fatal(err)
	}
	var shown int
	step("the same, with neighbours", chromedp.SetUploadFiles("#file", []string{filepath.Join(dir, "item.jpg")}, chromedp.ByQuery),
		chromedp.Poll(`document.querySelectorAll("#neighbours img").length === 6`, nil, chromedp.WithPollingTimeout(patience)),
		chromedp.Evaluate(`document.querySelectorAll("#steps img").length`, &shown))
	if shown != 7 { // five steps, and the item under its map
		t.Errorf("%d pictures of the steps, want 7", shown)
	}
	screenshot(t, tab, "photo")

	step("choosing no picture", chromedp.SetUploadFiles("#file", []string{write("notes.png", []byte("hello"))}, chromedp.ByQuery), said("cannot be used: found a file of another format"))
	screenshot(t, tab, "refused")

	// AVIF is what the browser reads and the demo does not.
	boot, err := os.ReadFile("../../testdata/photos/boot.avif")
	if err != nil {
		t.Fatal(err)
	}
	step("choosing an AVIF picture", chromedp.SetUploadFiles("#file", []string{write("boot.avif", boot)}, chromedp.ByQuery), said("Ankle boot"))
	heic, err := os.ReadFile("../../testdata/photos/boot.heic")
	if err != nil {
		t.Fatal(err)
	}
	step("choosing a HEIC picture", chromedp.SetUploadFiles("#file", []string{write("boot.heic", heic)}, chromedp.ByQuery), said("found a HEIC picture"))
	corrupt, err := os.ReadFile("../../testdata/photos/png-bad-crc-in-iccp.png")
	if err != nil {
		t.Fatal(err)
	}
	step("choosing a PNG with a corrupt colour profile", chromedp.SetUploadFiles("#file", []string{write("corrupt.png", corrupt)}, chromedp.ByQuery),
		chromedp.Poll(`document.getElementById("warnings").textContent.includes("iCCP")`, nil, chromedp.WithPollingTimeout(patience)))

	// By the keyboard alone: to the button, open the canvas, classify. An empty canvas shows nothing.
	step("the keyboard", chromedp.Focus("#draw", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#canvas", chromedp.ByQuery),
		chromedp.Focus("#classify", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter), said("nothing that stands out"))
	// Two legs, drawn with the mouse.
	step("drawing", draw(`[[100,40],[100,250]]`), draw(`[[180,40],[180,250]]`), draw(`[[100,45],[180,45]]`), draw(`[[100,55],[180,55]]`), chromedp.Click("#classify", chromedp.ByQuery), said("Trouser"))

	// A pasted and a dropped file, as the browser would hand them on.
	for _, kind := range []string{"paste", "drop"} {
		step(kind, chromedp.Evaluate(`document.getElementById("status").textContent = ""; document.getElementById("canvas").toBlob(b => {
			const transfer = new DataTransfer(); transfer.items.add(new File([b], "legs.png", { type: "image/png" }));
			dispatchEvent("`+kind+`" === "paste" ? new ClipboardEvent("paste", { clipboardData: transfer }) : new DragEvent("drop", { dataTransfer: transfer, cancelable: true }))
		}); true`, nil), said("Trouser"))
	}

	dark := emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}})
	var paper string
	step("dark mode", dark, chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &paper))
	if paper == "rgb(255, 255, 255)" {
		t.Error("the page is white in dark mode")
	}
	screenshot(t, tab, "dark")

	// On a telephone nothing is wider than the screen.
	var wide int
	step("a telephone", emulation.SetDeviceMetricsOverride(390, 844, 2, true), chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &wide))
	if wide > 0 {
		t.Errorf("on a telephone the page is %d pixels too wide", wide)
	}
	// Its tables are not wider than they can be shown: the cells of a row stand below each other, with their columns' names.
	var scrolls bool
	var columns []string
	step("tables on a telephone", chromedp.Evaluate(`[...document.querySelectorAll(".scroll")].some(e => e.scrollWidth > e.clientWidth)`, &scrolls),
		chromedp.Evaluate(`[...document.querySelectorAll("#members tr:nth-of-type(1) td")].map(c => getComputedStyle(c, "::before").content)`, &columns))
	if scrolls || len(columns) != 5 || columns[2] != `"test accuracy"` {
		t.Errorf("on a telephone a table scrolls: %v; the columns are named %q", scrolls, columns)
	}
	screenshot(t, tab, "telephone")
	select {
	case what := <-failures:
		t.Errorf("the page's program failed: %s", what)
	default:
	}
}

// draw moves the pen along points of the canvas.
func draw(points string) chromedp.Action {
	return chromedp.Evaluate(`{
		const canvas = document.getElementById("canvas"), box = canvas.getBoundingClientRect(), points = `+points+`
		canvas.setPointerCapture = () => {} // made-up pointers cannot be captured
		points.forEach(([x, y], i) => canvas.dispatchEvent(new PointerEvent(i ? "pointermove" : "pointerdown", { clientX: box.x + x * box.width / 280, clientY: box.y + y * box.height / 280, buttons: 1, bubbles: true })))
		true
	}`, nil)
}
