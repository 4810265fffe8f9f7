package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// Search times a whole search, beside KerasTuner's of the same table, space, model and number of images where a Python has it.
func Search(ctx context.Context, model, python string, report func(hyperband.State[recipes.Recipe])) error {
	dir, err := os.MkdirTemp("", "bench-search-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // of the system's temporary files
	budget := study.SearchBudget(study.Quick)
	budget.Rounding = hyperband.KerasTuner
	s, err := study.Search(model, study.Quick, budget)
	if err != nil {
		return err
	}
	s.Journal = filepath.Join(dir, "ours", "journal.jsonl")
	start := time.Now()
	found, err := train.SearchContext(ctx, s, 1, report)
	if err != nil {
		return err
	}
	ours := time.Since(start).Seconds()
	fmt.Printf("%-60s %8.1f s, %d epochs of %d images\n", "fashionlab", ours, found.Epochs, s.Base.Data.Images())
	if python == "" {
		return nil
	}
	data, err := fashion.FindDir()
	if err != nil {
		return err
	}
	device, err := peerDevice()
	if err != nil {
		return err
	}
	c, err := interpreter{path: python, device: device}.runs("search", data, filepath.Join(dir, "theirs"), fmt.Sprint(budget.R), fmt.Sprint(budget.Eta), s.Base.String())
	if err != nil {
		return err
	}
	out, err := c.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("KerasTuner (it needs tensorflow, keras-tuner and tensorboard): %w\n%s", err, exit.Stderr)
	}
	if err != nil {
		return fmt.Errorf("KerasTuner: %w", err)
	}
	var peer struct {
		Peer    string
		Seconds float64
		Epochs  int
	}
	if err := json.Unmarshal(out[bytes.LastIndexByte(bytes.TrimSpace(out), '\n')+1:], &peer); err != nil {
		return fmt.Errorf("KerasTuner: %w", err)
	}
	fmt.Printf("%-60s %8.1f s, %d epochs\nours/theirs: %.2f of the time\n", peer.Peer, peer.Seconds, peer.Epochs, ours/peer.Seconds)
	return nil
}
