package demo

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestClientsTakeTurnsHoweverManyRequestsEachHas(t *testing.T) {
	s := newSlots(1)
	if err := s.acquire(t.Context(), "greedy"); err != nil {
		t.Fatal(err)
	}
	served := make(chan string)
	wait := func(client string) {
		t.Helper()
		s.mu.Lock()
		before := len(s.waiting[client])
		s.mu.Unlock()
		go func() {
			if s.acquire(t.Context(), client) == nil {
				served <- client
			}
		}()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			s.mu.Lock()
			now := len(s.waiting[client])
			s.mu.Unlock()
			if now > before {
				return
			}
			if time.Now().After(deadline) {
				t.Fatal("the request does not wait")
			}
		}
	}
	for range 3 {
		wait("greedy")
	}
	wait("patient")
	wait("other")
	for i, want := range []string{"greedy", "patient", "other", "greedy", "greedy"} {
		s.release()
		if got := <-served; got != want {
			t.Errorf("turn %d is of %s, want %s", i, got, want)
		}
	}
	s.release()
	if s.free != 1 || len(s.turns) != 0 || len(s.waiting) != 0 {
		t.Errorf("at the end %d slots are free, %v wait", s.free, s.turns)
	}
}

func TestRequestThatWaitsNoLongerTakesNoTurn(t *testing.T) {
	s := newSlots(1)
	if err := s.acquire(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := s.acquire(ctx, "gone"); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v, want that of its context", err)
		}
	}
	s.release()
	if s.free != 1 || len(s.turns) != 0 || len(s.waiting) != 0 {
		t.Errorf("%d slots are free, %v wait", s.free, s.turns)
	}
}

func TestBudgetIsSharedAmongClients(t *testing.T) {
	b := newBudget(100, 40)
	for _, c := range []struct {
		client string
		bytes  int64
		want   bool
	}{{"a", 30, true}, {"a", 20, false}, {"a", 10, true}, {"b", 40, true}, {"c", 30, false}, {"c", 20, true}, {"d", 1, false}} {
		if got := b.take(c.client, c.bytes); got != c.want {
			t.Errorf("%s takes %d: %v, want %v", c.client, c.bytes, got, c.want)
		}
	}
	b.give("a", 40)
	if !b.take("d", 40) || b.taken["a"] != 0 {
		t.Errorf("what was given back is not there: %+v", b.taken)
	}
}
