package hyperband_test

import (
	"testing"

	"fashionlab/fashion/hyperband"
)

// A value that a text is read as is within its parameter's range, and is written as a text that is read as the same value, to three digits.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"0.001", "1e-4", "NaN", "Inf", "0x1p-2", "1_0", "nadam", "", "-0", "adam"} {
		f.Add(text)
	}
	ignore := func(*point, float64) {}
	parameters := []hyperband.Parameter[point]{
		hyperband.Range("dropout", ignore, -0.5, 0.5), hyperband.LogRange("rate", ignore, 1e-4, 1e-1),
		hyperband.Choice("optimizer", func(*point, string) {}, "nadam", "adam", "1e-4"),
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range parameters {
			value, ok := p.Parse(text)
			if !ok {
				continue
			}
			if position := p.Position(value); !(position >= 0 && position <= 1) {
				t.Errorf("%s %q is %v, at %v of its range", p.Name, text, value, position)
			}
			written := p.Format(value)
			again, ok := p.Parse(written)
			if !ok || p.Format(again) != written {
				t.Errorf("%s %q is written as %q and read as %v, %v", p.Name, text, written, again, ok)
			}
		}
	})
}
