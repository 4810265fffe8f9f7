package compact

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"fashionlab/fashion/internal/npz"
)

// rows are as sharp as those of networks before and after training.
func rows(n, classes int) [][]float32 {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([][]float32, n)
	for i := range rows {
		sharpness, sum := math.Exp(4*random.Float64()), 0.0
		row := make([]float64, classes)
		for class := range row {
			row[class] = math.Exp(sharpness * random.NormFloat64())
			sum += row[class]
		}
		for _, v := range row {
			rows[i] = append(rows[i], float32(v/sum))
		}
	}
	return rows
}

func back(t *testing.T, r Rows, classes int) [][]float32 {
	t.Helper()
	data, err := npz.Encode(r.Arrays(classes))
	if err != nil {
		t.Fatal(err)
	}
	file, err := npz.Open(data)
	if err != nil {
		t.Fatal(err)
	}
	if shape, err := Shape(file, len(r.Best)); err != nil || !slices.Equal(shape, []int{len(r.Best), classes}) {
		t.Errorf("the shape is %v (%v)", shape, err)
	}
	values := make([]float32, len(r.Units))
	if err := Read(file, values, len(r.Best), classes); err != nil {
		t.Fatal(err)
	}
	return slices.Collect(slices.Chunk(values, classes))
}

func TestRowsKeepTheirClassAndAreClose(t *testing.T) {
	for _, classes := range []int{2, 10, MaxClasses} {
		of := rows(2000, classes)
		if classes == 10 {
			almostEqual := float32(0.25 - 1.0/(1<<18))
			of[0] = []float32{almostEqual, 0.25, almostEqual, 0.25, 1.0 / (1 << 17), 9: 0}
			of[1] = []float32{9: 1}
		}
		for i, row := range back(t, Of(of), classes) {
			sum := 0.0
			for class, v := range row {
				sum += float64(v)
				if d := math.Abs(float64(v - of[i][class])); d > 3*float64(classes)*unit || v < unit/2 || v/(unit/2) != float32(math.Trunc(float64(v)/(unit/2))) {
					t.Fatalf("%d classes, row %d, class %d: %v is rounded to %v", classes, i, class, of[i][class], v)
				}
			}
			if before, after := slices.Index(of[i], slices.Max(of[i])), slices.Index(row, slices.Max(row)); sum != 1 || before != after {
				t.Errorf("%d classes, row %d: the class %d becomes %d, the sum is %v", classes, i, before, after, sum)
			}
		}
	}
}

func TestRowsOfNoClassAreRefused(t *testing.T) {
	if err := (Rows{Best: []uint8{2}, Units: []uint16{0, 0}}).fill(make([]float32, 2), 2); err == nil {
		t.Error("a row of two classes has class 2 as the most probable one")
	}
}
