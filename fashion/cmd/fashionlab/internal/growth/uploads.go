package growth

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"fashionlab/fashion/cmd/fashionlab/internal/load"
)

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
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		return fmt.Errorf("the demo answers with status %d: %.100s", answer.Code, answer.Body)
	}
	return nil
}
