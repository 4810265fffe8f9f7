package demo

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"fashionlab/fashion/photo"
)

// Options bound the requests to the server. A field that is 0 has its default.
type Options struct {
	Limits photo.Limits // of an upload; default photo.DefaultLimits
	Rate   float64      // requests of a client a second; default 10
	Burst  int          // requests of a client at once; default 40
	Token  string       // authenticates a client that sends it once, as ?token=; none: no authentication
	// Origins under which users reach the page through a proxy, as ParseOrigin returns them. A request whose Host or Origin is one of them counts as one of the page.
	// Nothing that a proxy adds to a request is believed, so that all of its users are one client.
	Origins []string
}

func (o Options) withDefaults() Options {
	limits := photo.DefaultLimits()
	o.Limits.Bytes = cmp.Or(o.Limits.Bytes, limits.Bytes)
	o.Limits.Pixels = cmp.Or(o.Limits.Pixels, limits.Pixels)
	o.Limits.Memory = cmp.Or(o.Limits.Memory, limits.Memory)
	o.Rate = cmp.Or(o.Rate, 10)
	o.Burst = cmp.Or(o.Burst, 40)
	return o
}

//go:embed page.html
var page []byte

// Server is the demo as a web page, an http.Handler. GET / is the page; GET /api/ensemble describes the ensemble; POST /api/predict, whose body is the file of a picture, says what it shows, with what explains it;
// POST /api/generate makes an image with the generator, if there is one. Answers are JSON. A request's host must be localhost, an IP address or one of Options.Origins, and a POST of another page is refused.
type Server struct {
	ensemble     *Ensemble
	options      Options
	batcher      *batcher
	limiter      rateLimiter
	uploads      *budget // bytes of files that have arrived and wait to be decoded
	decoding     *slots  // for pictures that are being decoded, which may each take as much memory as the limits allow
	queued       atomic.Int64
	noNeighbours atomic.Bool               // there will be none
	generator    atomic.Pointer[generator] // nil without one
	mux          *http.ServeMux
}

const (
	maxQueued      = 1024        // requests of all clients that may wait
	uploadBytes    = 256 << 20   // of all uploads at once; a client has a quarter of it
	uploadTime     = time.Minute // for a file to arrive
	decodingMemory = 1 << 30     // bytes, for all pictures that are decoded at once: two with the default limits
)

// NewServer serves the predictions of an ensemble. Close stops it.
func NewServer(e *Ensemble, o Options) *Server {
	o = o.withDefaults()
	s := &Server{ensemble: e, options: o, batcher: newBatcher(e), limiter: newRateLimiter(rate.Limit(o.Rate), o.Burst),
		uploads:  newBudget(max(uploadBytes, 4*o.Limits.Bytes), max(uploadBytes/4, o.Limits.Bytes)),
		decoding: newSlots(max(1, min(int(decodingMemory/o.Limits.Memory), runtime.GOMAXPROCS(0)))), mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.handlePage)
	s.mux.HandleFunc("GET /api/ensemble", s.handleEnsemble)
	s.mux.HandleFunc("POST /api/predict", s.handlePredict)
	s.mux.HandleFunc("POST /api/generate", s.handleGenerate)
	return s
}

// Handle adds a page of another package by a pattern of http.ServeMux. A POST is admitted as the demo's own are: from the page, within the limits of its client.
func (s *Server) Handle(pattern string, h http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || s.admit(w, r) {
			h(w, r)
		}
	})
}

// OmitNeighbours tells the page not to wait for neighbours.
func (s *Server) OmitNeighbours() { s.noNeighbours.Store(true) }

// Close stops the server's models: later predictions get the status 503. The page itself is still served.
func (s *Server) Close() { s.batcher.stop() }

// ListenAndServe serves on an address until the context ends, then finishes the requests under way and closes the server. ready is called with the
// page's address.
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
	if h.Shutdown(stop) != nil { // a client is too slow
		h.Close()
	}
	s.Close()
	return nil
}

// url is the page's address on this machine. If all of its addresses are served, other machines use its name in place of localhost.
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

// quiet drops what net/http logs of clients that hang up or send nonsense.
type quiet struct{}

func (quiet) Write(b []byte) (int, error) { return len(b), nil }

// ServeHTTP authenticates a request, or without a token checks its Host, and hands it to its handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			log.Printf("demo: %v\n%s", p, debug.Stack())
			writeError(w, http.StatusInternalServerError, failedText)
		}
	}()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
	if s.options.Token == "" {
		if err := s.checkHost(r); err != nil {
			writeError(w, http.StatusForbidden, err.Error())
			return
		}
	} else if !s.authenticated(w, r) {
		writeError(w, http.StatusForbidden, "open the address that was printed when the demo was started")
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) handlePage(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("token") { // it is in the cookie now, and should not stay in the address, which is shown, saved and shared
		w.Header().Set("Location", "./") // relative, as the page's own addresses are: it may be served below a path
		w.WriteHeader(http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page) // an error means that the client is gone
}

func (s *Server) handleEnsemble(w http.ResponseWriter, _ *http.Request) {
	j := s.ensemble.describe()
	j.MaxBytes = s.options.Limits.Bytes
	if g := s.generator.Load(); g != nil {
		j.Directions = len(g.directions)
	}
	WriteJSON(w, http.StatusOK, j)
}

// admit reports whether a request comes from the page and within the limits of its client; otherwise the response is written.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	err := s.checkOrigin(r)
	switch {
	case err != nil:
		writeError(w, http.StatusForbidden, err.Error())
	case !s.limiter.allow(r.RemoteAddr):
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusTooManyRequests, fmt.Sprintf("more than %g requests a second; try again in a moment", s.options.Rate))
	default:
		return true
	}
	return false
}

// enqueue counts a request, whose body has arrived, among those that wait; done must be called after it. It returns errBusy if there are too many.
func (s *Server) enqueue() (done func(), err error) {
	done = func() { s.queued.Add(-1) }
	if s.queued.Add(1) > maxQueued {
		done()
		return nil, errBusy
	}
	return done, nil
}

// handlePredict serves POST /api/predict, whose body is the file of a photo.
func (s *Server) handlePredict(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	response, err := s.predict(w, r)
	var bad *photo.Error
	var large *http.MaxBytesError
	var broken *uploadError
	switch {
	case errors.As(err, &large):
		writeError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("found more than %d bytes, want a picture of at most that", large.Limit))
	case errors.As(err, &bad):
		writeError(w, http.StatusUnprocessableEntity, bad.Error())
	case errors.Is(err, errBusy):
		writeBusy(w)
	case errors.Is(err, errClosed):
		writeError(w, http.StatusServiceUnavailable, err.Error())
	case errors.As(err, &broken): // before the next case: net/http takes such a client for gone too
		writeError(w, http.StatusBadRequest, broken.Error())
	case r.Context().Err() != nil: // the client is gone
	case err != nil:
		log.Printf("demo: %v", err)
		writeError(w, http.StatusInternalServerError, failedText)
	default:
		WriteJSON(w, http.StatusOK, response)
	}
}

const failedText = "the demo failed; its terminal shows the error"

// uploadError is a file that did not arrive completely.
type uploadError struct{ err error }

func (e *uploadError) Error() string { return "the file did not arrive: " + e.err.Error() }

// predict reads the file of a request to its end, however slowly it arrives, and only then takes its turn among those that wait.
func (s *Server) predict(w http.ResponseWriter, r *http.Request) (response explanationJSON, err error) {
	data, free, err := s.readBody(w, r, s.options.Limits.Bytes)
	free = sync.OnceFunc(free)
	defer free()
	if err != nil {
		return response, err
	}
	done, err := s.enqueue()
	if err != nil {
		return response, err
	}
	defer done()
	p, warnings, err := s.prepare(r, data)
	free() // the file is decoded
	if err != nil {
		return response, err
	}
	e, err := s.batcher.explain(r.Context(), p)
	if err != nil {
		return response, err
	}
	response = s.describe(e)
	response.Warnings = warnings
	return response, nil
}

// prepare decodes a file in one of the few slots for that, and says what is wrong with one that can be used.
func (s *Server) prepare(r *http.Request, data []byte) (p photo.Prepared, warnings []string, err error) {
	if err := s.decoding.acquire(r.Context(), clientOf(r.RemoteAddr)); err != nil {
		return p, nil, err
	}
	defer s.decoding.release()
	if p, err = s.ensemble.readPhoto(r.Context(), bytes.NewReader(data), s.options.Limits); err == nil {
		warnings = photo.Warnings(data)
	}
	return p, warnings, err
}

func writeBusy(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "2")
	writeError(w, http.StatusServiceUnavailable, errBusy.Error())
}

func writeError(w http.ResponseWriter, status int, text string) {
	WriteJSON(w, status, map[string]string{"error": text})
}

// WriteJSON writes a response, or the status 500 where JSON has no form for it.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil { // a probability is NaN
		log.Printf("demo: %v", err)
		status, data = http.StatusInternalServerError, []byte(`{"error": "`+failedText+`"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(data) // an error means that the client is gone
}
