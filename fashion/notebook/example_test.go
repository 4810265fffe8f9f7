package notebook_test

import (
	"fmt"
	"time"

	"github.com/janpfeifer/must"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func ExampleShow() {
	r := must.M1(run.Published().Open("full/cnn"))
	must.M(notebook.Show(plots.LearningCurves(r.History, r.Recipe.Epochs)))
}

// Here no kernel listens: it is printed.
func ExampleSay() {
	notebook.Say("Best epoch: **%d**.", 12)
	// Output: Best epoch: **12**.
}

func ExampleTable() {
	notebook.Table([]string{"model", "test accuracy"}, [][]string{{"CNN", "0.9016"}, {"ResNet50", "0.9006"}})
	// Output:
	// model     test accuracy
	// CNN       0.9016
	// ResNet50  0.9006
}

func ExampleCompare() {
	r := must.M1(run.Published().Open("full/cnn"))
	notebook.Compare("CNN", study.SlideOf("cnn").Test, r, must.M1(r.Predictions(run.Test)))
}

func ExampleByClass() {
	test := must.M1(must.M1(run.Published().Open("full/cnn")).Predictions(run.Test))
	notebook.ByClass(metrics.NewConfusion(test))
}

func ExampleWeightings() {
	members := must.M1(ensemble.Load(study.BestEnsemble(study.Full), run.Published()))
	must.M(notebook.Weightings(members, must.M1(members.Weightings())))
}

// A training calls its reporter: train.Fit(name, recipe, notebook.Live()).
func ExampleLive() {
	progress := notebook.Live()
	progress(run.Progress{Stage: "compiling"})
}

// A search calls its reporter: train.Search(search, 1, notebook.LiveSearch()).
func ExampleLiveSearch() {
	progress := notebook.LiveSearch()
	progress(hyperband.State[recipes.Recipe]{Epochs: 3, Planned: 69})
}

func ExampleExplore() {
	must.M(notebook.Explore(2*time.Minute, []notebook.Slider{{Name: "images per class", Min: 1, Max: 20, Start: 5}}, func(values []int) (plots.Figure, error) {
		set, err := fashion.LoadTest("testdata/fashion-mnist")
		return plots.SampleGrid(set, values[0]), err
	}))
}

func ExampleSearchLine() {
	brackets := must.M1(hyperband.Brackets(9, 3, hyperband.Algorithm1))
	s := hyperband.Search[hyperband.Point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 1}
	fmt.Println(notebook.SearchLine(must.M1(s.Run(nil, hyperband.Synthetic{Noise: 0.01}.Train))))
	// Output: 69 of 69 epochs; best so far 0.5773 (trial 13)
}

func ExampleBestTrials() {
	brackets := must.M1(hyperband.Brackets(9, 3, hyperband.Algorithm1))
	s := hyperband.Search[hyperband.Point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 1}
	notebook.BestTrials(must.M1(s.Run(nil, hyperband.Synthetic{Noise: 0.01}.Train)), 5, []string{"0.3", "0.7", "2", "0.2"})
}
