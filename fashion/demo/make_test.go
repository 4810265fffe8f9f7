package demo_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/run"
)

// generator is the one that comes with the project.
func generator(t *testing.T) *gan.Generator {
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

// wished posts a wish and returns what came of it.
func wished(t *testing.T, url, wish string) (status int, picture []byte, answer map[string]any) {
	t.Helper()
	r, err := http.Post(url+"/api/made", "application/json", strings.NewReader(wish))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if uri, ok := answer["image"].(string); ok {
		if picture, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(uri, "data:image/png;base64,")); err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() != 28 {
			t.Fatalf("the picture is %v (%v), want one of 28x28", img.Bounds(), err)
		}
	}
	return r.StatusCode, picture, answer
}

func TestServerMakesWhatIsWished(t *testing.T) {
	s, url := serve(t, demo.Options{})
	if status, _, answer := wished(t, url, `{}`); status != http.StatusNotFound {
		t.Errorf("without a generator: %d %v", status, answer)
	}
	if err := s.MakeItems(generator(t)); err != nil {
		t.Fatal(err)
	}
	_, from, answer := wished(t, url, `{"class": 8, "item": 3, "toward_class": 9, "toward_item": 4}`)
	if p := answer["probabilities"].([]any)[8].(float64); p < 0.5 {
		t.Errorf("the models give a bag the probability %v", p)
	}
	_, again, _ := wished(t, url, `{"class": 8, "item": 3, "toward_class": 2, "toward_item": 7}`)
	_, to, _ := wished(t, url, `{"class": 8, "item": 3, "toward_class": 9, "toward_item": 4, "share": 1}`)
	_, goal, _ := wished(t, url, `{"class": 9, "item": 4, "toward_class": 9, "toward_item": 4}`)
	_, turned, _ := wished(t, url, `{"class": 8, "item": 3, "toward_class": 9, "toward_item": 4, "knobs": [0, 3]}`)
	if !bytes.Equal(from, again) || !bytes.Equal(to, goal) || bytes.Equal(from, to) || bytes.Equal(from, turned) {
		t.Error("the way does not lead from the item to the other, or a knob turns nothing")
	}
	for wish, want := range map[string]string{
		`{"class": 10}`: "classes", `{"toward_class": -1}`: "classes", `{"share": 1.5}`: "share", `{"knobs": [0, 7]}`: "knob 2", `{"knobs": [0,0,0,0,0,0,0]}`: "7 knobs",
		`{"item": 18446744073709551615}`: "items", `{"colour": 1}`: "colour", `no`: "no JSON", ``: "no JSON", `{"knobs": [` + strings.Repeat("0,", 9000) + `0]}`: "no JSON",
	} {
		if status, _, answer := wished(t, url, wish); status < 400 || status >= 500 || !strings.Contains(answer["error"].(string), want) {
			t.Errorf("%.40s: %d %v, want an error with %q", wish, status, answer, want)
		}
	}
}

func TestPageMakesItemsInABrowser(t *testing.T) {
	tab := browser(t)
	s, url := serve(t, demo.Options{})
	if err := s.MakeItems(generator(t)); err != nil {
		t.Fatal(err)
	}
	wait := func(what string) chromedp.Action {
		return chromedp.Poll(what, nil, chromedp.WithPollingTimeout(patience))
	}
	move := func(selector, value string) chromedp.Action {
		return chromedp.Evaluate(`{ const e = document.querySelector("`+selector+`"); e.value = "`+value+`"; e.dispatchEvent(new Event(e.tagName === "SELECT" ? "change" : "input")); before = document.getElementById("made").src; true }`, nil)
	}
	changed := wait(`document.getElementById("made").src !== before`)
	err := chromedp.Run(tab, chromedp.Navigate(url), wait(`document.getElementById("taken").textContent.includes("%")`), chromedp.Evaluate(`var before = ""`, nil),
		move("#class", "7"), changed, wait(`document.getElementById("taken").textContent.includes("Sneaker")`),
		move("#toward", "9"), move("#share", "100"), changed, wait(`document.getElementById("taken").textContent.includes("boot")`),
		move("#knobs input", "3"), changed, chromedp.Evaluate(`before = document.getElementById("made").src`, nil),
		chromedp.Click("#back", chromedp.ByQuery), changed, wait(`document.getElementById("taken").textContent.includes("Sneaker")`))
	if err != nil {
		t.Fatal(err)
	}
	screenshot(t, tab, "made")
}
