package scene_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/scene"
)

func TestRandomScenesShowTheirItem(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	backgrounds := map[string]bool{}
	for range 1000 {
		s := scene.Random(r)
		backgrounds[s.Background] = true
		contrast := max(s.Item-s.Grey, s.Grey-s.Item)
		if s.Item > 0 && contrast < 20 || s.Size < 0.3 || s.Size > 0.9 || s.Offset > 0.4*(1-s.Size) || s.JPEGQuality < 10 || s.JPEGQuality > 95 {
			t.Fatalf("%+v", s)
		}
	}
	if len(backgrounds) != 7 {
		t.Errorf("the backgrounds are %v, want seven kinds", backgrounds)
	}
}

func TestSynthesizerMakesPhotosOfTrainingImages(t *testing.T) {
	all, err := fashion.LoadTrain("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	training := all.Take([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29})
	shown := 0
	photos := func(n int) fashion.Set {
		recipe := recipes.Synthetic{Photos: true, Fraction: 0.5}
		set, err := scene.Synthesizer{}.Synthesize(t.Context(), recipe, n, training, fashion.Set{}, func(done, _ int) { shown = max(shown, done) })
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	set := photos(20)
	var want, got [fashion.NumClasses]int
	for _, class := range training.Labels {
		want[class] = min(2, want[class]+1)
	}
	changed, images := 0, map[fashion.Image]bool{}
	for _, img := range training.Images {
		images[img] = true
	}
	for i, class := range set.Labels {
		got[class]++
		if !images[set.Images[i]] {
			changed++
		}
	}
	if got != want {
		t.Errorf("the classes have %d photos, want %d", got, want)
	}
	if changed < set.Len()*9/10 {
		t.Errorf("%d of %d photos differ from the training images, want nearly all", changed, set.Len())
	}
	if again := photos(20); !reflect.DeepEqual(again, set) {
		t.Error("the photos of the same training images differ from one call to the next")
	}
	if shown != set.Len() {
		t.Errorf("%d of %d photos were reported", shown, set.Len())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := (scene.Synthesizer{}).Synthesize(ended, recipes.Synthetic{Photos: true, Fraction: 0.5}, 20, training, fashion.Set{}, func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: %v", err)
	}
}
