package demo_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/run"
)

func warn(err error) { fmt.Fprintln(os.Stderr, "warning:", err) }

// Without runs of this machine the ensemble is the published network.
func ExampleEnsemble_PredictFiles() {
	ensemble, err := demo.Open(warn)
	if err != nil {
		log.Fatal(err)
	}
	files, err := ensemble.PredictFiles([]string{"boot.jpg"})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		if f.Err != nil {
			fmt.Println(f.Path, f.Err)
			continue
		}
		class := demo.Ranking(f.Probabilities)[0]
		fmt.Printf("%s: %v, %.3f, decision: %s\n", f.Path, class, f.Probabilities[class], f.Decision)
	}
}

func ExampleEnsemble_Neighbours() {
	ensemble, err := demo.Open(warn)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := fashion.FindDir()
	if err != nil {
		log.Fatal(err)
	}
	training, err := fashion.LoadTrain(dir)
	if err != nil {
		log.Fatal(err)
	}
	neighbours, err := ensemble.Neighbours(training, 10_000)
	if err != nil {
		log.Fatal(err)
	}
	features, err := ensemble.Features(training.Images[:1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("k-nearest-neighbour similarity: %.3f\n", neighbours.Similarity(features[0]))
}

func ExampleServer_ListenAndServe() {
	ensemble, err := demo.Open(warn)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	server := demo.NewServer(ensemble, demo.Options{Token: demo.NewToken()})
	if err := server.ListenAndServe(ctx, "0.0.0.0:8080", func(url string) { fmt.Println("open", url) }); err != nil {
		log.Fatal(err)
	}
}

func ExampleRanking() {
	fmt.Println(demo.Ranking([]float32{5: 0.2, 7: 0.7, 9: 0.1})[:3])
	// Output: [Sneaker Sandal Ankle boot]
}

func ExampleConfidence() {
	p := run.Predictions{Labels: []fashion.Label{7}, Probabilities: [][]float32{{7: 0.75, 9: 0.25}}}
	fmt.Println(demo.Confidence(p))
	// Output: [0.75]
}

func ExampleCheckToken() {
	fmt.Println(demo.CheckToken("short"))
	// Output: the token must have 12 or more letters, digits, - or _
}

func ExampleSamples() {
	dir, err := os.MkdirTemp("", "photos")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	paths, err := demo.Samples(dir, set)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(paths), "files, the first is", filepath.Base(paths[0]))
	// Output: 11 files, the first is 1.jpg
}
