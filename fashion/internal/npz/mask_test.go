package npz

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestPositionsComeBackFromTheirMask(t *testing.T) {
	for _, positions := range [][]int32{{}, {0}, {7}, {0, 1, 2, 3}, {4, 9, 4096}} {
		data, err := Encode([]Array{Mask("mask", positions)})
		if err != nil {
			t.Fatal(err)
		}
		file, err := Open(data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := file.Mask("mask", len(positions)); err != nil || !slices.Equal(got, positions) {
			t.Errorf("%v came back as %v (%v)", positions, got, err)
		}
		if _, err := file.Mask("mask", len(positions)+1); err == nil {
			t.Errorf("%v are one more than there are", positions)
		}
		if _, err := file.Mask("other", 1); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v of an array that is missing, want one that says so", err)
		}
	}
}

func TestMaskTakesLessThanHalfOfThePositions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var positions []int32
	for i := range int32(60_000) { // as Fashion-MNIST's validation split: a fifth, in no pattern
		if random.Float64() < 0.2 {
			positions = append(positions, i)
		}
	}
	size := func(a Array) int {
		data, err := Encode([]Array{a})
		if err != nil {
			t.Fatal(err)
		}
		return len(data)
	}
	if mask, plain := size(Mask("mask", positions)), size(Array{"indices", "<i4", []int{len(positions)}, positions}); 2*mask > plain {
		t.Errorf("the mask of %d positions takes %d bytes, the positions take %d", len(positions), mask, plain)
	}
}
