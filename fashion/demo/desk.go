package demo

import (
	"context"
	"errors"
	"sync"

	"fashionlab/fashion/photo"
)

// desk answers many askers at once: what waits while the panel is busy goes to it together.
type desk struct {
	panel   *Panel
	waiting chan question
	closing chan struct{}
	close   sync.Once
	done    chan struct{}
}

type question struct {
	photo  photo.Prepared
	answer chan<- reply // of room for one
}

type reply struct {
	answer Answer
	err    error
}

// mostTogether is the number of photos that are answered at once, that of the models' graph for a few images.
const mostTogether = 16

var errClosed = errors.New("the demo is being stopped")

func newDesk(p *Panel) *desk {
	d := &desk{panel: p, waiting: make(chan question, mostTogether), closing: make(chan struct{}), done: make(chan struct{})}
	go d.work()
	return d
}

// ask waits for the panel's answer.
func (d *desk) ask(ctx context.Context, p photo.Prepared) (Answer, error) {
	answer := make(chan reply, 1)
	select {
	case d.waiting <- question{p, answer}:
	case <-d.closing:
		return Answer{}, errClosed
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	select {
	case r := <-answer:
		return r.answer, r.err
	case <-d.done:
		select {
		case r := <-answer: // the last of all
			return r.answer, r.err
		default:
			return Answer{}, errClosed
		}
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// stop ends the work; who still waits gets an error.
func (d *desk) stop() {
	d.close.Do(func() { close(d.closing) })
	<-d.done
}

// work answers all that is waiting, until it is stopped.
func (d *desk) work() {
	defer close(d.done)
	for {
		var batch []question
		select {
		case q := <-d.waiting:
			batch = append(batch, q)
		case <-d.closing:
			return
		}
		for more := true; more && len(batch) < mostTogether; {
			select {
			case q := <-d.waiting:
				batch = append(batch, q)
			default:
				more = false
			}
		}
		var photos []photo.Prepared
		for _, q := range batch {
			photos = append(photos, q.photo)
		}
		answers, err := d.panel.Answers(photos)
		for i, q := range batch {
			r := reply{err: err}
			if err == nil {
				r.answer = answers[i]
			}
			q.answer <- r
		}
	}
}
