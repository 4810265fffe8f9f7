package report_test

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// page is the HTML of what a folder of runs and one of published runs hold.
func page(t *testing.T, s testStore, published string) string {
	t.Helper()
	var out bytes.Buffer
	generators, err := report.Generators(report.Stores{Local: s.store(), Published: run.StoreAt(published, true)})
	if err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(&out, s.lines(published), generators, nil, nil, "runs", published); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// everything is a page with runs, published ones and ensembles.
func everything(t *testing.T) (text string, folders []string) {
	t.Helper()
	t.Setenv(fashion.DirVariable, dataDir)
	s, published := newTestStore(t), newTestStore(t)
	s.members(study.Smoke)
	published.save("full/cnn", study.CNN(study.Full), 4)
	s.generator("smoke/gan", true)
	published.generator("full/gan", false)
	return page(t, s, published.root), []string{s.root, published.root}
}

const svgSource = "data:image/svg+xml;base64,"

// elements reads the page, which is well-formed XML too, and calls see for each element with its attributes.
func elements(t *testing.T, text string, see func(name string, attributes map[string]string)) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
			}
			see(e.Name.Local, attributes)
		}
	}
}

func TestPageHasEachFigureWithItsDescription(t *testing.T) {
	text, _ := everything(t)
	titles := map[string]int{}
	elements(t, text, func(name string, a map[string]string) {
		if name != "img" {
			return
		}
		data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(a["src"], svgSource))
		if err != nil {
			t.Fatalf("an image is %.80q: %v", a["src"], err)
		}
		var figure struct {
			Title string `xml:"title"`
			Desc  string `xml:"desc"`
		}
		if err := xml.Unmarshal(data, &figure); err != nil {
			t.Fatal(err)
		}
		if a["alt"] != figure.Desc || len(a["alt"]) < 20 || a["loading"] != "lazy" || a["width"] == "" || a["height"] == "" {
			t.Errorf("%s: the image has %.300v", figure.Title, a)
		}
		title, _, _ := strings.Cut(figure.Title, ", temperature")
		titles[title]++
	})
	for title, want := range map[string]int{"Results beside the slides": 1, "Learning curves": 4, "Confusion matrix": 6, "Recall of each class": 6,
		"Misclassified images with the highest loss": 4, "Pairwise disagreement": 2, "Calibration of the ensemble": 2, "Training of a GAN": 2, "Generated items": 1} {
		if titles[title] != want {
			t.Errorf("%q is drawn %d times, want %d, of %v", title, titles[title], want, titles)
		}
	}
}

func TestPageSaysHowFarGeneratedImagesAreAndWhichAreMissing(t *testing.T) {
	text, _ := everything(t)
	for phrase, want := range map[string]int{"smoke/gan: Fréchet distance 8.76 to the validation images, classification accuracy 0.912": 1, "full/gan: Fréchet distance 8.76": 1, "those of epoch 1 are missing": 1} {
		if got := strings.Count(text, phrase); got != want {
			t.Errorf("the page says %d times %q, want %d", got, phrase, want)
		}
	}
}

func TestPageRefersToNothingOutsideItself(t *testing.T) {
	text, folders := everything(t)
	ids := map[string]bool{}
	elements(t, text, func(_ string, a map[string]string) {
		if id := a["id"]; id != "" {
			ids["#"+id] = true
		}
	})
	elements(t, text, func(name string, a map[string]string) {
		if name == "script" || name == "link" || name == "iframe" {
			t.Errorf("the page has an element %s", name)
		}
		if src, ok := a["src"]; ok && !strings.HasPrefix(src, svgSource) {
			t.Errorf("the page loads %.80q", src)
		}
		if href, ok := a["href"]; ok && !ids[href] {
			t.Errorf("the page refers to %q", href)
		}
	})
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range append(folders, home, "http:", "https:", "url(", "@import", "/home/somebody", os.TempDir()) {
		if strings.Contains(text, word) {
			t.Errorf("the page contains %q", word)
		}
	}
}

func TestPageNamesItsSources(t *testing.T) {
	text, folders := everything(t)
	mentions(t, text, "from the runs in runs and "+filepath.Base(folders[1]), "smoke/cnn", "480 training images", "0.7500 (0.5981 to 0.8581)", "cpu: a processor, 2 cores",
		"github.com/gomlx/gomlx v0.28.7", "ConvNeXt, from rotations", "not run: <code>go run ./kernel-setup train -recipe convnext -profile full</code>",
		"0.45 CNN &#43; 0.45 ResNet50", "&#34;epochs&#34;: 30")
}

func TestPublishedRunIsMarkedWhereverThePageShowsIt(t *testing.T) {
	text, _ := everything(t)
	const badge = `<span class="published">published</span>`
	mentions(t, text, "full/cnn "+badge, "<summary>CNN "+badge, "Confusion matrix: CNN, full/cnn (published)")
	if regexp.MustCompile(`smoke/[a-z0-9-]+ (<span class="published">|\(published)`).MatchString(text) {
		t.Error("this machine's run is marked as published")
	}
	described := false
	elements(t, text, func(_ string, a map[string]string) {
		described = described || strings.Contains(a["alt"], "CNN, full/cnn (published): 0.7500")
	})
	if !described {
		t.Error("no figure of all results tells that the run is published")
	}
}

func TestHostileNamesAreShownAsTheyAre(t *testing.T) {
	t.Setenv(fashion.DirVariable, dataDir)
	s := newTestStore(t)
	mine := study.CNN(study.Full)
	mine.Model.Name = `<script>alert("model")</script>`
	s.save(`<script>alert('run')`, mine, 4)
	s.save(`"><img src=x onerror=alert(1)>`, study.CNN(study.Full), 4)
	text := page(t, s, "")
	elements(t, text, func(name string, a map[string]string) {
		if _, trap := a["onerror"]; trap || name == "script" {
			t.Errorf("the page has the element %s with %.200v", name, a)
		}
	})
	mentions(t, text, "&lt;script&gt;alert(&#34;model&#34;)&lt;/script&gt;", "&lt;script&gt;alert(&#39;run&#39;)", "&lt;img src=x")
}

func TestPageWithoutTheDataSetSaysWhatIsMissing(t *testing.T) {
	t.Setenv(fashion.DirVariable, t.TempDir())
	s := newTestStore(t)
	s.save("full/cnn", study.CNN(study.Full), 4)
	text := page(t, s, "")
	mentions(t, text, "misclassified images are not shown", "go run ./kernel-setup setup", "Confusion matrix")
	if strings.Contains(text, os.Getenv(fashion.DirVariable)) {
		t.Error("the page names the folder where the data set was looked for")
	}
}

func TestPageOfARunOnOtherImagesSaysWhatIsMissing(t *testing.T) {
	t.Setenv(fashion.DirVariable, dataDir)
	s := newTestStore(t)
	r := s.begin("full/cnn", study.CNN(study.Full))
	p := predictions([]fashion.Label{1, 2, 3}, 2)
	p.Indices = []int32{9000, 9001, 9002}
	if err := errors.Join(r.SavePredictions(run.Test, p), r.Finish()); err != nil {
		t.Fatal(err)
	}
	mentions(t, page(t, s, ""), "misclassified images are not shown", "image 9000", "Confusion matrix")
}

func TestPageWithoutRunsIsComplete(t *testing.T) {
	text := page(t, testStore{t, filepath.Join(t.TempDir(), "none")}, "")
	images := 0
	elements(t, text, func(name string, _ map[string]string) {
		if name == "img" {
			images++
		}
	})
	if images != 1 || strings.Contains(text, "Details of the results") {
		t.Errorf("the page has %d images, want that of the slides' results alone", images)
	}
}

func TestFileOfWeightsIsShownWithoutItsFolder(t *testing.T) {
	t.Setenv(fashion.DirVariable, dataDir)
	s := newTestStore(t)
	r := study.ConvNeXt(study.Full)
	r.Model.Weights = recipes.Weights{File: "/home/somebody/weights.safetensors"}
	s.save("full/convnext", r, 4)
	text := page(t, s, "")
	mentions(t, text, "weights.safetensors")
	if strings.Contains(text, "somebody") {
		t.Error("the page names the folder of a file of weights")
	}
}
