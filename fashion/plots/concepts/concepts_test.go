package concepts_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/plots/concepts"
)

// square is a map of n by n values that a function of row and column gives.
func square(name string, n int, value func(row, column int) float64) concepts.Map {
	m := concepts.Map{Name: name}
	for i := range n * n {
		m.Values = append(m.Values, value(i/n, i%n))
	}
	return m
}

// edge is a picture that is 0 on the left and 1 on the right, vertical a kernel that finds such edges, and found where it did.
func edge() (picture, vertical, found concepts.Map) {
	picture = square("input", 6, func(_, column int) float64 { return float64(column / 3) })
	vertical = concepts.Map{Name: "kernel", Values: []float64{-1, 0, 1, -1, 0, 1, -1, 0, 1}}
	found = square("output", 6, func(row, column int) float64 { return float64(3 * ((column + 1) / 3 % 2) * min(row, 1)) })
	return picture, vertical, found
}

func bowl() concepts.Surface {
	s := concepts.Surface{Xs: []float64{-2, -1, 0, 1, 2}, Ys: []float64{-1, 0, 1}}
	for _, y := range s.Ys {
		var row []float64
		for _, x := range s.Xs {
			row = append(row, x*x+4*y*y)
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func ExampleConvolution() {
	picture, vertical, found := edge()
	fmt.Println(concepts.Convolution("An edge", picture, vertical, found, 2, 2).Description)
	// Output: input, the 3x3 values at row 2, column 2, the kernel, and output. The products of values and kernel add up to 3.00.
}

func ExampleMaps() {
	_, vertical, _ := edge()
	fmt.Println(concepts.Maps("Kernels", "", 4, []concepts.Map{vertical}).Description)
	// Output: 1 grey pictures; 0 is grey, what is positive is darker. kernel: magnitudes up to 1.
}

func ExampleCurves() {
	fmt.Println(concepts.Curves("Loss", "", "step", "nats", []concepts.Curve{{Name: "loss", Points: plotter.XYs{{X: 0, Y: 2.3}, {X: 10, Y: 0.5}}}}).Description)
	// Output: A line chart. loss goes from 2.3 at 0 to 0.5 at 10.
}

func ExampleLogCurves() {
	fmt.Println(concepts.LogCurves("Loss", "", "learning rate", "nats", []concepts.Curve{{Name: "loss", Points: plotter.XYs{{X: 1e-5, Y: 2.3}, {X: 10, Y: 5}}}}).Description)
	// Output: A line chart. loss goes from 2.3 at 1e-05 to 5 at 10.
}

func ExamplePaths() {
	path := concepts.Curve{Name: "sgd", Points: plotter.XYs{{X: -2, Y: 1}, {X: -1, Y: 0}, {X: 0, Y: 0}}}
	fmt.Println(concepts.Paths("A bowl", "", bowl(), []concepts.Curve{path}).Description)
	// Output: Bands of equal height, from 0 to 8, with paths. sgd ends at (0.00, 0.00) after 2 steps.
}

func figures() map[string]plots.Figure {
	picture, vertical, found := edge()
	falling := func(name string, from, by float64) concepts.Curve {
		k := concepts.Curve{Name: name}
		for i := range 6 {
			k.Points = append(k.Points, plotter.XY{X: float64(i) - 2, Y: from})
			from *= by
		}
		return k
	}
	curves := []concepts.Curve{falling("slow", 1, 0.9), falling("fast", 0.9, 0.5), falling("swinging", 0.8, -0.7), falling("flat", 0.5, 1)}
	over := []concepts.Curve{falling("slow", 1, 0.9), falling("fast", 0.9, 0.5)}
	for _, k := range over {
		for i := range k.Points {
			k.Points[i].X = math.Pow(10, float64(i-5))
		}
	}
	return map[string]plots.Figure{
		"convolution": concepts.Convolution("A convolution", picture, vertical, found, 2, 2),
		"maps":        concepts.Maps("Maps", "three of them", 2, []concepts.Map{picture, vertical, found}),
		"curves":      concepts.Curves("Curves", "four of them", "step", "loss", curves),
		"log":         concepts.LogCurves("Over powers of ten", "two of them", "learning rate", "loss", over),
		"paths":       concepts.Paths("Paths", "four of them", bowl(), curves),
	}
}

func TestFigureHasATitleAndADescriptionAndIsDrawn(t *testing.T) {
	for name, f := range figures() {
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(svg, "<title>"+f.Title+"</title>") || len(f.Description) < 20 || strings.Contains(svg, "NaN") {
			t.Errorf("%s: the title is %q, the description %q", name, f.Title, f.Description)
		}
		var b bytes.Buffer
		if err := f.PNG(&b, 72); err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(&b); err != nil {
			t.Error(err)
		}
	}
}

// Figures that hold an encoded picture are left out: another Go version may compress it otherwise.
func TestFigureIsTheGoldenOne(t *testing.T) {
	got, err := figures()["curves"].SVG()
	if err != nil {
		t.Fatal(err)
	}
	fixture.Figure(t, "curves", got)
}

// The darkest pixel of a map is its largest positive value, the lightest its largest negative one.
func TestPositiveValuesAreDark(t *testing.T) {
	f := concepts.Maps("Two halves", "", 1, []concepts.Map{square("half", 2, func(_, column int) float64 { return float64(2*column - 1) })})
	var b bytes.Buffer
	if err := f.PNG(&b, 72); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	left, _, _, _ := img.At(16+20, 48+40).RGBA()
	right, _, _, _ := img.At(16+70, 48+40).RGBA()
	if left < 0xf000 || right > 0x0fff {
		t.Errorf("the negative half has the grey %x, the positive one %x", left, right)
	}
}
