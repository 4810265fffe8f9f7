package run_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/run"
)

// writerVariable makes the test program write the run of that folder as a training and its test do.
const writerVariable = "FASHIONLAB_TEST_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerVariable); dir != "" {
		if err := write(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// write brings a run to its end, from where it is, and saves its test predictions.
func write(dir string) error {
	r, err := run.Begin(dir, recipe())
	if err != nil {
		return err
	}
	defer r.Close() // the process ends
	if !r.Finished() {
		c, found, err := r.LoadCheckpoint(run.Last)
		if err != nil {
			return err
		}
		if found {
			err = r.SaveHistory(c.State.History)
		}
		for epoch := len(c.State.History) + 1; epoch <= recipe().Epochs && err == nil; epoch++ {
			c = checkpoint(epoch)
			r.Record.BestEpoch = epoch
			err = errors.Join(r.SaveSamples(epoch, make([]fashion.Image, 10)), r.SaveCheckpoint(run.Best, c), r.SaveCheckpoint(run.Last, c), r.SaveHistory(c.State.History), r.SaveRecord())
		}
		r.Record.BestEpoch = recipe().Epochs
		if err = errors.Join(err, r.SavePredictions(run.Validation, predicted(50)), r.Finish()); err != nil {
			return err
		}
	}
	return errors.Join(r.SaveRecord(), r.SavePredictions(run.Test, predicted(40)))
}

// Whenever its writer is killed, a run can be read, goes on, and ends as one that was never interrupted; nothing is left behind.
func TestRunWhoseWritersAreKilledEndsAsIfTheyWereNot(t *testing.T) {
	whole := t.TempDir()
	if err := write(whole); err != nil {
		t.Fatal(err)
	}
	want, _ := content(whole)
	root := t.TempDir()
	kills := 0
	for attempt := 0; kills < 40; attempt++ {
		dir := filepath.Join(root, fmt.Sprint(attempt))
		for restart := 0; ; restart++ {
			c := exec.Command(os.Args[0])
			c.Env = append(os.Environ(), writerVariable+"="+dir, "GORACE=atexit_sleep_ms=0") // by default a second
			var out strings.Builder
			c.Stdout, c.Stderr = &out, &out
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			patience := 10 + (attempt*31+restart*17)%90 + 5*restart // in milliseconds: a slow machine comes to an end, too
			end := time.AfterFunc(time.Duration(patience)*time.Millisecond, func() { c.Process.Kill() })
			err := c.Wait()
			end.Stop()
			if out.Len() > 0 {
				t.Fatalf("run %d after %d kills: %s", attempt, restart, out.String())
			}
			if _, err := run.StoreAt(root, false).List(); err != nil {
				t.Fatalf("run %d after %d kills: %v", attempt, restart, err)
			}
			if err == nil {
				break
			}
			kills++
		}
		got, problems := content(dir)
		for what, err := range problems {
			if err != nil {
				t.Errorf("run %d: %s: %v", attempt, what, err)
			}
		}
		r, err := run.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Check()) > 0 || !r.Finished() {
			t.Errorf("run %d: problems %v", attempt, r.Check())
		}
		delete(got, "open") // it has times
		delete(want, "open")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("run %d ended otherwise", attempt)
		}
		_, left, err := disk.List(dir, "*", "checkpoints/*", "predictions/*", "samples/*")
		if err != nil || len(left) > 0 {
			t.Errorf("run %d: left behind %v (%v)", attempt, left, err)
		}
	}
	t.Logf("%d kills", kills)
}
