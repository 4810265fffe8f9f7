package photo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"fashionlab/fashion/internal/hostile"
	"fashionlab/fashion/photo"
)

func TestHostilePicturesStayWithinTheLimitsOfMemory(t *testing.T) {
	limits := photo.DefaultLimits()
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "picture\tfile, KB\tallocated, MiB\tms\toutcome\t")
	for _, p := range hostile.Pictures() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		img, err := photo.Decode(t.Context(), bytes.NewReader(p.File), limits)
		if err == nil {
			_, err = photo.Prepare(img)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := int64(after.TotalAlloc - before.TotalAlloc)
		outcome := "answered"
		if err != nil {
			outcome = err.Error()
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%d\t%s\t\n", p.Name, float64(len(p.File))/1000, float64(allocated)/(1<<20), took.Milliseconds(), outcome)
		most := 4*int64(len(p.File)) + 1<<20 // to read it
		if img != nil || strings.Contains(outcome, "corrupt") {
			most += limits.Memory + 8<<20
		}
		switch e := (*photo.Error)(nil); {
		case err != nil && !errors.As(err, &e):
			t.Errorf("%s: %v, want a *photo.Error", p.Name, err)
		case img == nil && p.Want == "":
			t.Errorf("%s: %v, want it decoded", p.Name, err)
		case p.Want != "" && (err == nil || !strings.Contains(e.Got, p.Want)):
			t.Errorf("%s: %v, want an error with %q", p.Name, err, p.Want)
		}
		if allocated > most {
			t.Errorf("%s: %.1f MiB were allocated, want at most %.1f", p.Name, float64(allocated)/(1<<20), float64(most)/(1<<20))
		}
	}
	w.Flush()
	t.Logf("\n%s", &table)
}

// endsAfter is a context that ends when it has been looked at so often.
type endsAfter struct {
	context.Context
	looks *int
}

func (e endsAfter) Err() error {
	if *e.looks--; *e.looks < 0 {
		return context.Canceled
	}
	return nil
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	for _, p := range hostile.Pictures() {
		if p.Want != "" || len(p.File) < 8192 { // the decoder has read it whole before it looks again
			continue
		}
		looks := 1
		if _, err := photo.Decode(endsAfter{t.Context(), &looks}, bytes.NewReader(p.File), photo.DefaultLimits()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want that of the context", p.Name, err)
		}
	}
}

func TestFileWithoutEndIsReadUpToTheLimit(t *testing.T) {
	endless := &endless{}
	_, err := photo.Decode(t.Context(), endless, photo.Limits{Bytes: 1 << 20, Pixels: 1 << 20})
	if e := (*photo.Error)(nil); !errors.As(err, &e) || endless.read > 1<<20+1 {
		t.Errorf("%v after %d bytes, want a *photo.Error after 1048577", err, endless.read)
	}
}

type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) { e.read += len(b); return len(b), nil }
