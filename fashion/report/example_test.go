package report_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
)

// empty are stores without runs. A program uses run.Local and run.Published.
func empty() report.Stores {
	none := filepath.Join(os.TempDir(), "no-such-runs")
	return report.Stores{Local: run.StoreAt(none, false), Published: run.StoreAt(none, true)}
}

func ExampleCollect() {
	lines, err := report.Collect(empty())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(lines[0].Title, lines[0].Slide, lines[0].Test == nil)
	fmt.Println(lines[0].NotRun)
	// Output:
	// CNN 0.9016 true
	// go run ./kernel-setup train -recipe cnn -profile full
}

func ExampleTable() {
	lines, err := report.Collect(empty())
	if err != nil {
		log.Fatal(err)
	}
	header, rows := report.Table(lines)
	fmt.Println(header[:3], rows[0][:2])
	// Output: [model slide ours (95% interval)] [CNN 0.9016]
}

func ExampleFigure() {
	lines, err := report.Collect(empty())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Figure(lines[:1]).Description)
	// Output: Points with 95% intervals beside the slides' values. CNN: not run; slide 0.9016.
}

// The table of an empty store is followed by the commands that make what is missing, and by the verdicts on the claims.
func ExampleWrite() {
	var out strings.Builder
	if err := report.Write(&out, os.Stderr, empty(), report.Options{}); err != nil {
		log.Fatal(err)
	}
	_, commands, _ := strings.Cut(out.String(), "\n\n")
	commands, judged, _ := strings.Cut(commands, "\nThe claims.")
	fmt.Print(commands)
	fmt.Println(strings.Count(judged, "not tested here (0 of 3 seeds)"), "claims are not tested")
	// Output:
	// CNN, not run: go run ./kernel-setup train -recipe cnn -profile full
	// ResNet50, not run: go run ./kernel-setup train -recipe resnet50 -profile full
	// ConvNeXt, not run: go run ./kernel-setup train -recipe convnext -profile full
	// Ensemble, not run, a member is missing: go run ./kernel-setup train -recipe cnn -profile full
	// 10 claims are not tested
}
