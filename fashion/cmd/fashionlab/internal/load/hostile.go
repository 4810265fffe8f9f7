package load

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	hostileConnections = 16     // of the one hostile visitor
	hostileAddress     = 10_000 // beside those of the clients
	slowBody           = 1 << 20
	slowPause          = 100 * time.Millisecond // between two bytes of a slow upload
)

// visitor is somebody who means harm, at one address.
type visitor struct {
	*loaded
	client  *http.Client
	answers *tally
	next    atomic.Int64
}

// uploadSlowly uploads files that arrive byte by byte.
func (v *visitor) uploadSlowly(ctx context.Context) {
	for ctx.Err() == nil {
		start := time.Now()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.address("api/predict", v.page.RawQuery), slow{ctx})
		if err == nil {
			r.ContentLength = slowBody
			var status int
			status, err = do(v.client, r)
			if ctx.Err() == nil {
				v.answers.add(status, err, start)
			}
		}
	}
}

// slow is a body of which a byte comes now and then.
type slow struct{ ctx context.Context }

func (s slow) Read(b []byte) (int, error) {
	select {
	case <-time.After(slowPause):
		return copy(b, "x"), nil
	case <-s.ctx.Done():
		return 0, io.ErrUnexpectedEOF
	}
}

// postHostilePictures posts pictures that are made to take much memory or time, without a pause.
func (v *visitor) postHostilePictures(ctx context.Context) {
	for ctx.Err() == nil {
		start := time.Now()
		status, err := v.post(ctx, v.client, v.hostile[int(v.next.Add(1))%len(v.hostile)].File)
		if ctx.Err() == nil {
			v.answers.add(status, err, start)
		}
	}
}

// guessTokens tries tokens, without a pause.
func (v *visitor) guessTokens(ctx context.Context) {
	for ctx.Err() == nil {
		start := time.Now()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.address("", "token=wrong"), nil)
		if err != nil {
			return
		}
		status, err := do(v.client, r)
		if ctx.Err() == nil {
			v.answers.add(status, err, start)
		}
	}
}
