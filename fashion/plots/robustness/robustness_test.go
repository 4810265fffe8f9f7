package robustness_test

import (
	"bytes"
	"fmt"
	"image/png"
	"log"
	"strings"
	"testing"

	"fashionlab/fashion/corruption"
	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/plots/robustness"
	"fashionlab/fashion/run"
)

// of is the robustness of a network to which each strength of the first corruptions costs so many of 80 images, and so many more of each that follows.
func of(name string, corruptions, cost int) robustness.Network {
	correct := func(n int) run.Bits {
		bits := make(run.Bits, 10)
		for i := range n {
			bits[i/8] |= 1 << (i % 8)
		}
		return bits
	}
	r := run.Robustness{Seed: corruption.Seed, Images: 80, Clean: correct(76)}
	for i, c := range corruption.All()[:corruptions] {
		out := run.Corrupted{Name: c.Name, Unit: c.Unit, Strengths: c.Strengths[:]}
		for level := 1; level <= corruption.Levels; level++ {
			out.Correct = append(out.Correct, correct(76-level*(cost+i)))
		}
		r.Corruptions = append(r.Corruptions, out)
	}
	return robustness.Network{Name: name, Seeds: []run.Robustness{r}}
}

func ExampleAccuracy() {
	f, err := robustness.Accuracy("Accuracy on corrupted images", []robustness.Network{of("without augmentation", 2, 6), of("with augmentation", 2, 3)})
	if err != nil {
		log.Fatal(err)
	}
	for _, sentence := range strings.Split(f.Description, ". ") {
		fmt.Println(sentence)
	}
	// Output:
	// Line charts of the accuracy by the strength of each corruption
	// without augmentation: 0.950 without corruption, 0.575 under rotation of 30 degrees, 0.512 under shift of 6 pixels
	// with augmentation: 0.950 without corruption, 0.762 under rotation of 30 degrees, 0.700 under shift of 6 pixels.
}

func figure(t *testing.T, corruptions int) plots.Figure {
	t.Helper()
	f, err := robustness.Accuracy("Accuracy on corrupted images", []robustness.Network{of("without augmentation", corruptions, 6), of("with augmentation", corruptions, 3)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFigureIsTheGoldenOne(t *testing.T) {
	got, err := figure(t, 6).SVG()
	if err != nil {
		t.Fatal(err)
	}
	fixture.Figure(t, "robustness", got)
}

func TestAnyNumberOfCorruptionsIsDrawn(t *testing.T) {
	for n := 1; n <= 6; n++ {
		f := figure(t, n)
		svg, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		if _, drawn, _ := strings.Cut(svg, "</desc>"); strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
			t.Errorf("%d corruptions: the figure holds a coordinate that is no number", n)
		}
		for _, c := range corruption.All()[:n] {
			if !strings.Contains(svg, ">"+c.Name+"<") || !strings.Contains(svg, ">"+c.Unit+"<") {
				t.Errorf("%d corruptions: %s or its unit is not written", n, c.Name)
			}
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

func TestNetworksThatWereNotMeasuredOnTheSameImagesAreRefused(t *testing.T) {
	two := of("two seeds", 6, 1)
	two.Seeds = append(two.Seeds, two.Seeds[0])
	for _, list := range [][]robustness.Network{nil, {of("six", 6, 1), of("five", 5, 1)}, {{Name: "no seed"}}, {two, of("one seed", 6, 1)}} {
		if _, err := robustness.Accuracy("Accuracy", list); err == nil {
			t.Errorf("%d networks: no error", len(list))
		}
	}
}
