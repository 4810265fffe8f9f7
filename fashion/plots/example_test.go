package plots_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"log"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
)

// Each example prints the description that the figure has for a screen reader; the figures themselves are in testdata/figures.

// examples are the first n test images.
func examples(n int) fashion.Set {
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	return fashion.Set{Images: s.Images[:n], Labels: s.Labels[:n]}
}

func ExampleFigure_SVG() {
	svg, err := plots.Gallery("Items", "", []plots.Row{{Name: "first", Images: examples(2).Images}}).SVG()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(svg, "<title>Items</title>"))
	// Output: true
}

func ExampleFigure_PNG() {
	var file bytes.Buffer
	f := plots.LearningCurves(nil, 10)
	if err := f.PNG(&file, 144); err != nil {
		log.Fatal(err)
	}
	config, err := png.DecodeConfig(&file)
	if err != nil {
		log.Fatal(err)
	}
	width, height := f.Size()
	fmt.Printf("%v by %v points, %d by %d pixels\n", width, height, config.Width, config.Height)
	// Output: 720 by 320 points, 1440 by 640 pixels
}

func ExampleSampleGrid() {
	fmt.Println(plots.SampleGrid(examples(400), 10).Description)
	// Output: A table of grey pictures: ten rows, one for each class from T-shirt/top to Ankle boot, with 10 items each.
}

func ExampleMeanImages() {
	fmt.Println(plots.MeanImages(examples(400)).Description)
	// Output: Ten blurred pictures, one for each class: what the images of a class have in common. Shirt, Pullover and Coat are similar.
}

func ExampleClassBalance() {
	s := examples(10)
	fmt.Println(plots.ClassBalance(plots.Split{Name: "training", Set: s.Take([]int{0, 1, 2, 3})}, plots.Split{Name: "validation", Set: s.Take([]int{4})}).Description)
	// Output: Bars of images per class. training: 4 images. validation: 1 images.
}

func ExampleConfusionMatrix() {
	c := metrics.NewConfusion(run.Predictions{}) // 4 is Coat, 6 is Shirt
	c.Counts[6][6], c.Counts[6][4] = 8, 2
	fmt.Println(plots.ConfusionMatrix(c).Description)
	// Output: A table of true classes by predicted classes for 10 images. Most often confused: Coat and Shirt, 2 times.
}

func ExampleRecallByClass() {
	c := metrics.NewConfusion(run.Predictions{}) // 4 is Coat, 6 is Shirt
	for class := range c.Counts {
		c.Counts[class][class] = 10
	}
	c.Counts[6][4] = 10
	fmt.Println(plots.RecallByClass(c).Description)
	// Output: Bars of recall per class. The lowest is Shirt with 50.0%.
}

func ExampleMisclassified() {
	s := examples(1) // an ankle boot
	p := run.Predictions{Indices: []int32{0}, Labels: s.Labels, Probabilities: [][]float32{{7: 0.8, 9: 0.2}}}
	f, err := plots.Misclassified(s, p, 18)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(f.Description)
	// Output: Pictures of the 1 of 1 misclassified items with the lowest probability of the true class, each with its true class, the predicted class and that probability.
}

func ExampleLearningCurves() {
	history := []run.Epoch{{Epoch: 1, Loss: 0.6, ValidationAccuracy: 0.85}, {Epoch: 2, Loss: 0.4, ValidationAccuracy: 0.87}}
	fmt.Println(plots.LearningCurves(history, 30).Description)
	// Output: Two line charts over 2 epochs. Training loss goes from 0.600 to 0.400; the best validation accuracy is 0.8700 in epoch 2.
}

func ExampleLearningRates() {
	r := &run.Run{History: history()}
	fmt.Println(plots.LearningRates("Learning rate and validation loss by epoch", []plots.Named{{Name: "plateau", Run: r}}).Description)
	// Output: Two line charts, of the learning rate and of the validation loss by epoch. plateau: rate 0.0003 and validation loss 0.3100 at the end.
}

func ExampleGallery() {
	s := examples(8)
	fmt.Println(plots.Gallery("Items", "the first eight test images", []plots.Row{{Name: "first", Images: s.Images[:4]}, {Name: "then", Images: s.Images[4:]}}).Description)
	// Output: A table of grey pictures with 4 columns and the rows: first, then.
}

func ExampleTiles() {
	fmt.Println(plots.Tiles("Suspects", "the label and the likelier class", examples(1).Images, [][2]string{{"Ankle boot", "Sneaker"}}).Description)
	// Output: Grey pictures of 1 items with captions. Ankle boot: Sneaker.
}

func ExampleHeatMaps() {
	m := make([]float32, fashion.Pixels)
	m[0] = 1 // the pixel at the top left
	fmt.Println(plots.HeatMaps("Grad-CAM", "of the CNN", examples(1).Images, [][]float32{m}, []string{"Ankle boot"}).Description)
	// Output: Two rows of 1 pictures: items, and the same under heat maps. Ankle boot: the heat's centre is at 2% from the left, 2% from the top.
}

func ExamplePreparation() {
	img := image.NewGray(image.Rect(0, 0, 40, 40)) // black on white
	for i := range img.Pix {
		if x, y := i%40, i/40; x < 10 || x >= 30 || y < 5 || y >= 35 {
			img.Pix[i] = 255
		}
	}
	p, err := photo.Prepare(img)
	if err != nil {
		log.Fatal(err)
	}
	description := plots.Preparation("From photos to images", "a black box", []photo.Prepared{p}).Description
	fmt.Println(description[:strings.Index(description, ":")])
	// Output: A table of pictures, 1 rows of photos. From left to right
}

func ExampleIntervals() {
	fmt.Println(plots.Intervals("Validation accuracy", "95% intervals; shaded: without augmentation", []plots.Measured{
		{Name: "none", Value: metrics.Wilson(900, 1000)}, {Name: "all", Value: metrics.Wilson(920, 1000)}}).Description)
	// Output: Points with 95% intervals. none: 0.9000 (0.8798 to 0.9171). all: 0.9200 (0.9015 to 0.9353).
}

func ExampleDifferences() {
	fmt.Println(plots.Differences("Gains", "hollow: not significant", []plots.Measured{{Name: "ensemble", Value: metrics.Interval{Value: 0.004, Low: 0.001, High: 0.007}}}).Description)
	// Output: Points with 95% intervals. ensemble: +0.0040 (+0.0010 to +0.0070).
}

func ExampleResults() {
	accuracy := metrics.Wilson(900, 1000)
	fmt.Println(plots.Results("Results beside the slides", "", []plots.Result{{Name: "CNN", Note: "full/cnn", Value: &accuracy, Slide: 0.9016}, {Name: "ConvNeXt", Slide: 0.7423}}).Description)
	// Output: Points with 95% intervals beside the slides' values. CNN, full/cnn: 0.9000 (0.8798 to 0.9171); slide 0.9016. ConvNeXt: not run; slide 0.7423.
}

func ExampleCosts() {
	fmt.Println(plots.Costs("What accuracy costs", "", plots.Axes{X: "seconds", Y: "accuracy"}, []plots.Priced{{Name: "head alone", Value: metrics.Wilson(600, 1000), Cost: 1.5}}).Description)
	// Output: Points with 95% intervals: accuracy over seconds. head alone: 0.6000 (0.5693 to 0.6299) at 1.5.
}

func ExampleReliability() {
	s := examples(400)
	p := predictions(s)
	f := plots.Reliability("The ensemble's confidence", metrics.Reliability(p, 15), metrics.Reliability(metrics.Tempered(p, metrics.Temperature(p)), 15))
	fmt.Println(f.Description)
	// Output: Two charts of accuracy over confidence, with the numbers of images under them. before temperature scaling: calibration error 0.1753. after temperature scaling: calibration error 0.1476.
}

func ExampleDisagreement() {
	fmt.Println(plots.Disagreement("Pairwise disagreement", []string{"CNN", "ResNet50"}, [][]int{{0, 12}, {9, 0}}).Description)
	// Output: A table: images that the row's model classifies correctly and the column's does not. CNN, not ResNet50: 12. ResNet50, not CNN: 9.
}

func ExampleSimplex() {
	grid := []ensemble.GridPoint{{Weights: []float64{1, 0, 0}, Accuracy: 0.91}, {Weights: []float64{0, 1, 0}, Accuracy: 0.90}, {Weights: []float64{0, 0, 1}, Accuracy: 0.74}}
	fmt.Println(plots.Simplex("Accuracy for all weights", "", [3]string{"CNN", "ResNet50", "ConvNeXt"}, grid, []ensemble.Weighting{{Name: "the slide's", Weights: []float64{0.45, 0.45, 0.1}}}).Description)
	// Output: A triangle of 3 weightings. The accuracy is 0.7400 to 0.9100. the slide's: 0.45 / 0.45 / 0.10.
}

func ExampleFormatWeights() {
	fmt.Println(plots.FormatWeights([]float64{0.45, 0.45, 0.1}))
	// Output: 0.45 / 0.45 / 0.10
}

func ExampleEmbedding() {
	s := examples(3)
	fmt.Println(plots.Embedding("t-SNE", "perplexity 30", [][2]float64{{0, 2}, {0, 1}, {0, 0}}, s.Labels, []bool{false, true, false}).Description)
	// Output: A scatter chart of 3 images, with 1 errors as crosses. Classes from the top to the bottom: Ankle boot; Pullover; Trouser;
}

func ExampleGANCurves() {
	fmt.Println(plots.GANCurves(ganHistory(), 30).Description)
	// Output: Three line charts over 4 epochs. The losses end at 0.850 (discriminator) and 0.280 (generator); the accuracy of the discriminator ends at 0.62; the Fréchet distance to real images goes from 21.30 to 3.10.
}

func ExampleGenerated() {
	fmt.Println(plots.Generated(examples(80).Images, 12).Description)
	// Output: A table of generated grey pictures: ten rows, one for each class, with 8 items each, after epoch 12.
}

// exampleSearch is a finished search over simulated learning curves.
func exampleSearch() (hyperband.Search[hyperband.Point], hyperband.State[hyperband.Point]) {
	brackets, err := hyperband.Brackets(9, 3, hyperband.Algorithm1)
	if err != nil {
		log.Fatal(err)
	}
	s := hyperband.Search[hyperband.Point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 1}
	found, err := s.Run(nil, hyperband.Synthetic{Noise: 0.01}.Train)
	if err != nil {
		log.Fatal(err)
	}
	return s, found
}

func ExampleBrackets() {
	s, _ := exampleSearch()
	fmt.Println(plots.Brackets(s.Brackets).Description)
	// Output: A table of dots with 3 rows, the brackets. 17 trials, 69 epochs in all; each dot is a trial, a pale one is dropped.
}

func ExampleSearchCurves() {
	_, found := exampleSearch()
	fmt.Println(plots.SearchCurves("The search", "validation accuracy", found).Description)
	// Output: A line chart, one line for each trial: 17 configurations, 69 of 69 epochs; the darker a line, the more rungs; thick orange: the best, trial 13 with 0.5773.
}

func ExampleParallelCoordinates() {
	_, found := exampleSearch()
	fmt.Println(plots.ParallelCoordinates("Parameters of all trials", found, nil).Description)
	// Output: Parallel coordinates: 17 configurations; dark blue: trained for 9 epochs, thick orange: the best of these; pale: dropped before.
}

func ExampleImportances() {
	fmt.Println(plots.Importances("Importance of each parameter", "fraction of the variance", []hyperband.Importance{{Name: "learning rate", Explained: 0.53, Critical: 0.36}}).Description)
	// Output: Bars. fraction of the variance; grey mark: critical value at 5% (permutation test). learning rate: 53%, significant above 36%.
}

func ExampleEarlyAndFinal() {
	s, found := exampleSearch()
	continued, err := s.Sample(found, 5, "").Run(nil, hyperband.Synthetic{Noise: 0.01}.Train)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plots.EarlyAndFinal("Too early?", "validation accuracy", found, continued).Description)
	// Output: A scatter chart of validation accuracy up to epoch 1 and validation accuracy up to epoch 9: 10 trials; rank correlation 0.89.
}
