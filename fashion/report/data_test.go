package report_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion"
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

func TestContactSheetsNameEachFileOfTheirClassOnceAlsoOfDuplicates(t *testing.T) {
	dir := t.TempDir()
	save := func(grey uint8, elements ...string) {
		t.Helper()
		img := image.NewGray(image.Rect(0, 0, 28, 28))
		for i := range img.Pix {
			img.Pix[i] = grey + uint8(i%28)
		}
		path := filepath.Join(append([]string{dir}, elements...)...)
		var data bytes.Buffer
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), png.Encode(&data, img)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint8(6) {
		save(10*i, "a", fmt.Sprintf("a%d.png", i))
		save(100+10*i, "b", fmt.Sprintf("b%d.png", i))
	}
	save(0, "a", "copy.png")   // of a0
	save(10, "b", "other.png") // of a1, in another class
	d, found, err := pictures.Read(t.Context(), dir, pictures.Pad)
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range [][]string{{"a0.png", "a1.png", "a2.png", "copy.png"}, {"b0.png", "b1.png", "other.png"}} {
		said := report.ContactSheet(d, found, fashion.Label(class), 20).Description
		for _, file := range want {
			if strings.Count(said, file) != 1 {
				t.Errorf("the sheet of class %d has %s %d times, want once: %s", class, file, strings.Count(said, file), said)
			}
		}
		if class == 1 && strings.Contains(said, "a1.png") {
			t.Errorf("the sheet of class 1 has a file of the other class: %s", said)
		}
	}
}
