package hyperband_test

import (
	"fmt"
	"log"

	"fashionlab/fashion/hyperband"
)

func ExampleBrackets() {
	brackets, err := hyperband.Brackets(9, 3, hyperband.Algorithm1)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range brackets {
		fmt.Printf("s = %d:", b.S)
		for _, r := range b.Rungs {
			fmt.Printf(" %d trials to epoch %d,", r.Trials, r.Epochs)
		}
		fmt.Println()
	}
	// Output:
	// s = 2: 9 trials to epoch 1, 3 trials to epoch 3, 1 trials to epoch 9,
	// s = 1: 5 trials to epoch 3, 1 trials to epoch 9,
	// s = 0: 3 trials to epoch 9,
}

// A learning rate is searched; a formula stands for the training.
func ExampleSearch_Run() {
	type config struct {
		Rate  float64
		Model string
	}
	brackets, err := hyperband.Brackets(9, 3, hyperband.Algorithm1)
	if err != nil {
		log.Fatal(err)
	}
	search := hyperband.Search[config]{
		Brackets: brackets,
		Space: hyperband.Space[config]{
			hyperband.LogRange("rate", func(c *config, v float64) { c.Rate = v }, 1e-4, 1e-1),
			hyperband.Choice("model", func(c *config, v string) { c.Model = v }, "small", "large"),
		},
		Seed: 1,
	}
	train := func(c config, epochs int) (scores []float64, err error) {
		for epoch := range epochs {
			score := 1 - 10*c.Rate - 1/float64(epoch+2)
			if c.Model == "large" {
				score += 0.1
			}
			scores = append(scores, score)
		}
		return scores, nil
	}
	found, err := search.Run(nil, train)
	if err != nil {
		log.Fatal(err)
	}
	header, rows := found.Table(2, "score")
	fmt.Println(header)
	for _, row := range rows {
		fmt.Println(row)
	}
	// Output:
	// [trial score epochs rate model]
	// [13 0.9985 9 0.000153 large]
	// [4 0.8987 9 0.000132 small]
}

func ExampleState_Importances() {
	space := hyperband.SyntheticSpace()
	search := hyperband.Search[hyperband.Point]{Brackets: hyperband.RandomSearch(100, 1), Space: space, Seed: 1}
	onlyC := func(p hyperband.Point, epochs int) ([]float64, error) { return []float64{p[2]}, nil }
	found, err := search.Run(nil, onlyC)
	if err != nil {
		log.Fatal(err)
	}
	for _, i := range found.Importances(1) {
		fmt.Println(i.Name, i.Explained > i.Critical)
	}
	// Output:
	// a false
	// b false
	// c true
	// d false
}

func ExampleSynthetic() {
	for _, slow := range []bool{false, true} {
		curves := hyperband.Synthetic{SlowStarters: slow}
		scores, err := curves.Train(hyperband.Point{0.3, 0.7, 0.5, 0.2}, 20)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("slow starters %v: %.2f after 1 epoch, %.2f after 20\n", slow, scores[0], scores[19])
	}
	// Output:
	// slow starters false: 0.22 after 1 epoch, 0.91 after 20
	// slow starters true: 0.12 after 1 epoch, 0.38 after 20
}

func ExampleRankCorrelation() {
	early, final := []float64{0.5, 0.6, 0.7, 0.8}, []float64{0.86, 0.85, 0.88, 0.87}
	fmt.Printf("%.1f\n", hyperband.RankCorrelation(early, final))
	// Output: 0.6
}
