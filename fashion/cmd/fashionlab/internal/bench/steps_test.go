package bench

import (
	"bytes"
	"strings"
	"testing"
)

// Each turn of ours takes half the time of the other's, on a machine that becomes ten times slower, but for one turn that something disturbed.
func TestRatioIsThatOfTurnsNextToEachOther(t *testing.T) {
	var ours, theirs []float64
	for turn := range rounds {
		for range 3 {
			ours, theirs = append(ours, float64(turn+1)), append(theirs, float64(turn+1)*2)
		}
	}
	ours[0], ours[1], ours[2] = 900, 900, 900
	if ratio, low, high := ratios(ours, theirs); ratio != 0.5 || low != 0.5 || high != 0.5 {
		t.Errorf("the ratio is %v (%v to %v), want 0.5", ratio, low, high)
	}
}

func TestMedianIsThatOfSortedValues(t *testing.T) {
	values := []float64{4, 1, 3, 2}
	if got := Median(values); got != 2.5 || values[0] != 4 {
		t.Errorf("it is %v, and the values are now %v", got, values)
	}
}

func TestTableSaysHowItWasMeasured(t *testing.T) {
	ms := make([]float64, rounds)
	for i := range ms {
		ms[i] = 2
	}
	var table bytes.Buffer
	printTimes(&table, "steps", []*timed{{name: "ours", ms: ms}, {name: "theirs", ms: ms}})
	for _, want := range []string{"quartiles", "1.00 ( 1.00 to  1.00)", "in turns, 10 each"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}
