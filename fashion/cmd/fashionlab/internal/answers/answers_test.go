package answers_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"fashionlab/fashion/cmd/fashionlab/internal/answers"
)

func TestNamesThatWouldBreakTheTableAreShownInOneCell(t *testing.T) {
	var b bytes.Buffer
	top := []answers.Probable{{Class: "Ankle boot", Probability: 0.9}}
	err := answers.Print(&b, []answers.Answer{{File: "bad\xff.png", Class: "Ankle boot", Top: top}, {File: "two\nlines\tand tabs.png", Class: "Ankle boot", Top: top}})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	column := func(line string) int {
		before, _, _ := strings.Cut(line, "Ankle")
		return utf8.RuneCountInString(before)
	}
	if err != nil || len(lines) != 3 || strings.Contains(b.String(), "\t") || column(lines[1]) != column(lines[2]) {
		t.Errorf("the table is %q (%v)", lines, err)
	}
}
