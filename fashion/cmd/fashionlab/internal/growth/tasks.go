package growth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"fashionlab/fashion"
	"fashionlab/fashion/cmd/fashionlab/internal/load"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/device"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// keepImages keeps a data set of which n images are trained on, in a private folder of its own, and returns its digest. Its images are Fashion-MNIST's, as many of each class, repeated where there are not
// enough.
func keepImages(dir string, n int) (digest string, err error) {
	from, err := fashion.FindDir()
	if err != nil {
		return "", err
	}
	if err := os.Setenv("FASHIONLAB_HOME", dir); err != nil {
		return "", err
	}
	kept, err := os.ReadDir(filepath.Join(dir, "datasets"))
	if err == nil { // by another task's process
		return kept[0].Name(), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	all, err := fashion.LoadTrain(from)
	if err != nil {
		return "", err
	}
	var d dataset.DataSet
	var of [fashion.NumClasses][]fashion.Image
	for c := range of {
		of[c] = all.Of(fashion.Label(c))
		d.Train.Classes = append(d.Train.Classes, fashion.Label(c).String())
	}
	total := int(float64(n) / (1 - imagesRecipe.Data.Validation))
	d.Train.Images = make([]fashion.Image, total)
	for i := range total {
		c := i % len(of)
		d.Train.Images[i] = of[c][i/len(of)%len(of[c])]
		d.Train.Labels = append(d.Train.Labels, fashion.Label(c))
	}
	d.Test = d.Train.Take([]int{0})
	if err := d.Check("Fashion-MNIST"); err != nil {
		return "", err
	}
	source, err := dataset.Keep(d)
	return source.Digest, err
}

// imagesRecipe trains the profile quick's CNN with augmentation.
var imagesRecipe = study.CNNAugmented(study.Quick)

// recipeOf is imagesRecipe on the data set of a digest.
func recipeOf(digest string) (recipes.Recipe, error) {
	s, err := dataset.Open(digest)
	return s.For(imagesRecipe), err
}

// loadImages opens the images of a data set as a training does.
func loadImages(given input) (*session.Images, recipes.Recipe, error) {
	r, err := recipeOf(given.made)
	if err != nil {
		return nil, r, err
	}
	images, err := session.Load(r.Data, nil)
	return images, r, err
}

// openImages reads the images, checks their digest, divides them and brings the training images into one tensor.
func openImages(ctx context.Context, p *point, given input) error {
	return p.repeat(ctx, func() error {
		images, _, err := loadImages(given)
		if err == nil {
			p.N = images.Training.Set.Len()
		}
		return err
	})
}

// prepareEpoch puts the images into an order and draws what augmentation does to each.
func prepareEpoch(ctx context.Context, p *point, given input) error {
	images, r, err := loadImages(given)
	if err != nil {
		return err
	}
	p.N = images.Training.Set.Len()
	return p.repeat(ctx, func() error {
		f := session.NewFeed(images.Training, r, 1)
		f.Free()
		if steps := (p.N + r.Batch - 1) / r.Batch; f.Steps != steps {
			return fmt.Errorf("the epoch has %d steps, want %d", f.Steps, steps)
		}
		return nil
	})
}

const (
	stepTurns = 3  // of a training step
	turnSteps = 20 // whose median counts
)

// trainingStep trains with batches of the recipe.
func trainingStep(ctx context.Context, p *point, given input) error {
	r, err := recipeOf(given.made)
	if err != nil {
		return err
	}
	p.N = r.Data.TrainingImages()
	s, err := train.NewStepper(r)
	if err != nil {
		return err
	}
	for range stepTurns {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		ms, err := s.Time(turnSteps)
		if err != nil {
			return err
		}
		slices.Sort(ms)
		p.Seconds = append(p.Seconds, ms[len(ms)/2]/1000)
	}
	p.Peak = device.PeakMemory()
	return nil
}

// predictImages classifies all training images by a network that has learned nothing, which takes as long as one that has.
func predictImages(ctx context.Context, p *point, given input) error {
	images, r, err := loadImages(given)
	if err != nil {
		return err
	}
	m, err := infer.Untrained(r)
	if err != nil {
		return err
	}
	p.N = images.Training.Set.Len()
	if err := m.Compile(p.N); err != nil {
		return err
	}
	return p.repeat(ctx, func() error {
		found, err := m.Predict(images.Training.Set)
		if err != nil {
			return err
		}
		return p.has(len(found.Probabilities))
	})
}

// copied is the published run of which there are many.
const copied = "full/cnn"

// copyRuns makes a folder of n runs, which it returns. They have the files of one run in common.
func copyRuns(dir string, n int) (string, error) {
	made := filepath.Join(dir, "runs")
	if _, err := os.Stat(made); err == nil {
		return made, nil // by another task's process
	}
	r, err := run.Published().Open(copied)
	if err != nil {
		return "", err
	}
	name := func(i int) string { return filepath.Join(made, fmt.Sprintf("copy-%05d", i)) }
	if err := os.CopyFS(name(0), os.DirFS(r.Dir)); err != nil {
		return "", err
	}
	for i := 1; i < n; i++ {
		err := filepath.WalkDir(name(0), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			to := name(i) + path[len(name(0)):]
			if d.IsDir() {
				return os.MkdirAll(to, 0o777)
			}
			return os.Link(path, to)
		})
		if err != nil {
			return "", err
		}
	}
	return made, nil
}

func reportText(ctx context.Context, p *point, given input) error {
	return writeReport(ctx, p, given, report.Options{})
}

func reportPage(ctx context.Context, p *point, given input) error {
	return writeReport(ctx, p, given, report.Options{HTML: filepath.Join(given.dir, "report.html")})
}

// writeReport writes a report on the runs alone, and nothing on published ones.
func writeReport(ctx context.Context, p *point, given input, o report.Options) error {
	stores := report.Stores{Local: run.StoreAt(given.made, false), Published: run.StoreAt(filepath.Join(given.dir, "published"), true)}
	return p.repeat(ctx, func() error {
		var out, messages bytes.Buffer
		if err := report.Write(&out, &messages, stores, o); err != nil {
			return err
		}
		return p.has(bytes.Count(out.Bytes(), []byte("copy-")))
	})
}

// searchTrials does a search of the CNN's hyperparameters in which a training takes no time. It has the brackets of the profile quick, with as many times more trials as are wanted in each rung.
func searchTrials(ctx context.Context, p *point, given input) error {
	s, err := study.Search("cnn", study.Quick, study.SearchBudget(study.Quick))
	if err != nil {
		return err
	}
	trials := hyperband.Cost(s.Brackets).Trials
	times := (p.N + trials - 1) / trials
	for _, b := range s.Brackets {
		for i := range b.Rungs {
			b.Rungs[i].Trials *= times
		}
	}
	p.N = hyperband.Cost(s.Brackets).Trials
	attempt := 0
	return p.repeat(ctx, func() error {
		attempt++
		s.Journal = filepath.Join(given.dir, fmt.Sprint("search-", attempt), "journal.jsonl")
		found, err := train.SearchBy(ctx, s, func(state hyperband.State[recipes.Recipe]) {
			fmt.Fprintln(io.Discard, notebook.SearchLine(state)) // as the command and the notebook do
		}, costless)
		if err == nil && !found.Done {
			err = errors.New("the search is not done")
		}
		if err != nil {
			return err
		}
		return p.has(len(found.Trials))
	})
}

// costless is a worker that trains nothing: the higher the learning rate of a configuration, the higher its scores.
func costless(r recipes.Recipe, epochs int) ([]float64, error) {
	scores := make([]float64, epochs)
	for i := range scores {
		scores[i] = r.Optimizer.LearningRate * float64(i+1)
	}
	return scores, nil
}

const (
	uploaders = 4  // upload at once
	photos    = 36 // take turns
)

// classifyUploads uploads photos to the demo, each from an address of its own.
func classifyUploads(ctx context.Context, p *point, given input) error {
	files, err := load.Photos(photos)
	if err != nil {
		return err
	}
	h, err := given.handler()
	if err != nil {
		return err
	}
	begun := 0
	return p.repeat(ctx, func() error {
		first := begun
		begun += p.N
		return each(ctx, p.N, func(ctx context.Context, i int) error { return upload(ctx, h, files[i%len(files)], first+i) })
	})
}

// each does something n times, as many at once as there are uploaders. The first error ends it.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wait sync.WaitGroup
	var next atomic.Int64
	for range uploaders {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					stop(err)
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// upload uploads a file from the address of a number.
func upload(ctx context.Context, h http.Handler, file []byte, number int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1/api/predict", bytes.NewReader(file))
	if err != nil {
		return err
	}
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", byte(number>>16), byte(number>>8), byte(number))
	var a answer
	h.ServeHTTP(&a, r)
	if a.status != http.StatusOK {
		return fmt.Errorf("the demo answers with status %d: %.100s", a.status, a.body.String())
	}
	return nil
}

// answer is what a handler answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header {
	if a.header == nil {
		a.header = http.Header{}
	}
	return a.header
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
