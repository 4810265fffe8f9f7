package plots_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/ensemble"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

func items(t *testing.T) fashion.Set {
	t.Helper()
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// predictions are made for the items: every seventh is predicted as the next class.
func predictions(s fashion.Set) run.Predictions {
	p := run.Predictions{Labels: s.Labels}
	for i, label := range s.Labels {
		var row [fashion.NumClasses]float32
		row[label] = 1 - float32(i%7)/10
		row[(label+1)%fashion.NumClasses] += float32(i%7) / 10
		p.Indices, p.Probabilities = append(p.Indices, int32(i)), append(p.Probabilities, row[:])
	}
	return p
}

func history() []run.Epoch {
	return []run.Epoch{
		{Epoch: 1, Loss: 0.61, Accuracy: 0.78, ValidationLoss: 0.42, ValidationAccuracy: 0.85, LearningRate: 0.001},
		{Epoch: 2, Loss: 0.40, Accuracy: 0.86, ValidationLoss: 0.36, ValidationAccuracy: 0.87, LearningRate: 0.001},
		{Epoch: 3, Loss: 0.33, Accuracy: 0.88, ValidationLoss: 0.37, ValidationAccuracy: 0.868, LearningRate: 0.001},
		{Epoch: 4, Loss: 0.27, Accuracy: 0.90, ValidationLoss: 0.31, ValidationAccuracy: 0.89, LearningRate: 0.0003},
	}
}

// ganHistory is that of a GAN.
func ganHistory() []run.Epoch {
	of := func(epoch int, discriminator, accuracy, generator, distance float64) run.Epoch {
		return run.Epoch{Epoch: epoch, Loss: discriminator, Accuracy: accuracy, Synthesis: run.Synthesis{GeneratorLoss: generator, FrechetDistance: distance, ClassifierAccuracy: 0.8, Diversity: 0.9}}
	}
	return []run.Epoch{of(1, 0.71, 0.72, 0.41, 21.3), of(2, 0.80, 0.66, 0.30, 9.6), of(3, 0.84, 0.63, 0.27, 4.4), of(4, 0.85, 0.62, 0.28, 3.1)}
}

// search is a finished one of simulated learning curves, and what a sample of its dropped trials came to.
func search(t *testing.T) (found, continued hyperband.State[hyperband.Point]) {
	t.Helper()
	brackets, err := hyperband.Brackets(9, 3, hyperband.Algorithm1)
	if err != nil {
		t.Fatal(err)
	}
	s := hyperband.Search[hyperband.Point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 1}
	train := hyperband.Synthetic{Noise: 0.01}.Train
	found, err = s.Run(nil, train)
	if err != nil {
		t.Fatal(err)
	}
	if continued, err = s.Sample(found, 5, "").Run(nil, train); err != nil {
		t.Fatal(err)
	}
	return found, continued
}

func figures(t *testing.T) map[string]plots.Figure {
	t.Helper()
	s := items(t)
	p := predictions(s)
	c := metrics.NewConfusion(p)
	worst, err := plots.Misclassified(s, p, 8)
	if err != nil {
		t.Fatal(err)
	}
	found, continued := search(t)
	return map[string]plots.Figure{
		"brackets":        plots.Brackets(found.Brackets),
		"search-curves":   plots.SearchCurves("Trials", "accuracy", found),
		"parallel":        plots.ParallelCoordinates("Parameters", found, []string{"0.3", "0.7", "2", "0.2"}),
		"importances":     plots.Importances("Importance", "alone", found.Importances(1)),
		"early-final":     plots.EarlyAndFinal("Too early?", "accuracy", found, continued),
		"sample-grid":     plots.SampleGrid(s, 5),
		"mean-images":     plots.MeanImages(s),
		"class-balance":   plots.ClassBalance(plots.Split{Name: "training", Set: s}, plots.Split{Name: "validation", Set: s.Take([]int{0, 1, 2})}),
		"gan-curves":      plots.GANCurves(ganHistory(), 5),
		"generated":       plots.Generated(items(t).Images[:100], 4),
		"learning-curves": plots.LearningCurves(history(), 6),
		"confusion":       plots.ConfusionMatrix(c),
		"recall":          plots.RecallByClass(c),
		"misclassified":   worst,
		"gallery":         plots.Gallery("Items", "twice", []plots.Row{{Name: "first", Images: s.Images[:4]}, {Name: "then", Images: s.Images[4:8]}}),
		"intervals": plots.Intervals("Validation accuracy", "three trainings", []plots.Measured{
			{Name: "none", Value: metrics.Wilson(900, 1000)}, {Name: "better", Value: metrics.Wilson(950, 1000)}, {Name: "similar", Value: metrics.Wilson(893, 1000)}}),
		"differences": plots.Differences("Gains", "three claims", []plots.Measured{
			{Name: "significant", Value: metrics.Interval{Value: 0.006, Low: 0.002, High: 0.01}}, {Name: "not significant", Value: metrics.Interval{Value: 0.001, Low: -0.001, High: 0.003}},
			{Name: "worse", Value: metrics.Interval{Value: -0.004, Low: -0.006, High: -0.002}}}),
		"results": plots.Results("Results", "made up", []plots.Result{
			{Name: "CNN", Note: "full/cnn", Value: measured(900), Slide: 0.89}, {Name: "CNN, augmented", Note: "full/cnn-augmented, published", Value: measured(950), Slide: 0.89, Published: true},
			{Name: "ConvNeXt", Slide: 0.84}, {Name: "mine", Note: "mine/net", Value: measured(925)}}),
		"costs": plots.Costs("Accuracy over time", "three trainings", plots.Axes{X: "seconds", Y: "accuracy"}, []plots.Priced{
			{"head alone", metrics.Wilson(600, 1000), 1.5}, {"last stage", metrics.Wilson(740, 1000), 2.5}, {"all", metrics.Wilson(830, 1000), 7}}),
		"simplex":        simplex(t, s),
		"heat-maps":      plots.HeatMaps("Where", "four items", s.Images[:4], maps(4), []string{"Sandal", "T-shirt/top", "Dress", "predicted Coat, true Pullover"}),
		"tiles":          plots.Tiles("Items", "eight of them", s.Images[:8], [][2]string{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", "6"}, {"g", "7"}, {"h", "8"}}),
		"preparation":    preparation(t, s),
		"reliability":    plots.Reliability("Reliability diagrams", metrics.Reliability(p, 15), metrics.Reliability(metrics.Tempered(p, 2), 15)),
		"disagreement":   plots.Disagreement("Pairwise disagreement", []string{"CNN", "ResNet50", "ConvNeXt"}, [][]int{{0, 12, 120}, {9, 0, 80}, {31, 0, 0}}),
		"embedding":      plots.Embedding("A map", "made-up points", scattered(s.Labels), s.Labels, everySeventh(s.Len())),
		"learning-rates": plots.LearningRates("Learning rates", []plots.Named{{Name: "plateau", Run: &run.Run{History: history()}}, {Name: "constant", Run: &run.Run{History: history()[:3]}}}),
	}
}

// preparation is of the photos of two items.
func preparation(t *testing.T, s fashion.Set) plots.Figure {
	t.Helper()
	var photos []photo.Prepared
	for i, place := range []scene.Scene{scene.Scenes()[3], scene.Scenes()[8]} {
		img, err := place.Render(s.Images[i], rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		p, err := photo.Prepare(img)
		if err != nil {
			t.Fatal(err)
		}
		photos = append(photos, p)
	}
	return plots.Preparation("From photos to images", "two items", photos)
}

// simplex is of three made-up members, of which the third is the worst.
func simplex(t *testing.T, s fashion.Set) plots.Figure {
	t.Helper()
	a, b, c := predictions(s), predictions(s), predictions(s)
	for i, label := range s.Labels {
		b.Probabilities[i], c.Probabilities[i] = make([]float32, fashion.NumClasses), make([]float32, fashion.NumClasses)
		b.Probabilities[i][(int(label)+i%5/4)%fashion.NumClasses] = 1
		c.Probabilities[i][(int(label)+i%3/2)%fashion.NumClasses] = 1
	}
	grid, err := ensemble.Grid(20, a, b, c)
	if err != nil {
		t.Fatal(err)
	}
	return plots.Simplex("Weights", "three made-up members", [3]string{"CNN", "ResNet50", "ConvNeXt"}, grid,
		[]ensemble.Weighting{{Name: "the slide's", Weights: []float64{0.45, 0.45, 0.1}}, {Name: "equal", Weights: []float64{1. / 3, 1. / 3, 1. / 3}}})
}

func measured(hits int) *metrics.Interval {
	accuracy := metrics.Wilson(hits, 1000)
	return &accuracy
}

// maps are hot at a point that wanders.
func maps(n int) [][]float32 {
	list := make([][]float32, n)
	for i := range list {
		list[i] = make([]float32, fashion.Pixels)
		for pixel := range list[i] {
			x, y := float64(pixel%fashion.Side), float64(pixel/fashion.Side)
			list[i][pixel] = float32(math.Exp(-(math.Pow(x-6-5*float64(i), 2) + math.Pow(y-14, 2)) / 30))
		}
	}
	return list
}

// scattered are points on ten rays, one for each class.
func scattered(labels []fashion.Label) [][2]float64 {
	points := make([][2]float64, len(labels))
	for i, label := range labels {
		angle, far := 2*math.Pi*float64(label)/fashion.NumClasses, 1+float64(i%37)/37
		points[i] = [2]float64{far * math.Cos(angle), far * math.Sin(angle)}
	}
	return points
}

func everySeventh(n int) []bool {
	list := make([]bool, n)
	for i := 0; i < n; i += 7 {
		list[i] = true
	}
	return list
}

func svg(t *testing.T, f plots.Figure) string {
	t.Helper()
	s, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFigureIsOneSelfContainedImageWithTitleAndDescription(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(href|src)="([^"]*)"|url\(|<script|<style`)
	for name, f := range figures(t) {
		drawn := svg(t, f)
		found := map[string]string{}
		path := []string{}
		for d := xml.NewDecoder(strings.NewReader(drawn)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s is no well-formed XML: %v", name, err)
			}
			switch e := token.(type) {
			case xml.StartElement:
				path = append(path, e.Name.Local)
			case xml.EndElement:
				path = path[:len(path)-1]
			case xml.CharData:
				found[strings.Join(path, "/")] += string(e)
			}
		}
		if found["svg/title"] != f.Title || found["svg/desc"] != f.Description || len(f.Description) < 20 {
			t.Errorf("%s: title %q and description %q, want %q and %q", name, found["svg/title"], found["svg/desc"], f.Title, f.Description)
		}
		for _, m := range outside.FindAllStringSubmatch(drawn, -1) {
			if !strings.HasPrefix(m[2], "data:image/") {
				t.Errorf("%s refers to something outside itself: %s", name, m[0])
			}
		}
	}
}

func TestFigureIsTheSameEachTime(t *testing.T) {
	again := figures(t)
	for name, f := range figures(t) {
		if svg(t, f) != svg(t, again[name]) {
			t.Errorf("%s differs when it is drawn again", name)
		}
	}
}

func TestFigureAsPNGHasItsSizeAndIsNotEmpty(t *testing.T) {
	for name, f := range figures(t) {
		var b bytes.Buffer
		if err := f.PNG(&b, 72); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil {
			t.Fatal(err)
		}
		w, h := f.Size()
		if size := img.Bounds().Size(); math.Abs(float64(size.X)-w) > 1 || math.Abs(float64(size.Y)-h) > 1 {
			t.Errorf("%s has %v pixels at 72 dpi, want %v by %v", name, size, w, h)
		}
		dark := 0
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if r, g, bl, _ := img.At(x, y).RGBA(); r+g+bl < 3*0x8000 {
					dark++
				}
			}
		}
		if dark < 100 {
			t.Errorf("%s has %d dark pixels: nothing is drawn", name, dark)
		}
	}
}

// Figures that hold an encoded picture are left out: another Go version may compress it otherwise.
func TestFigureIsTheGoldenOne(t *testing.T) {
	all := figures(t)
	for _, name := range []string{"class-balance", "learning-curves", "confusion", "recall", "intervals", "differences", "results", "learning-rates", "costs", "reliability", "disagreement", "embedding", "simplex",
		"brackets", "search-curves", "parallel", "importances", "early-final", "gan-curves"} {
		fixture.Figure(t, name, svg(t, all[name]))
	}
}

func TestConfusionMatrixShowsEachCount(t *testing.T) {
	c := metrics.NewConfusion(run.Predictions{})
	c.Counts[3][7], c.Counts[6][0], c.Counts[9][9] = 1234, 567, 89
	drawn := svg(t, plots.ConfusionMatrix(c))
	for _, want := range []string{">1234<", ">567<", ">89<"} {
		if !strings.Contains(drawn, want) {
			t.Errorf("the count %s is not in the figure", want)
		}
	}
}

func TestTextsTakeTheRoomThatTheLayoutMeasured(t *testing.T) {
	for name, f := range figures(t) {
		drawn := svg(t, f)
		if all, fixed := strings.Count(drawn, "<text"), strings.Count(drawn, `<text textLength="`); all != fixed || all == 0 {
			t.Errorf("%s: %d of %d texts have their width", name, fixed, all)
		}
	}
}

func TestLossThatExplodedIsNamed(t *testing.T) {
	for loss, want := range map[float64]bool{2.4: false, 2.6e21: true} {
		h := append(history(), run.Epoch{Epoch: 5, Loss: loss, ValidationLoss: 3})
		if f := plots.LearningCurves(h, 5); strings.Contains(f.Subtitle, "exploded") != want {
			t.Errorf("of a loss of %g the figure says %q", loss, f.Subtitle)
		}
	}
}

func TestScoresOfDroppedTrialsAreNotDrawn(t *testing.T) {
	found, _ := search(t)
	f := plots.ParallelCoordinates("", found, nil)
	if _, last := found.FirstAndLastEpochs(); last != 9 || !strings.Contains(f.Subtitle, "trained for 9 epochs") {
		t.Errorf("the figure says %q, want that those in blue were trained for 9 epochs", f.Subtitle)
	}
	drawn := svg(t, f)
	ended := 0
	for _, trial := range found.Ranking() {
		if len(trial.Scores) == 9 {
			ended++
		}
	}
	if blue := strings.Count(drawn, "stroke:#0072B2"); blue != ended-1 { // the best is orange
		t.Errorf("%d lines are blue, want %d", blue, ended-1)
	}
}

func TestNamesOfCostsCoverNoOtherPoint(t *testing.T) {
	two := []plots.Priced{{"all layers", metrics.Wilson(830, 1000), 7}, {"all, from random weights", metrics.Wilson(828, 1000), 7.1}}
	drawn := svg(t, plots.Costs("", "", plots.Axes{X: "seconds", Y: "accuracy"}, two))
	at := func(name string) (x float64) {
		before, _, _ := strings.Cut(drawn, ">"+name+"<")
		_, after, _ := strings.Cut(before[strings.LastIndex(before, "<text"):], ` x="`)
		if _, err := fmt.Sscanf(after, "%g", &x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	if left, right := at(two[0].Name), at(two[1].Name); left > right-40 {
		t.Errorf("the names begin at %g and %g points, want the first to stand on the other side of its point", left, right)
	}
}

func TestDisagreementShowsEachCountButTheDiagonal(t *testing.T) {
	drawn := svg(t, plots.Disagreement("", []string{"a", "b"}, [][]int{{7777, 12}, {345, 8888}}))
	for number, want := range map[string]bool{">12<": true, ">345<": true, ">7777<": false, ">8888<": false} {
		if strings.Contains(drawn, number) != want {
			t.Errorf("%s is shown: %v, want %v", number, !want, want)
		}
	}
}

func TestCurvesOfAnyHistoryAreDrawn(t *testing.T) {
	nan := math.NaN()
	for name, h := range map[string][]run.Epoch{
		"none":     nil,
		"one":      history()[:1],
		"diverged": {history()[0], {Epoch: 2, Loss: nan, ValidationLoss: math.Inf(1), Accuracy: 0.1, ValidationAccuracy: 0.1}},
		"constant": {{Epoch: 1, Loss: 1, ValidationLoss: 1}, {Epoch: 2, Loss: 1, ValidationLoss: 1}},
	} {
		for _, f := range []plots.Figure{plots.LearningCurves(h, 1), plots.GANCurves(h, 1)} {
			_, drawn, _ := strings.Cut(svg(t, f), "</desc>")
			if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
				t.Errorf("%s, %s: the figure holds a coordinate that is no number", name, f.Title)
			}
		}
	}
}

func TestPredictionsOfOtherImagesAreRefused(t *testing.T) {
	s := items(t)
	p := predictions(s)
	for name, other := range map[string]fashion.Set{
		"fewer images": s.Take([]int{0, 1, 2}),
		"other order":  s.Take([]int{399, 398, 397, 396, 395, 394, 393, 392, 391, 390, 3, 2, 1}),
	} {
		if _, err := plots.Misclassified(other, p, 8); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestNoErrorsAreSaidToBeNone(t *testing.T) {
	s := items(t).Take([]int{0})
	f, err := plots.Misclassified(s, predictions(s), 8)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(svg(t, f), "no errors") {
		t.Error("the figure does not say that there are no errors")
	}
}

// A figure as wide as its longest name would be scaled down until nothing in it can be read.
func TestLongNamesOfIntervalsAreWrapped(t *testing.T) {
	draw := func(name string) plots.Figure {
		return plots.Differences("Gains", "", []plots.Measured{{Name: name, Value: metrics.Interval{Value: 0.004, Low: 0.001, High: 0.007}}, {Name: "short"}})
	}
	short, long := draw("ensemble"), draw(strings.Repeat("from scratch over pretrained ", 4))
	if long.Width > 1.25*short.Width || long.Height <= short.Height {
		t.Errorf("with a long name the figure has %.0f x %.0f points, with a short one %.0f x %.0f", long.Width, long.Height, short.Width, short.Height)
	}
}
