package demo

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// clientOf is whom a request counts for: its address without the port. A client may use every address of its block of IPv6, so that the block is one client.
func clientOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() && !ip.Is4In6() {
		if block, err := ip.Prefix(64); err == nil {
			return block.String()
		}
	}
	return host
}

// errBusy is a request that comes when others have taken all that there is.
var errBusy = errors.New("the demo is busy; try again in a moment")

// budget bounds the bytes of bodies that have arrived and are not decoded yet. A client has at most a part of it.
type budget struct {
	all, perClient int64

	mu    sync.Mutex
	sum   int64
	taken map[string]int64
}

func newBudget(all, perClient int64) *budget {
	return &budget{all: all, perClient: perClient, taken: map[string]int64{}}
}

// take reports whether so many more bytes of a client are within the budget. They must be given back.
func (b *budget) take(client string, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sum+n > b.all || b.taken[client]+n > b.perClient {
		return false
	}
	b.sum, b.taken[client] = b.sum+n, b.taken[client]+n
	return true
}

// give gives bytes of a client back.
func (b *budget) give(client string, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sum, b.taken[client] = b.sum-n, b.taken[client]-n
	if b.taken[client] == 0 {
		delete(b.taken, client)
	}
}

// bodyChunk is how many bytes of a body are taken from the budget at once.
const bodyChunk = 32 << 10

// readBody reads the body of a request, of at most so many bytes, within uploadTime. What it takes of the budget is what has arrived, not what was announced; free gives it
// back. It returns errBusy if the budget does not suffice.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, limit int64) (data []byte, free func(), err error) {
	client, taken := clientOf(r.RemoteAddr), int64(0)
	free = func() { s.uploads.give(client, taken) }
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, free, err
	}
	body, chunk := http.MaxBytesReader(w, r.Body, limit), make([]byte, bodyChunk)
	for {
		n, err := body.Read(chunk)
		if n > 0 && !s.uploads.take(client, int64(n)) {
			return nil, free, errBusy
		}
		taken += int64(n)
		data = append(data, chunk[:n]...)
		if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
			return nil, free, err
		}
		switch {
		case errors.Is(err, io.EOF):
			return data, free, nil
		case err != nil:
			return nil, free, &uploadError{err}
		}
	}
}

// slots are a number of places for work of which clients take turns, however many requests each has.
type slots struct {
	mu      sync.Mutex
	free    int
	waiting map[string][]chan struct{} // of each client, the first to be served first
	turns   []string                   // clients that wait, the next first
}

func newSlots(n int) *slots { return &slots{free: n, waiting: map[string][]chan struct{}{}} }

// acquire waits for a slot, which must be released.
func (s *slots) acquire(ctx context.Context, client string) error {
	s.mu.Lock()
	if s.free > 0 { // then nobody waits
		s.free--
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	if len(s.waiting[client]) == 0 {
		s.turns = append(s.turns, client)
	}
	s.waiting[client] = append(s.waiting[client], turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // it came meanwhile
		s.pass()
	default:
		s.forget(client, turn)
	}
	return ctx.Err()
}

// release gives a slot back.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass()
}

// pass gives a slot to the client whose turn it is, if one waits.
func (s *slots) pass() {
	if len(s.turns) == 0 {
		s.free++
		return
	}
	client := s.turns[0]
	s.turns = s.turns[1:]
	list := s.waiting[client]
	close(list[0])
	if list = list[1:]; len(list) > 0 {
		s.waiting[client], s.turns = list, append(s.turns, client)
	} else {
		delete(s.waiting, client)
	}
}

// forget removes a request that waits no longer.
func (s *slots) forget(client string, turn chan struct{}) {
	if s.waiting[client] = slices.DeleteFunc(s.waiting[client], func(other chan struct{}) bool { return other == turn }); len(s.waiting[client]) == 0 {
		delete(s.waiting, client)
		s.turns = slices.DeleteFunc(s.turns, func(other string) bool { return other == client })
	}
}
