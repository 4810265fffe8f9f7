package text_test

import (
	"testing"

	"fashionlab/fashion/internal/text"
)

func TestThousandsHaveCommas(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 467818: "467,818", 23548810: "23,548,810"} {
		if got := text.Thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
}
