package demo

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// Options bound what the page's visitors may ask for. A zero value means the usual one.
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
	if o.Limits == (photo.Limits{}) {
		o.Limits = photo.Limits{Bytes: 16 << 20, Pixels: 40_000_000}
	}
	if o.Rate == 0 {
		o.Rate = 10
	}
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
	decoding   chan struct{} // a place for each picture that is being decoded: its pixels take most of the memory
	queued     atomic.Int64
	neighbours atomic.Pointer[Neighbours] // nil while they are prepared
	mux        *http.ServeMux
}

// NewServer serves a panel's answers. Close ends it.
func NewServer(p *Panel, o Options) *Server {
	o = o.usual()
	s := &Server{panel: p, options: o, desk: newDesk(p), visitors: newVisitors(rate.Limit(o.Rate), o.Burst), decoding: make(chan struct{}, runtime.GOMAXPROCS(0)), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.HandleFunc("GET /api/panel", s.describe)
	s.mux.HandleFunc("POST /api/answer", s.answer)
	return s
}

// ShowNeighbours has the answers show those of n training images that are most alike, as soon as their features are known.
func (s *Server) ShowNeighbours(all fashion.Set, n int) error {
	found, err := s.panel.Neighbours(all, n)
	if err == nil {
		s.neighbours.Store(found)
	}
	return err
}

// Close stops answering.
func (s *Server) Close() { s.desk.stop() }

// NewToken draws a token that nobody guesses.
func NewToken() string { return rand.Text() }

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
	url := "http://" + l.Addr().String() + "/"
	if s.options.Token != "" {
		url += "?token=" + s.options.Token
	}
	ready(url)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	err = h.Shutdown(stop)
	s.Close()
	return err
}

// quiet drops what net/http says of visitors that break off or send nonsense.
type quiet struct{}

func (quiet) Write(b []byte) (int, error) { return len(b), nil }

// ServeHTTP lets a visitor in and hands on.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	if !s.admits(w, r) {
		refuse(w, http.StatusForbidden, "open the address that was printed when the demo was started")
		return
	}
	s.mux.ServeHTTP(w, r)
}

const tokenCookie = "fashionlab"

// admits reports whether a visitor brings the token, now or in a cookie from before. Without a token the page must be asked for by an address or as
// localhost: a foreign name that leads here would let another page read the answers.
func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	token := s.options.Token
	if token == "" {
		name, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			name = r.Host
		}
		return name == "localhost" || net.ParseIP(name) != nil
	}
	same := func(v string) bool { return subtle.ConstantTimeCompare([]byte(v), []byte(token)) == 1 }
	if same(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: tokenCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		return true
	}
	c, err := r.Cookie(tokenCookie)
	return err == nil && same(c.Value)
}

func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page) // a visitor that has gone needs none
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, s.panel.describe())
}

// answer prepares the photo of a request and asks the panel.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
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
		defer s.queued.Add(-1)
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
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("found more than %d bytes, want a picture of at most that", large.Limit))
	case errors.As(err, &bad):
		refuse(w, http.StatusUnprocessableEntity, bad.Error())
	case errors.Is(err, errClosed):
		refuse(w, http.StatusServiceUnavailable, err.Error())
	case r.Context().Err() != nil: // nobody waits any more
	case err != nil:
		log.Printf("demo: %v", err)
		refuse(w, http.StatusInternalServerError, "the demo failed; its terminal says how")
	default:
		send(w, http.StatusOK, s.tell(a))
	}
}

// prepare reads and prepares a request's photo, as many at once as there are cores.
func (s *Server) prepare(w http.ResponseWriter, r *http.Request) (photo.Prepared, error) {
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-r.Context().Done():
		return photo.Prepared{}, r.Context().Err()
	}
	return Read(http.MaxBytesReader(w, r.Body, s.options.Limits.Bytes), s.options.Limits)
}

// refuse says what is wrong.
func refuse(w http.ResponseWriter, status int, what string) {
	send(w, status, map[string]string{"error": what})
}

func send(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v) // a visitor that has gone needs none
}
