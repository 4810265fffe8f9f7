package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"gocloud.dev/blob"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/study"
)

type point = hyperband.Point

// problem is what the fake trainer learns.
var problem = hyperband.Synthetic{Noise: 0.01, SlowStarters: true, Seed: 1}

// fakeSpec is a search of points: with R = 9 and eta = 3, 17 trials.
var fakeSpec = Spec{Model: "synthetic", Profile: study.Smoke, Budget: study.Budget{R: 9, Eta: 3, Rounding: hyperband.Algorithm1}}

// fakeSearch builds a search of points, for each name another one. A rounding of "random" means one rung with R trials of one epoch, to see how costs grow.
func fakeSearch(s Spec) (hyperband.Search[point], error) {
	brackets, err := hyperband.Brackets(s.Budget.R, s.Budget.Eta, s.Budget.Rounding)
	if s.Budget.Rounding == "random" {
		brackets, err = hyperband.RandomSearch(s.Budget.R, 1), nil
	}
	return hyperband.Search[point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: uint64(crc32.ChecksumIEEE([]byte(s.Model)))}, err
}

// diverges is from where on the first two numbers of a point keep it from being trained: the training fails, or its last score is NaN.
const diverges = 0.75

// scores are what the fake training of a point gives.
func scores(p point, epochs int) ([]float64, error) {
	list, err := problem.Train(p, epochs)
	switch {
	case p[0] > diverges:
		return nil, fmt.Errorf("the loss is NaN: %w", hyperband.ErrFailed)
	case p[1] > diverges:
		list[epochs-1] = math.NaN()
	}
	return list, err
}

// weights are what the fake training of a point has after an epoch.
func weights(p point, epoch int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%v %d", p, epoch))
	return bytes.Repeat(sum[:], 100)
}

// fakeTrainer trains in a folder, so long for each epoch, and counts the epochs.
type fakeTrainer struct {
	epoch   time.Duration
	trained *int   // may be nil
	log     string // file with a line for each execution and each epoch; "" for none
}

const weightsFile, epochFile = "checkpoints/last", "epoch.json"

func (f fakeTrainer) train(ctx context.Context, dir string, p point, epochs int, progress func(int)) ([]float64, error) {
	if err := disk.MkdirAll(filepath.Join(dir, "checkpoints")); err != nil {
		return nil, err
	}
	if err := f.note(p, "up to", epochs); err != nil {
		return nil, err
	}
	done := 0
	data, err := os.ReadFile(filepath.Join(dir, epochFile))
	if err == nil {
		err = json.Unmarshal(data, &done)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if done > 0 {
		if w, err := os.ReadFile(filepath.Join(dir, weightsFile)); err != nil || !bytes.Equal(w, weights(p, done)) {
			return nil, fmt.Errorf("the weights of %v are not those of epoch %d: %v", p, done, err)
		}
	}
	for e := done + 1; e <= epochs; e++ {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(f.epoch):
		}
		if f.trained != nil {
			*f.trained++
		}
		err := errors.Join(f.note(p, "epoch", e), disk.WriteFile(filepath.Join(dir, weightsFile), weights(p, e)), disk.WriteFile(filepath.Join(dir, epochFile), fmt.Append(nil, e)))
		if err != nil {
			return nil, err
		}
		progress(e)
	}
	return scores(p, epochs)
}

// note writes into the log.
func (f fakeTrainer) note(p point, what string, epoch int) error {
	if f.log == "" {
		return nil
	}
	file, err := os.OpenFile(f.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%v %s %d\n", p, what, epoch)
	return errors.Join(err, file.Close())
}

// bucket is one that is closed at the end.
func bucket(t *testing.T, name string) *blob.Bucket {
	t.Helper()
	b, err := OpenBucket(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// quiet is the SDK's test environment without its log.
func quiet() *testsuite.WorkflowTestSuite {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	return &suite
}

// journal is what a journal says but for the seconds and checksums: the header, then the lines in their order as text.
func journal(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(data)) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, "seconds")
		delete(fields, "crc32")
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(text))
	}
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}

// wanted is the journal of Search.Run with one worker.
func wanted(t *testing.T, spec Spec) string {
	t.Helper()
	s, err := fakeSearch(spec)
	if err != nil {
		t.Fatal(err)
	}
	s.Journal = filepath.Join(t.TempDir(), "journal.jsonl")
	if _, err := s.Run(nil, scores); err != nil {
		t.Fatal(err)
	}
	j := journal(t, s.Journal)
	if spec == fakeSpec && !strings.Contains(j, `"lost"`) {
		t.Fatal("the search has no trial that cannot be trained")
	}
	return j
}

// searchWithJournal is the fake search with a journal in a new folder.
func searchWithJournal(t *testing.T, spec Spec) hyperband.Search[point] {
	t.Helper()
	s, err := fakeSearch(spec)
	if err != nil {
		t.Fatal(err)
	}
	s.Journal = filepath.Join(t.TempDir(), "journal.jsonl")
	return s
}
