package demo_test

import (
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
)

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
