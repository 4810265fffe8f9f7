package demo

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// rateLimiter limits the requests of each client, by its address.
type rateLimiter struct {
	limit rate.Limit // requests a second
	burst int

	mu      sync.Mutex
	clients map[string]*client
}

type client struct {
	*rate.Limiter
	last time.Time
}

// maxClients is how many clients are remembered; those whose last request is oldest are forgotten first.
const maxClients = 4096

func newRateLimiter(limit rate.Limit, burst int) rateLimiter {
	return rateLimiter{limit: limit, burst: burst, clients: map[string]*client{}}
}

// allow reports whether a request of an address is within the limit.
func (l *rateLimiter) allow(address string) bool {
	host := clientOf(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	c := l.clients[host]
	if c == nil {
		if len(l.clients) >= maxClients {
			l.forget()
		}
		c = &client{Limiter: rate.NewLimiter(l.limit, l.burst)}
		l.clients[host] = c
	}
	c.last = now
	return c.AllowN(now, 1)
}

// forget forgets the client whose last request is oldest.
func (l *rateLimiter) forget() {
	var oldest string
	for host, c := range l.clients {
		if oldest == "" || c.last.Before(l.clients[oldest].last) {
			oldest = host
		}
	}
	delete(l.clients, oldest)
}
