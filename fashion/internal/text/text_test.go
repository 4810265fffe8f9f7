package text_test

import (
	"strings"
	"testing"
	"time"

	"fashionlab/fashion/internal/text"
)

func TestThousandsHaveCommas(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 467818: "467,818", 23548810: "23,548,810"} {
		if got := text.Thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}

func TestSecondsAreRounded(t *testing.T) {
	for n, want := range map[float64]time.Duration{0: 0, 0.4: 0, 89.5: 90 * time.Second, 3600: time.Hour} {
		if got := text.Seconds(n); got != want {
			t.Errorf("%v seconds are %v, want %v", n, got, want)
		}
	}
}

func TestTableHasAlignedColumns(t *testing.T) {
	var b strings.Builder
	if err := text.Table(&b, [][]string{{"a", "long", "c"}, {"longer", "b", ""}}); err != nil {
		t.Fatal(err)
	}
	if want := "a       long  c\nlonger  b     \n"; b.String() != want {
		t.Errorf("it is\n%q, want\n%q", b.String(), want)
	}
}
