package notebooks

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/study"
	"fashionlab/kernel-setup/internal/layout"
)

// timesFile keeps, in the folder of the executed notebooks, how many seconds each took beside its trainings.
const timesFile = "times.json"

// cellSeconds is about how long a code cell takes beside its training, on the machine whose steps package estimate has: most of it links the cell's program.
const cellSeconds = 1

// besideTrainings is how many seconds a notebook takes beside its trainings: as many as the last time, else about.
func besideTrainings(out, path string, p study.Profile) (float64, error) {
	if seconds, ok := readTimes(out)[p.Run(nameOf(path))]; ok && seconds >= 0 {
		return seconds, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return cellSeconds * float64(strings.Count(string(data), `"cell_type": "code"`)), nil
}

// readTimes reads the file of times; one that is missing or corrupt says nothing.
func readTimes(out string) map[string]float64 {
	var times map[string]float64
	data, err := os.ReadFile(filepath.Join(out, timesFile))
	if err != nil || json.Unmarshal(data, &times) != nil || times == nil {
		return map[string]float64{}
	}
	return times
}

// executeTimed executes a notebook and keeps how long it took beside its trainings, for the next plan.
func executeTimed(ctx context.Context, l layout.Layout, path, out string, p study.Profile) error {
	before, err := trainedFor(nameOf(path), p)
	if err != nil {
		return err
	}
	start := time.Now()
	if err := executeOne(ctx, l, path, out, string(p)); err != nil {
		return err
	}
	took := time.Since(start).Seconds()
	after, err := trainedFor(nameOf(path), p)
	if err != nil {
		return err
	}
	times := readTimes(out)
	times[p.Run(nameOf(path))] = took - (after - before)
	data, err := json.MarshalIndent(times, "", "  ")
	if err != nil {
		return err
	}
	return disk.WriteFile(filepath.Join(out, timesFile), append(data, '\n'))
}

// trainedFor is how many seconds the trainings of a notebook have taken so far.
func trainedFor(notebook string, p study.Profile) (seconds float64, err error) {
	list, err := trainingsOf(notebook, p)
	for _, t := range list {
		seconds += t.spent
	}
	return seconds, err
}
