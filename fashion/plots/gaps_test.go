package plots_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/plots"
)

func TestEstimatesWithoutAnIntervalAreDrawnWithoutIt(t *testing.T) {
	one := metrics.Mean([]float64{0.9}) // of one seed, its interval is not a number
	if !math.IsNaN(one.Low) {
		t.Fatalf("the interval of one measurement is %v, want none", one)
	}
	good := metrics.Interval{Value: 0.8, Low: 0.7, High: 0.9}
	none := metrics.Interval{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	for name, f := range map[string]plots.Figure{
		"one":            plots.Intervals("t", "s", []plots.Measured{{Name: "a", Value: one}}),
		"one and good":   plots.Intervals("t", "s", []plots.Measured{{Name: "a", Value: good}, {Name: "b", Value: one}}),
		"not a number":   plots.Differences("t", "s", []plots.Measured{{Name: "a", Value: none}}),
		"a cost":         plots.Costs("t", "s", plots.Axes{X: "x", Y: "y"}, []plots.Priced{{Name: "a", Cost: 1, Value: one}}),
		"no cost":        plots.Costs("t", "s", plots.Axes{X: "x", Y: "y"}, []plots.Priced{{Name: "a", Cost: math.NaN(), Value: good}, {Name: "b", Cost: math.Inf(1), Value: good}}),
		"costs of none":  plots.Costs("t", "s", plots.Axes{X: "x", Y: "y"}, nil),
		"results":        plots.Results("t", "s", []plots.Result{{Name: "a", Value: &one}, {Name: "b", Value: &none}}),
		"no results":     plots.Results("t", "s", nil),
		"no intervals":   plots.Intervals("t", "s", nil),
		"infinite":       plots.Intervals("t", "s", []plots.Measured{{Name: "a", Value: metrics.Interval{Value: 1, Low: math.Inf(-1), High: math.Inf(1)}}}),
		"no captions":    plots.Tiles("t", "s", make([]fashion.Image, 2), nil),
		"no names":       plots.HeatMaps("t", "s", make([]fashion.Image, 1), [][]float32{make([]float32, fashion.Pixels)}, nil),
		"none wrong":     plots.Embedding("t", "s", [][2]float64{{0, 0}, {1, 1}}, []fashion.Label{0, 3}, nil),
		"a class beyond": plots.Embedding("t", "s", [][2]float64{{0, 0}, {1, 1}}, []fashion.Label{0, 30}, nil, "a", "b"),
		"no splits":      plots.ClassBalance(),
		"no grid":        plots.Simplex("t", "s", [3]string{"a", "b", "c"}, nil, nil),
	} {
		drawing, err := f.SVG()
		if err != nil || strings.Contains(drawing, "NaN") && !strings.Contains(f.Description, "NaN") || strings.Contains(drawing, `"Inf`) {
			t.Errorf("%s: %v, or there are coordinates that are not numbers", name, err)
		}
		if err := f.PNG(new(bytes.Buffer), 72); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFigureThatCannotBeDrawnIsAnError(t *testing.T) {
	if _, err := (plots.Figure{}).SVG(); err == nil || !strings.Contains(err.Error(), "has no Body") {
		t.Errorf("an empty figure as SVG: %v", err)
	}
	for dpi, f := range map[int]plots.Figure{72: {}, 0: plots.ClassBalance()} {
		if err := f.PNG(new(bytes.Buffer), dpi); err == nil || !strings.Contains(err.Error(), "want a Body and 1 dot per inch or more") {
			t.Errorf("%d dots per inch: %v", dpi, err)
		}
	}
}
