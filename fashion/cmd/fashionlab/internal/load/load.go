// Package load holds a load of clients that post photos to the demo's server, alone and beside a hostile visitor, and prints how their answers fare.
package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"fashionlab/fashion/device"
	"fashionlab/fashion/internal/hostile"
)

// Options say what load is held.
type Options struct {
	Page    string        // address of the page, with its token if it has one
	Clients int           // that each post a photo, wait for the answer, and post the next
	For     time.Duration // of each situation
	Photos  [][]byte      // files, which the clients take turns with
	Here    bool          // the server is in this process, whose memory and goroutines are told
}

// pause is how long a client waits after an error, as a person would.
const pause = 200 * time.Millisecond

// situation is what the clients' answers are measured beside.
type situation struct {
	name    string
	visitor func(v *visitor, ctx context.Context) // does harm on one connection until the context ends; nil for none
}

var situations = []situation{
	{"alone", nil},
	{fmt.Sprintf("beside %d slow uploads", hostileConnections), (*visitor).uploadSlowly},
	{"beside hostile pictures", (*visitor).postHostilePictures},
	{"beside wrong tokens", (*visitor).guessTokens},
}

// Run holds the load in each situation and prints a line for each. Its error is of a server that answers nobody.
func Run(ctx context.Context, w io.Writer, o Options) error {
	page, err := url.Parse(o.Page)
	if err != nil || page.Host == "" {
		return fmt.Errorf("%q is no page's address, want one such as http://127.0.0.1:8080/?token=TOKEN", o.Page)
	}
	l := &loaded{Options: o, page: page, hostile: hostile.Pictures()}
	l.print(w, "", "answers", "a second", "median ms", "p99 ms", "peak MB", "goroutines", "errors; answers to the hostile visitor")
	for _, s := range situations {
		if err := l.hold(ctx, w, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

// loaded is the server under load.
type loaded struct {
	Options
	page    *url.URL
	hostile []hostile.Picture
}

// hold holds the load in a situation and prints its line.
func (l *loaded) hold(ctx context.Context, w io.Writer, s situation) error {
	before, memory := runtime.NumGoroutine(), device.ResetPeakMemory()
	limited, stop := context.WithTimeout(ctx, l.For)
	defer stop()
	var wait sync.WaitGroup
	var all, harm tally
	v := &visitor{loaded: l, client: l.client(hostileAddress), answers: &harm}
	if s.visitor != nil {
		for range hostileConnections {
			wait.Go(func() { s.visitor(v, limited) })
		}
	}
	for i := range l.Clients {
		client := l.client(i)
		wait.Go(func() {
			defer client.CloseIdleConnections()
			l.visit(limited, client, i, &all)
		})
	}
	wait.Wait()
	v.client.CloseIdleConnections()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	peak, goroutines := "", ""
	if l.Here {
		peak = fmt.Sprint(device.PeakMemory() >> 20)
		if !memory {
			peak += " so far"
		}
		goroutines = fmt.Sprintf("%d, then %d", before, settled(before))
	}
	ms := slices.Sorted(slices.Values(all.ms))
	if len(ms) == 0 {
		return fmt.Errorf("no photo was answered: %s", all.String())
	}
	said := all.String()
	if s.visitor != nil {
		said += "; " + harm.String()
	}
	l.print(w, s.name, fmt.Sprint(len(ms)), fmt.Sprintf("%.1f", float64(len(ms))/l.For.Seconds()), fmt.Sprintf("%.0f", quantile(ms, 0.5)), fmt.Sprintf("%.0f", quantile(ms, 0.99)), peak, goroutines, said)
	return nil
}

func (l *loaded) print(w io.Writer, name string, columns ...string) {
	fmt.Fprintf(w, "%-26s", name)
	for i, column := range columns {
		if i < len(columns)-1 {
			column = fmt.Sprintf(" %12s", column)
		} else {
			column = "  " + column
		}
		fmt.Fprint(w, column)
	}
	fmt.Fprintln(w)
}

// settled is how many goroutines are left when those of closed connections have ended, or after some seconds.
func settled(before int) (now int) {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if now = runtime.NumGoroutine(); now <= before || time.Now().After(deadline) {
			return now
		}
	}
}

// quantile is the value below which a fraction of sorted values lies.
func quantile(sorted []float64, fraction float64) float64 {
	return sorted[min(len(sorted)-1, int(fraction*float64(len(sorted))))]
}

// client is one with an address of its own where the server is on this machine and the system has more than one such address: the server's limits are for each address.
func (l *loaded) client(i int) *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	if ip := net.ParseIP(l.page.Hostname()); runtime.GOOS == "linux" && ip != nil && ip.To4() != nil && ip.IsLoopback() {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 1, byte(i/250), byte(1+i%250))}
	}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: hostileConnections}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// visit posts photo after photo until the context ends.
func (l *loaded) visit(ctx context.Context, client *http.Client, first int, all *tally) {
	for i := first; ctx.Err() == nil; i++ {
		start := time.Now()
		status, err := l.post(ctx, client, l.Photos[i%len(l.Photos)])
		if ctx.Err() != nil {
			return // an answer that came late or not at all is nobody's
		}
		if !all.add(status, err, start) {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// post posts a file for classification and returns the answer's status.
func (l *loaded) post(ctx context.Context, client *http.Client, file []byte) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.address("api/predict", l.page.RawQuery), bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	return do(client, r)
}

// address is that of a path below the page.
func (l *loaded) address(path, query string) string {
	a := l.page.JoinPath(path)
	a.RawQuery = query
	return a.String()
}

// do sends a request and reads the answer to its end. The demo has none that is empty.
func do(client *http.Client, r *http.Request) (status int, err error) {
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && n == 0 {
		err = fmt.Errorf("an empty answer with status %d", answer.StatusCode)
	}
	return answer.StatusCode, err
}

// tally counts answers. Its methods may be called at the same time.
type tally struct {
	mu    sync.Mutex
	ms    []float64      // that good answers took
	kinds map[string]int // of all others
}

// add counts an answer and reports whether it is a good one.
func (t *tally) add(status int, err error, start time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && status == http.StatusOK {
		t.ms = append(t.ms, float64(time.Since(start).Microseconds())/1000)
		return true
	}
	kind := fmt.Sprintf("status %d", status)
	if err != nil {
		kind = reason(err)
	}
	if t.kinds == nil {
		t.kinds = map[string]int{}
	}
	t.kinds[kind]++
	return false
}

// reason is an error without the addresses in it, which differ from one to the next.
func reason(err error) string {
	if network := (*url.Error)(nil); errors.As(err, &network) {
		err = network.Err
	}
	if operation := (*net.OpError)(nil); errors.As(err, &operation) {
		err = operation.Err
	}
	return err.Error()
}

// String lists the kinds of answers and how many of each there were.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []string
	for kind, n := range t.kinds {
		list = append(list, fmt.Sprintf("%d of %s", n, kind))
	}
	slices.Sort(list)
	if n := len(t.ms); n > 0 {
		list = append(list, fmt.Sprintf("%d good", n))
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
