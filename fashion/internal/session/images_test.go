package session

import (
	"math/rand/v2"
	"slices"
	"testing"

	"fashionlab/fashion"
)

func TestEpochTakesItsShareOfSyntheticImagesAndAsManyImagesAsWithout(t *testing.T) {
	p := Training{Real: 90, mixed: 30, Split: Split{Set: fashion.Set{Images: make([]fashion.Image, 90+60)}}}
	first, second := p.order(32, 7, 1), p.order(32, 7, 2)
	if len(first) != 96 { // filled up to whole batches
		t.Fatalf("%d images, want 96", len(first))
	}
	seen, synthetic := map[int32]bool{}, 0
	for _, i := range first[:90] {
		if seen[i] {
			t.Errorf("image %d comes twice", i)
		}
		seen[i] = true
		if i >= 90 {
			synthetic++
		}
	}
	if synthetic != 30 {
		t.Errorf("%d synthetic images, want 30", synthetic)
	}
	if slices.Equal(first, second) || !slices.Equal(first, p.order(32, 7, 1)) {
		t.Error("the order is not the epoch's own")
	}
	if early := slices.IndexFunc(first, func(i int32) bool { return i >= 90 }); early > 30 {
		t.Errorf("the first synthetic image is number %d: they are not mixed", early)
	}
}

// Runs of earlier versions are resumed and compared with: their order must stay.
func TestEpochWithoutSyntheticImagesIsAPermutation(t *testing.T) {
	p := Training{Real: 64, Split: Split{Set: fashion.Set{Images: make([]fashion.Image, 64)}}}
	var want []int32
	for _, i := range rand.New(rand.NewPCG(3, 5)).Perm(64) {
		want = append(want, int32(i))
	}
	if got := p.order(32, 3, 5); !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}
