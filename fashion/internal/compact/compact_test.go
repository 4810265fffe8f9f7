package compact

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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

func read(arrays []npz.Array, n, classes int) ([][]float32, error) {
	data, err := npz.Encode(arrays)
	if err != nil {
		return nil, err
	}
	file, err := npz.Open(data)
	if err != nil {
		return nil, err
	}
	shape, err := Shape(file, n)
	if err != nil {
		return nil, err
	}
	values := make([]float32, shape[0]*shape[1])
	err = Read(file, values, n, classes)
	return slices.Collect(slices.Chunk(values, classes)), err
}

func back(t *testing.T, codes []uint8, classes int) [][]float32 {
	t.Helper()
	n := len(codes) / classes
	rows, err := read([]npz.Array{Array(codes, n, classes)}, n, classes)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func root(p float32) float64 { return rest * math.Pow(float64(p), 0.25) }

func best(row []float32) int { return slices.Index(row, slices.Max(row)) }

func TestRowsKeepTheirClassAndAreClose(t *testing.T) {
	for _, classes := range []int{2, 10, 100, MaxClasses} {
		of := rows(1000, classes)
		for class := range of[0] {
			of[0][class] = 1 / float32(classes)
		}
		if classes == 10 {
			almostEqual := float32(0.25 - 1.0/(1<<18))
			of[1] = []float32{almostEqual, 0.25, almostEqual, 0.25, 1.0 / (1 << 17), 9: 0}
			of[2] = []float32{9: 1}
		}
		for i, row := range back(t, Of(of), classes) {
			sum := 0.0
			for class, v := range row {
				sum += float64(v)
				d, bytes := math.Abs(float64(v-of[i][class])), math.Abs(root(v)-root(of[i][class]))
				if d > 0.02 || class != best(row) && of[i][class] > 1e-6 && of[i][class] < 0.01 && bytes > 1.5 || v <= 0 {
					t.Fatalf("%d classes, row %d, class %d: %v is rounded to %v", classes, i, class, of[i][class], v)
				}
			}
			if before, after := best(of[i]), best(row); math.Abs(sum-1) > 1e-6 || before != after || slices.Contains(row[after+1:], row[after]) {
				t.Errorf("%d classes, row %d: the class %d becomes %d, the sum is %v", classes, i, before, after, sum)
			}
		}
	}
}

func TestTheLossOfAModelThatIsSureAndWrongStays(t *testing.T) {
	of := rows(5000, 10)
	after := back(t, Of(of), 10)
	var want, got float64
	for i, row := range of {
		class := (best(row) + 1) % 10
		want -= math.Log(math.Max(float64(row[class]), 1e-7)) / 5000
		got -= math.Log(math.Max(float64(after[i][class]), 1e-7)) / 5000
	}
	if math.Abs(got/want-1) > 0.002 {
		t.Errorf("the loss %v becomes %v", want, got)
	}
}

func TestRoundedRowsStayAsTheyAre(t *testing.T) {
	codes := Of(rows(1000, 10))
	if again := Of(back(t, codes, 10)); !slices.Equal(again, codes) {
		t.Error("rows that were rounded before change")
	}
}

func TestRowsOfEarlierVersionsAreRead(t *testing.T) {
	of := func(best uint8) []npz.Array {
		return []npz.Array{
			{Name: "best", DType: "|u1", Shape: []int{1}, Data: []uint8{best}},
			{Name: "units", DType: "<u2", Shape: []int{1, 3}, Data: []uint16{1 << 14, 0, 0}},
		}
	}
	rows, err := read(of(2), 1, 3)
	if want := []float32{0.25, 1.0 / (1 << 17), 0.75 - 1.0/(1<<17)}; err != nil || !slices.Equal(rows[0], want) {
		t.Errorf("found %v (%v), want %v", rows, err, want)
	}
	if _, err := read(of(3), 1, 3); err == nil {
		t.Error("a row of three classes has class 3 as the most probable one")
	}
}

func TestRowsWithoutOneClassForTheRestAreRefused(t *testing.T) {
	for want, codes := range map[string][]uint8{"no class": {1, 2}, "two classes": {255, 255}} {
		if _, err := read([]npz.Array{Array(codes, 1, 2)}, 1, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", codes, err)
		}
	}
}
