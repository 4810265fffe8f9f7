package demo

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// visitors bounds how often each address asks.
type visitors struct {
	limit rate.Limit
	burst int

	mu   sync.Mutex
	seen map[string]*visitor
}

type visitor struct {
	*rate.Limiter
	last time.Time
}

// mostVisitors is how many addresses are remembered; those that have not asked for the longest time are forgotten first.
const mostVisitors = 4096

func newVisitors(limit rate.Limit, burst int) visitors {
	return visitors{limit: limit, burst: burst, seen: map[string]*visitor{}}
}

// allow reports whether an address may ask now.
func (v *visitors) allow(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() && !ip.Is4In6() {
		if block, err := ip.Prefix(64); err == nil { // a visitor has as many addresses as he likes in his block
			host = block.String()
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	one := v.seen[host]
	if one == nil {
		if len(v.seen) >= mostVisitors {
			v.forget()
		}
		one = &visitor{Limiter: rate.NewLimiter(v.limit, v.burst)}
		v.seen[host] = one
	}
	one.last = now
	return one.AllowN(now, 1)
}

// forget forgets the address that asked least recently.
func (v *visitors) forget() {
	var oldest string
	for host, one := range v.seen {
		if oldest == "" || one.last.Before(v.seen[oldest].last) {
			oldest = host
		}
	}
	delete(v.seen, oldest)
}
