package raster_test

import (
	"image"
	"slices"
	"testing"

	"fashionlab/fashion/internal/raster"
)

// field reads a field of # and other characters.
func field(rows ...string) raster.Field {
	f := raster.New(len(rows[0]), len(rows))
	for y, row := range rows {
		for x, c := range row {
			if c == '#' {
				f.Values[y*f.Width+x] = 255
			}
		}
	}
	return f
}

func TestErosionAndDilationAreMinimumAndMaximumOfASquare(t *testing.T) {
	f := field(
		"......",
		".####.",
		".####.",
		".####.",
		"......")
	if got, want := f.Erode(1), field("......", "......", "..##..", "......", "......"); !slices.Equal(got.Values, want.Values) {
		t.Errorf("eroded it is %v", got.Values)
	}
	if got, want := f.Erode(1).Dilate(1), f; !slices.Equal(got.Values, want.Values) {
		t.Errorf("opened it is %v, want the rectangle as it was", got.Values)
	}
}

func TestComponentsAreConnectedByEdgesNotByCorners(t *testing.T) {
	f := field(
		"##..",
		"..#.",
		"..##")
	of, areas := f.Components()
	if !slices.Equal(areas, []int{2, 3}) || of[0] != 0 || of[6] != 1 || of[2] != -1 {
		t.Errorf("the components are %v with the areas %v", of, areas)
	}
	if box, ok := f.Box(); !ok || box != image.Rect(0, 0, 4, 3) {
		t.Errorf("the box is %v, %v", box, ok)
	}
	if _, ok := raster.New(3, 3).Box(); ok {
		t.Error("an empty field has a box")
	}
}
