package report_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"fashionlab/fashion/pictures"
	"fashionlab/fashion/report"
)

func TestThePageOfADataSetShowsWhatWasFoundAndASheetOfEachClass(t *testing.T) {
	d, found, err := pictures.Read(context.Background(), "../../testdata/fashion-mnist", "")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := report.WriteDataSet(&page, d, found); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	for _, want := range []string{"fashion-mnist: what was found", "1,600 training and 400 test images", "Grey pictures of 18 items"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(html, "<img "); n != 11 {
		t.Errorf("the page has %d figures, want the counts and 10 sheets", n)
	}
	if strings.Contains(html, "http") {
		t.Error("the page refers to something outside itself")
	}
}
