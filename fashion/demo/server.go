package demo

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// Options bound what the page's visitors may ask for. A field that is 0 means the usual value.
type Options struct {
	Limits photo.Limits // of an upload; usual: 16 MiB and 40 million pixels
	Rate   float64      // questions of a visitor a second; usual: 10
	Burst  int          // questions that a visitor may ask at once; usual: 40
	Queue  int          // questions that may wait; usual: 1024
	Token  string       // that a visitor must bring once, as ?token=; none: everybody is let in
}

// usual fills in what is not set.
func (o Options) usual() Options {
	set := func(v *int, usual int) {
		if *v == 0 {
			*v = usual
		}
	}
	if o.Limits.Bytes == 0 {
		o.Limits.Bytes = 16 << 20
	}
	if o.Rate == 0 {
		o.Rate = 10
	}
	set(&o.Limits.Pixels, 40_000_000)
	set(&o.Burst, 40)
	set(&o.Queue, 1024)
	return o
}

//go:embed page.html
var page []byte

// Server is the demo as a web page.
type Server struct {
	panel      *Panel
	options    Options
	desk       *desk
	visitors   visitors
	uploads    *semaphore.Weighted // bytes of files that are being read or wait to be decoded
	decoding   chan struct{}       // a place for each picture that is being decoded: its pixels take most of the memory
	queued     atomic.Int64
	neighbours atomic.Pointer[Neighbours] // nil while they are prepared, and if that failed
	failed     atomic.Bool                // preparing the neighbours
	maker      atomic.Pointer[maker]      // nil without a generator
	mux        *http.ServeMux
}

const (
	uploadBytes = 256 << 20        // of all uploads at once
	uploadTime  = 20 * time.Second // in which a file must have arrived
	mostDecoded = 4                // pictures at once, on however many cores
)

// NewServer serves a panel's answers. Close ends it.
func NewServer(p *Panel, o Options) *Server {
	o = o.usual()
	s := &Server{panel: p, options: o, desk: newDesk(p), visitors: newVisitors(rate.Limit(o.Rate), o.Burst), uploads: semaphore.NewWeighted(max(uploadBytes, o.Limits.Bytes)),
		decoding: make(chan struct{}, min(mostDecoded, runtime.GOMAXPROCS(0))), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /api/panel", s.describe)
	s.mux.HandleFunc("POST /api/answer", s.answer)
	s.mux.HandleFunc("POST /api/made", s.made)
	return s
}

// ShowNeighbours has the answers show those of n training images that are most alike, as soon as their features are known.
func (s *Server) ShowNeighbours(all fashion.Set, n int) error {
	found, err := s.panel.Neighbours(all, n)
	if err != nil {
		s.WithoutNeighbours()
		return err
	}
	s.neighbours.Store(found)
	return nil
}

// WithoutNeighbours has the page say that there will be none.
func (s *Server) WithoutNeighbours() { s.failed.Store(true) }

// Close stops answering.
func (s *Server) Close() { s.desk.stop() }

// ListenAndServe serves on an address until the context ends, then finishes what was asked. ready is told the page's address.
func (s *Server) ListenAndServe(ctx context.Context, address string, ready func(url string)) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot serve there; name another address with -listen: %w", err)
	}
	h := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(quiet{}, "", 0)}
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(l) }()
	ready(s.url(l.Addr().(*net.TCPAddr)))
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	if h.Shutdown(stop) != nil { // somebody is too slow
		h.Close()
	}
	s.Close()
	return nil
}

// url is the page's address on this machine; where every address of it is served, others put its name in the place of localhost.
func (s *Server) url(a *net.TCPAddr) string {
	host := a.IP.String()
	if a.IP.IsUnspecified() {
		host = "localhost"
	}
	url := "http://" + net.JoinHostPort(host, strconv.Itoa(a.Port)) + "/"
	if s.options.Token != "" {
		url += "?token=" + s.options.Token
	}
	return url
}

// quiet drops what net/http says of visitors that break off or send nonsense.
type quiet struct{}

func (quiet) Write(b []byte) (int, error) { return len(b), nil }

// ServeHTTP lets a visitor in and hands on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			log.Printf("demo: %v\n%s", p, debug.Stack())
			refuse(w, http.StatusInternalServerError, failedText)
		}
	}()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	if !s.admits(w, r) {
		if !s.visitors.allow(r.RemoteAddr) { // nobody tries tokens by the thousand
			refuse(w, http.StatusTooManyRequests, "too many wrong tokens")
			return
		}
		refuse(w, http.StatusForbidden, "open the address that was printed when the demo was started")
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page) // a visitor that has gone needs none
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	j := s.panel.describe()
	j.Bytes = s.options.Limits.Bytes
	if m := s.maker.Load(); m != nil {
		j.Knobs = len(m.directions)
	}
	send(w, http.StatusOK, j)
}

// admitted reports whether a request may be worked on now; done must be called after it. Otherwise the visitor is told why not.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request) (done func(), ok bool) {
	switch {
	case r.Header.Get("Origin") != "" && r.Header.Get("Origin") != "http://"+r.Host && r.Header.Get("Origin") != "https://"+r.Host:
		refuse(w, http.StatusForbidden, "the question comes from another page")
	case !s.visitors.allow(r.RemoteAddr):
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusTooManyRequests, fmt.Sprintf("more than %g questions a second, want fewer", s.options.Rate))
	case s.queued.Add(1) > int64(s.options.Queue):
		s.queued.Add(-1)
		w.Header().Set("Retry-After", "2")
		refuse(w, http.StatusServiceUnavailable, "too many are asking; ask again in a moment")
	default:
		return func() { s.queued.Add(-1) }, true
	}
	return nil, false
}

// answer prepares the photo of a request and asks the panel.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	if done, ok := s.admitted(w, r); ok {
		defer done()
		s.reply(w, r)
	}
}

// reply answers an admitted question.
func (s *Server) reply(w http.ResponseWriter, r *http.Request) {
	p, err := s.prepare(w, r)
	var a Answer
	if err == nil {
		a, err = s.desk.ask(r.Context(), p)
	}
	var bad *photo.Error
	var large *http.MaxBytesError
	var broken *uploadError
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("found more than %d bytes, want a picture of at most that", large.Limit))
	case errors.As(err, &bad):
		refuse(w, http.StatusUnprocessableEntity, bad.Error())
	case errors.Is(err, errClosed):
		refuse(w, http.StatusServiceUnavailable, err.Error())
	case r.Context().Err() != nil: // nobody waits any more
	case errors.As(err, &broken):
		refuse(w, http.StatusBadRequest, broken.Error())
	case err != nil:
		log.Printf("demo: %v", err)
		refuse(w, http.StatusInternalServerError, failedText)
	default:
		send(w, http.StatusOK, s.tell(a))
	}
}

const failedText = "the demo failed; its terminal says how"

// uploadError is a file that did not arrive.
type uploadError struct{ err error }

func (e *uploadError) Error() string { return "the file did not arrive: " + e.err.Error() }

// prepare reads a request's photo whole, however slowly it comes, and only then takes a place among those that are decoded.
func (s *Server) prepare(w http.ResponseWriter, r *http.Request) (photo.Prepared, error) {
	size := s.options.Limits.Bytes
	if r.ContentLength >= 0 {
		size = min(size, r.ContentLength)
	}
	if err := s.uploads.Acquire(r.Context(), size); err != nil {
		return photo.Prepared{}, err
	}
	defer s.uploads.Release(size)
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return photo.Prepared{}, err
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.options.Limits.Bytes))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return photo.Prepared{}, err
	} else if err != nil {
		return photo.Prepared{}, &uploadError{err}
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-r.Context().Done():
		return photo.Prepared{}, r.Context().Err()
	}
	return Read(bytes.NewReader(data), s.options.Limits)
}

// refuse says what is wrong.
func refuse(w http.ResponseWriter, status int, what string) {
	send(w, status, map[string]string{"error": what})
}

func send(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil { // a probability that is no number
		log.Printf("demo: %v", err)
		status, data = http.StatusInternalServerError, []byte(`{"error": "`+failedText+`"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data) // a visitor that has gone needs none
}
