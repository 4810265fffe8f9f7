package demo_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
)

func TestFilesOfOtherProgramsAreClassified(t *testing.T) {
	_, url := serve(t, demo.Options{})
	for name, want := range map[string]struct{ class, warning string }{
		"frames.webp":                               {"Ankle boot", ""},
		"png-bad-crc-in-iccp.png":                   {"Ankle boot", "iCCP"},
		"trouser-orientation-of-thumbnail-only.jpg": {"Trouser", ""},
	} {
		path := filepath.Join("../../testdata/photos", name)
		files, err := open(t).PredictFiles([]string{path})
		if err != nil || files[0].Err != nil {
			t.Errorf("%s: %v, %v", name, err, files[0].Err)
			continue
		}
		f := files[0]
		if class := demo.Ranking(f.Probabilities)[0].String(); class != want.class {
			t.Errorf("%s is classified as %s with %.3f, want %s", name, class, slices.Max(f.Probabilities[:]), want.class)
		}
		if (len(f.Warnings) > 0) != (want.warning != "") || !strings.Contains(strings.Join(f.Warnings, " "), want.warning) {
			t.Errorf("%s has the warnings %q, want one of %q", name, f.Warnings, want.warning)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		status, answer := post(t, url, data)
		warnings, _ := answer["warnings"].([]any)
		if status != http.StatusOK || len(warnings) != len(f.Warnings) {
			t.Errorf("%s: the server's status is %d with the warnings %v, want those of PredictFiles", name, status, warnings)
		}
	}
}

// Pictures that were once answered wrongly, with their right answers.
func TestPicturesOfTheWildAreAnsweredRightly(t *testing.T) {
	answers := map[string]fashion.Label{
		"boot-on-wood": 9, "boot-on-wood-rounded-corners": 9, // a few transparent pixels are no mask
		"white-tshirt-on-grey": 0, "white-tshirt-transparent": 0, // lighter than what is around them
		"coat-of-the-data-set-28x28": 4, // is taken as it is
	}
	var paths []string
	for name := range answers {
		paths = append(paths, filepath.Join("..", "..", "testdata", "photos", name+".png"))
	}
	predictions, err := open(t).PredictFiles(paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range predictions {
		name := filepath.Base(p.Path)
		want := answers[strings.TrimSuffix(name, ".png")]
		if p.Err != nil {
			t.Errorf("%s: %v", name, p.Err)
		} else if got := demo.Ranking(p.Probabilities)[0]; got != want {
			t.Errorf("%s: the class is %v with %.3f, want %v", name, got, p.Probabilities[got], want)
		}
	}
	if len(predictions) != len(answers) {
		t.Errorf("%d pictures were answered, want %d", len(predictions), len(answers))
	}
}

// Pictures of kinds that chose nothing: a garment that the preparation can cut out has its class, and of all else none is accepted.
func TestComposedPicturesAreAnsweredRightlyOrNotAtAll(t *testing.T) {
	reasons := map[string]string{
		"hand-with-bag": "", "page-of-text": "", "person-in-dress": "", "shoe-sketch": "", "smiling-face": "", "tee-upside-down": "", "trouser-on-hanger": "", // whatever
		"two-items": "several items", "pair-of-shoes": "several items", "landscape": "along the borders",
	}
	e := own(t)
	training, err := trainingImages()
	if err == nil {
		err = e.AddNeighbours(training, 1200)
	}
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("../../testdata/photos/composed/*.jpg")
	if err != nil || len(paths) != len(reasons)+2 {
		t.Fatalf("%d pictures (%v)", len(paths), err)
	}
	predictions, err := e.PredictFiles(paths)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range predictions {
		if p.Err != nil {
			t.Errorf("%s: %v", p.Path, p.Err)
			continue
		}
		class := demo.Ranking(p.Probabilities)[0]
		t.Logf("%s: %s (%v, %.3f): %s", filepath.Base(p.Path), p.Decision, class, p.Probabilities[class], p.Reason)
		reason, other := reasons[strings.TrimSuffix(filepath.Base(p.Path), ".jpg")]
		if garment := p.Decision == demo.Classified && class == 0; garment == other || !strings.Contains(p.Reason, reason) {
			t.Errorf("%s: the decision is %q for %v because of %q", p.Path, p.Decision, class, p.Reason)
		}
	}
}
