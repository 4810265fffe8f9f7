package demo_test

import (
	"image"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// own is an ensemble like that of open, which no other test has given neighbours.
func own(t *testing.T) *demo.Ensemble {
	t.Helper()
	t.Setenv(run.RootVariable, t.TempDir())
	e, err := demo.Open(func(err error) { t.Log("warning:", err) })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// decided counts the decisions about images, and the wrong ones among the classes that are accepted.
func decided(t *testing.T, e *demo.Ensemble, photos []photo.Prepared, labels []fashion.Label) (counts map[demo.Decision]int, wrong int) {
	t.Helper()
	predictions, err := e.Classify(photos)
	if err != nil {
		t.Fatal(err)
	}
	counts = map[demo.Decision]int{}
	for i, p := range predictions {
		counts[p.Decision]++
		if (p.Reason == "") != (p.Decision == demo.Classified) {
			t.Errorf("the decision is %q, its reason %q", p.Decision, p.Reason)
		}
		if labels != nil && p.Decision == demo.Classified && demo.Ranking(p.Probabilities)[0] != labels[i] {
			wrong++
		}
	}
	return counts, wrong
}

func TestDecisionsAcceptGarmentsAndHardlyAnErrorOrAnotherThing(t *testing.T) {
	e, set := own(t), items(t)
	training, err := trainingImages()
	if err != nil {
		t.Fatal(err)
	}
	for _, neighbours := range []bool{false, true} {
		if neighbours {
			if err := e.AddNeighbours(training, 1200); err != nil {
				t.Fatal(err)
			}
		}
		counts, wrong := decided(t, e, demo.AsPhotos(set.Images), set.Labels)
		t.Logf("neighbours: %v; %d test items: %v, %d wrong", neighbours, set.Len(), counts, wrong)
		if got := counts[demo.Classified]; got < 300 || wrong > 8 {
			t.Errorf("%d of %d test items are accepted, %d of them wrongly, want 300 or more and at most 8", got, set.Len(), wrong)
		}
		if !neighbours && counts[demo.NoneOfThese] > 0 {
			t.Error("without training images to compare with, an image is none of these")
		}
	}
	for name, pictures := range map[string][]scene.Object{"objects": scene.Objects(100, 1), "drawings": scene.Drawings(100, 1)} {
		var photos []photo.Prepared
		for _, o := range pictures {
			p, err := photo.Prepare(o.Picture)
			if err != nil {
				t.Fatal(err)
			}
			photos = append(photos, p)
		}
		counts, _ := decided(t, e, photos, nil)
		t.Logf("%s: %v", name, counts)
		if counts[demo.Classified] > 20 || counts[demo.NoneOfThese] < 40 {
			t.Errorf("%s: %v, want at most 20 accepted and 40 or more that are none of these", name, counts)
		}
	}
	counts, _ := decided(t, e, demo.AsPhotos(scene.Digits()[:100]), nil)
	t.Logf("digits: %v", counts)
	if counts[demo.Classified] > 20 {
		t.Errorf("digits: %v, want at most 20 accepted", counts)
	}
	counts, _ = decided(t, e, demo.AsPhotos(scene.Textures(200, 7)), nil)
	t.Logf("textures: %v", counts)
	if counts[demo.Classified] > 12 {
		t.Errorf("textures: %v, want at most 12 accepted", counts)
	}
	list, alarms, err := e.Detect(set.Images, demo.OutOfDistribution(40, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		t.Logf("%+v", d)
		if d.Photos < 30 || d.Accepted > min(d.Confidence.Accepted, d.Energy.Accepted)+2 || d.AUROC < 0.9 {
			t.Errorf("%+v: want 30 photos or more, of which hardly more are accepted than by a baseline with as many false alarms", d)
		}
	}
	if alarms < 20 || alarms > 100 {
		t.Errorf("%d of %d items are not accepted, want about 15%%", alarms, set.Len())
	}
}

func TestDoubtOfThePreparationIsThatOfTheDecision(t *testing.T) {
	faint := image.NewGray(image.Rect(0, 0, 100, 100))
	for i := range faint.Pix {
		faint.Pix[i] = 200
		if x, y := i%100, i/100; x > 20 && x < 80 && y > 10 && y < 90 {
			faint.Pix[i] = 187
		}
	}
	p, err := photo.Prepare(faint)
	if err != nil || p.Doubt == "" {
		t.Fatalf("doubt %q, error %v", p.Doubt, err)
	}
	list, err := own(t).Classify([]photo.Prepared{p})
	if err != nil || list[0].Decision != demo.NotSure || list[0].Reason != p.Doubt {
		t.Errorf("the decision is %q because of %q (%v)", list[0].Decision, list[0].Reason, err)
	}
}
