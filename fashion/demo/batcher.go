package demo

import (
	"context"
	"errors"
	"sync"

	"fashionlab/fashion/photo"
)

// batcher explains the photos of many requests together: those that arrive while a batch is computed form the next batch.
type batcher struct {
	ensemble *Ensemble
	requests chan request
	closing  chan struct{}
	close    sync.Once
	done     chan struct{}
}

type request struct {
	photo    photo.Prepared
	response chan<- response // has room for one
}

type response struct {
	explanation Explanation
	err         error
}

// maxBatch is how many photos are in a batch, the batch size of the models' graph for few images.
const maxBatch = 16

var errClosed = errors.New("the demo is shutting down")

func newBatcher(e *Ensemble) *batcher {
	b := &batcher{ensemble: e, requests: make(chan request, maxBatch), closing: make(chan struct{}), done: make(chan struct{})}
	go b.run()
	return b
}

// explain waits for the explanation of a photo.
func (b *batcher) explain(ctx context.Context, p photo.Prepared) (Explanation, error) {
	explained := make(chan response, 1)
	select {
	case b.requests <- request{p, explained}:
	case <-b.closing:
		return Explanation{}, errClosed
	case <-ctx.Done():
		return Explanation{}, ctx.Err()
	}
	select {
	case r := <-explained:
		return r.explanation, r.err
	case <-b.done:
		select {
		case r := <-explained: // of the last batch
			return r.explanation, r.err
		default:
			return Explanation{}, errClosed
		}
	case <-ctx.Done():
		return Explanation{}, ctx.Err()
	}
}

// stop ends the batcher; requests that still wait get errClosed.
func (b *batcher) stop() {
	b.close.Do(func() { close(b.closing) })
	<-b.done
}

// run computes batch after batch until it is stopped.
func (b *batcher) run() {
	defer close(b.done)
	for {
		var batch []request
		select {
		case r := <-b.requests:
			batch = append(batch, r)
		case <-b.closing:
			return
		}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case r := <-b.requests:
				batch = append(batch, r)
			default:
				more = false
			}
		}
		var photos []photo.Prepared
		for _, r := range batch {
			photos = append(photos, r.photo)
		}
		explanations, err := b.ensemble.Explain(photos)
		for i, r := range batch {
			explained := response{err: err}
			if err == nil {
				explained.explanation = explanations[i]
			}
			r.response <- explained
		}
	}
}
