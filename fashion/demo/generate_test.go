package demo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/internal/browsertest"
	"fashionlab/fashion/run"
)

// publishedGenerator is the one that comes with the project.
func publishedGenerator(t *testing.T) *gan.Generator {
	t.Helper()
	r, err := run.Published().Open("full/gan")
	if err != nil {
		t.Fatal(err)
	}
	g, err := gan.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// generate posts a request and returns the response.
func generate(t *testing.T, url, request string) (status int, picture []byte, response map[string]any) {
	t.Helper()
	r, err := http.Post(url+"/api/generate", "application/json", strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&response); err != nil {
		t.Fatal(err)
	}
	if uri, ok := response["image"].(string); ok {
		if picture, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, "data:image/png;base64,")); err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() != 28 {
			t.Fatalf("the picture is %v (%v), want one of 28x28", img.Bounds(), err)
		}
	}
	return r.StatusCode, picture, response
}

func TestServerGeneratesTheRequestedItem(t *testing.T) {
	s, url := serve(t, demo.Options{})
	if status, _, response := generate(t, url, `{}`); status != http.StatusNotFound {
		t.Errorf("without a generator: %d %v", status, response)
	}
	if err := s.AddGenerator(publishedGenerator(t)); err != nil {
		t.Fatal(err)
	}
	_, from, response := generate(t, url, `{"class": 8, "seed": 3, "target_class": 9, "target_seed": 4}`)
	if p := response["probabilities"].([]any)[8].(float64); p < 0.5 {
		t.Errorf("the models predict a bag with the probability %v", p)
	}
	_, again, _ := generate(t, url, `{"class": 8, "seed": 3, "target_class": 2, "target_seed": 7}`)
	_, to, _ := generate(t, url, `{"class": 8, "seed": 3, "target_class": 9, "target_seed": 4, "fraction": 1}`)
	_, goal, _ := generate(t, url, `{"class": 9, "seed": 4, "target_class": 9, "target_seed": 4}`)
	_, stepped, _ := generate(t, url, `{"class": 8, "seed": 3, "target_class": 9, "target_seed": 4, "steps": [0, 3]}`)
	if !bytes.Equal(from, again) || !bytes.Equal(to, goal) || bytes.Equal(from, to) || bytes.Equal(from, stepped) {
		t.Error("the interpolation does not lead from the item to its target, or a step changes nothing")
	}
	for request, want := range map[string]string{
		`{"class": 10}`: "classes", `{"target_class": -1}`: "classes", `{"fraction": 1.5}`: "fraction", `{"steps": [0, 7]}`: "direction 2", `{"steps": [0,0,0,0,0,0,0]}`: "7 steps",
		`{"seed": 18446744073709551615}`: "seeds", `{"colour": 1}`: "colour", `no`: "not valid", ``: "not valid", `{} {}`: "follows", `{"steps": [` + strings.Repeat("0,", 9000) + `0]}`: "not valid",
	} {
		if status, _, response := generate(t, url, request); status < 400 || status >= 500 || !strings.Contains(response["error"].(string), want) {
			t.Errorf("%.40s: %d %v, want an error with %q", request, status, response, want)
		}
	}
}

func TestPageGeneratesItemsInABrowser(t *testing.T) {
	tab := browsertest.Tab(t, 1100, 1000, patience)
	s, url := serve(t, demo.Options{})
	if err := s.AddGenerator(publishedGenerator(t)); err != nil {
		t.Fatal(err)
	}
	wait := func(what string) chromedp.Action {
		return chromedp.Poll(what, nil, chromedp.WithPollingTimeout(patience))
	}
	move := func(selector, value string) chromedp.Action {
		return chromedp.Evaluate(`{ const e = document.querySelector("`+selector+`"); e.value = "`+value+`"; e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input")); before = document.getElementById("generated").src; true }`, nil)
	}
	changed := wait(`document.getElementById("generated").src !== before`)
	// The page draws a seed at random, and not every item that it generates is classified as its class.
	oneSeed := chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument("Math.random = () => 0").Do(ctx)
		return err
	})
	err := chromedp.Run(tab, oneSeed, chromedp.Navigate(url), wait(`document.getElementById("predicted").textContent.includes("%")`), chromedp.Evaluate(`var before = ""`, nil),
		move("#class", "7"), changed, wait(`document.getElementById("predicted").textContent.includes("Sneaker")`),
		move("#target", "9"), move("#fraction", "100"), changed, wait(`document.getElementById("predicted").textContent.includes("boot")`),
		move("#directions input", "3"), changed, chromedp.Evaluate(`before = document.getElementById("generated").src`, nil),
		chromedp.Click("#reset", chromedp.ByQuery), changed, wait(`document.getElementById("predicted").textContent.includes("Sneaker")`))
	if err != nil {
		t.Fatal(err)
	}
	var nameless []string
	if err := chromedp.Run(tab, chromedp.Evaluate(`[...document.querySelectorAll(".controls input, .controls select")].filter(e => !e.ariaLabel && !e.labels.length).map(e => e.id)`, &nameless)); err != nil {
		t.Fatal(err)
	}
	if len(nameless) > 0 {
		t.Errorf("the controls %q have no accessible name", nameless)
	}
	screenshot(t, tab, "generated")
}
