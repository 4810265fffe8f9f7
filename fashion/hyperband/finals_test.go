package hyperband_test

import (
	"os"
	"strings"
	"testing"
)

func TestFinalsThatAreNoAccuracyAreRefused(t *testing.T) {
	s := search(t)
	for content, want := range map[string]string{
		`{"images": 10, "correct": {"1": 9, "2": 0}}`: "",
		`{"images": 0, "correct": {}}`:                "",
		`{"images": 10, "correct": {"1": 11}}`:        "11 of 10 images",
		`{"images": 10, "correct": {"0": 1}}`:         "trial 0",
		`{"images": 0, "correct": {"1": 0}}`:          "0 of 0 images",
		`{"images": 10`:                               "unexpected end",
	} {
		if err := os.WriteFile(s.FinalsFile(), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := s.ReadFinals()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("of %s the error is %v, want %q", content, err, want)
		}
	}
}
