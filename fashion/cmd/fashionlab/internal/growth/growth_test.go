package growth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// TestMain lets the test's program be the process of its own in which a point is measured.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == "bench" {
		work, err := Parse(Options{Names: os.Args[3:]})
		if err == nil {
			err = work(context.Background())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// pointsOf are measured thrice at sizes from 100 on, each three times the one before; the seconds are those of a function, times a factor that scatters around 1.
func pointsOf(sizes int, scatter float64, seconds func(n float64) float64) []point {
	return pointsBy(1, sizes, scatter, seconds)
}

// pointsBy are those of a seed.
func pointsBy(seed uint64, sizes int, scatter float64, seconds func(n float64) float64) (list []point) {
	r := rand.New(rand.NewPCG(seed, 2))
	for i, n := 0, 100; i < sizes; i, n = i+1, 3*n {
		p := point{N: n, Peak: 1<<20 + 100*int64(n)}
		for range repeats {
			p.Seconds = append(p.Seconds, seconds(float64(n))*math.Exp(scatter*r.NormFloat64()))
		}
		list = append(list, p)
	}
	return list
}

func TestExponentOfAPowerIsItsExponent(t *testing.T) {
	for _, want := range []float64{-0.5, 0, 1, 1.5, 2} {
		power := func(n float64) float64 { return 0.01 * math.Pow(n, want) }
		got := exponent(pointsOf(5, 0, power))
		if math.Abs(got.Value-want) > 1e-9 || math.Abs(got.High-got.Low) > 1e-6 {
			t.Errorf("of n^%v the exponent is %v", want, got)
		}
		held := 0
		for seed := range uint64(1000) {
			if got := exponent(pointsBy(seed, 5, 0.1, power)); got.Low <= want && want <= got.High {
				held++
			}
		}
		if held < 930 || held > 970 {
			t.Errorf("%d of 1,000 intervals hold the exponent %v, want about 950", held, want)
		}
	}
}

// The numbers were worked out in Python by the formulas of simple linear regression, with Student's t quantile 4.302653 for two degrees of freedom.
func TestIntervalIsThatOfLinearRegression(t *testing.T) {
	got := exponent([]point{{N: 10, Seconds: []float64{1}}, {N: 20, Seconds: []float64{2}}, {N: 30, Seconds: []float64{5}}, {N: 40, Seconds: []float64{7}}})
	for i, v := range []float64{got.Value, got.Low, got.High} {
		if want := []float64{1.448725, 0.679309, 2.218142}[i]; math.Abs(v-want) > 1e-6 {
			t.Errorf("the exponent is %v, want 1.4487 (0.6793 to 2.2181)", got)
		}
	}
}

func TestVerdictIsThatOfTheLargestSizes(t *testing.T) {
	for want, s := range map[string]series{
		"linear":                  {points: pointsOf(5, 0.05, func(n float64) float64 { return n })},
		"faster than linear":      {points: pointsOf(7, 0.01, func(n float64) float64 { return 1e7 + n*n })}, // over all sizes the exponent is below 1
		"better than linear":      {points: pointsOf(5, 0.05, math.Sqrt)},
		"it does not grow":        {points: pointsOf(5, 0.02, func(float64) float64 { return 3 })},
		"no faster than n log n":  {points: pointsOf(5, 0, func(n float64) float64 { return n * math.Log(n) })},
		"scatter too much":        {points: pointsOf(3, 2, func(n float64) float64 { return n })},
		"by so few measurements":  {points: []point{{N: 1, Seconds: []float64{1}}, {N: 2, Seconds: []float64{2}}}},
		"so few measurements; ex": {points: pointsOf(1, 0, math.Sqrt)},
	} {
		if got := s.sentence(); !strings.Contains(got, want) {
			t.Errorf("the sentence is %q, want one with %q", got, want)
		}
	}
	if e := exponent(pointsOf(7, 0.01, func(n float64) float64 { return 1e7 + n*n })); e.Value > 1 {
		t.Errorf("over all sizes the exponent is %v, which decides nothing here", e)
	}
}

func TestEachTaskIsDoneWithAsManyAsThereAre(t *testing.T) {
	if _, err := infer.Backend(); err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	t.Setenv(run.RootVariable, t.TempDir())
	data, err := fashion.FindDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, data)
	t.Setenv("FASHIONLAB_HOME", os.Getenv("FASHIONLAB_HOME")) // the tasks of images change it
	defer func(r recipes.Recipe) { imagesRecipe = r }(imagesRecipe)
	imagesRecipe.Model.Filters, imagesRecipe.Model.Depth, imagesRecipe.Model.Hidden = 2, 1, 8 // is compiled in a moment
	var uploads atomic.Int64
	handler := func() (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if photo, err := io.ReadAll(r.Body); err == nil && len(photo) > 1000 && r.URL.Path == "/api/predict" {
				uploads.Add(1)
			}
			io.WriteString(w, "{}")
		}), nil
	}
	for _, s := range subjects() {
		dir := filepath.Join(t.TempDir(), s.name)
		for _, task := range s.tasks {
			n := map[string]int{"images": 40, "runs": 3, "trials": 17, "uploads": 40}[s.name]
			p, err := measure(t.Context(), task.name, n, dir, handler)
			if err != nil {
				t.Fatalf("%s: %v", task.name, err)
			}
			if p.N != n || len(p.Seconds) == 0 || slices.Min(p.Seconds) <= 0 {
				t.Errorf("%s: %+v, want %d %s", task.name, p, n, s.name)
			}
		}
	}
	if n := uploads.Load(); n != 40*(repeats+1) { // once before it is timed
		t.Errorf("%d photos were uploaded, want %d", n, 40*(repeats+1))
	}
}

// A run that cannot be read, or a demo that refuses photos, must not pass for a fast one.
func TestTaskThatIsNotDoneIsAnError(t *testing.T) {
	dir := t.TempDir()
	given := input{dir: dir}
	var err error
	if given.made, err = copyRuns(dir, 2); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(given.made, "copy-00001", "history.json")); err != nil {
		t.Fatal(err)
	}
	if err := reportText(t.Context(), &point{N: 2}, given); err == nil || !strings.Contains(err.Error(), "there were 1, want 2") {
		t.Errorf("of a run that cannot be read the error is %v", err)
	}
	given.handler = func() (http.Handler, error) { return http.NotFoundHandler(), nil }
	if err := classifyUploads(t.Context(), &point{N: 2}, given); err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("of a demo that refuses photos the error is %v", err)
	}
}

func TestPointIsMeasuredInAProcessOfItsOwn(t *testing.T) {
	chosen, err := choose([]string{"trials:20,10,20"})
	if err != nil {
		t.Fatal(err)
	}
	var out, messages strings.Builder
	if err := measureAll(t.Context(), &out, &messages, chosen, "", inProcess); err != nil {
		t.Fatalf("%v\n%s", err, &messages)
	}
	for _, want := range []string{"17 trials", "34 trials", "peak memory grows", "Hyperband: "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
	if n := strings.Count(messages.String(), "\n"); n != 2 {
		t.Errorf("the progress has %d lines, want 2:\n%s", n, &messages)
	}
	if _, err := inProcess(t.Context(), "no task", "1", t.TempDir()); err == nil {
		t.Error("a process that fails is no error")
	}
}

// invented takes the place of a measurement.
func invented(_ context.Context, task, size, _ string) (point, error) {
	n, err := strconv.Atoi(size)
	x := float64(n)
	seconds := map[string]float64{"open the images": 4e-6 * x, "order and draws of an epoch": 3e-7 * x, stepTask: 0.03, "predict all": 2e-4 * x, "report": 0.01 * x,
		"report -html": 0.1 + 0.025*x, "Hyperband": 1e-6*x*x + 1e-3*x, "classify photos": 0.04 * x}[task]
	return point{N: n, Seconds: []float64{seconds, seconds * 1.1, seconds * 0.9}, Peak: 100<<20 + int64(4000*x)}, err
}

func TestTableAndFigureShowAllThatGrows(t *testing.T) {
	var out strings.Builder
	file := filepath.Join(t.TempDir(), "growth.svg")
	if err := measureAll(t.Context(), &out, io.Discard, subjects(), file, invented); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fixture.Figure(t, "growth", string(svg))
	for _, want := range []string{"a training step: it does not grow", "predict all: linear", "Hyperband: faster than linear", "480,000 images", " 1931 MB"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
}

func TestWithoutPeakMemoryTableAndFigureLeaveItOut(t *testing.T) {
	var list []series
	for _, s := range []string{"images", "runs"} {
		list = append(list, series{subject: s, task: s, points: pointsOf(3, 0, math.Sqrt)})
		for i := range list[len(list)-1].points {
			list[len(list)-1].points[i].Peak = 0
		}
	}
	var out strings.Builder
	if err := printTable(&out, list, "the machine is loaded"); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); strings.Contains(got, "MB") || !strings.Contains(got, "does not tell") || !strings.Contains(got, "the machine is loaded; ") {
		t.Errorf("the table is\n%s", got)
	}
	if f := figure(list); f.Height > 300 || strings.Contains(f.Subtitle, "memory") {
		t.Errorf("the figure is %v points high: %s", f.Height, f.Subtitle)
	}
}

func TestWhatEndsAMeasurementIsToldWithTheTask(t *testing.T) {
	failing := func(context.Context, string, string, string) (point, error) {
		return point{}, errors.New("the disk is full")
	}
	if err := measureAll(t.Context(), io.Discard, io.Discard, subjects(), "", failing); err == nil || err.Error() != "open the images, 1,000 images: the disk is full" {
		t.Errorf("the error is %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Setenv("TMPDIR", t.TempDir())
	interrupted := func(context.Context, string, string, string) (point, error) {
		stop()
		return point{}, errors.New("killed")
	}
	if err := measureAll(ctx, io.Discard, io.Discard, subjects(), "", interrupted); !errors.Is(err, context.Canceled) {
		t.Errorf("the error of an interruption is %v", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
}

func TestNamesChooseSubjectsAndSizes(t *testing.T) {
	for names, want := range map[string]string{
		"":                         "images [1000 4000 16000 48000 480000], runs [10 30 100 300 1000], trials [100 300 1000 3000 10000], uploads [100 1000 10000]",
		"uploads:10000,100 trials": "uploads [100 10000], trials [100 300 1000 3000 10000]",
	} {
		chosen, err := choose(strings.Fields(names))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range chosen {
			got = append(got, fmt.Sprint(s.name, " ", s.sizes))
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("%q choose %s, want %s", names, got, want)
		}
	}
	for names, want := range map[string]string{"photos": `"photos"`, "runs:0": `"0"`, "runs:": `""`, "point report 10": `"point"`} {
		if _, err := Parse(Options{Names: strings.Fields(names)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("of %q the error is %v", names, err)
		}
	}
	if _, err := Parse(Options{Figure: "growth.png"}); err == nil || !strings.Contains(err.Error(), ".svg") {
		t.Errorf("of a figure as PNG the error is %v", err)
	}
}
