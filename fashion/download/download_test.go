package download_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fashionlab/fashion/download"
)

// impatient gives up soon.
var impatient = download.Client{Silence: 50 * time.Millisecond}

var content = bytes.Repeat([]byte("0123456789"), 1000)

// size is that of content.
const size = 10_000

// stalling serves content, but stops after that many bytes of the first answer; stalled is closed when it does.
func stalling(t *testing.T, after int) (address string, stalled <-chan struct{}, ranges *[]string) {
	t.Helper()
	ranges = new([]string)
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		if len(*ranges) > 1 {
			http.ServeContent(w, r, "name.bin", time.Time{}, bytes.NewReader(content))
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:after])
		http.NewResponseController(w).Flush() // what fails shows in the download
		close(stop)
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL, stop, ranges
}

func request(t *testing.T, ctx context.Context, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// await waits until the file has that many bytes.
func await(t *testing.T, path string, size int64) {
	t.Helper()
	for guard := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() == size {
			return
		}
		if time.Now().After(guard) {
			t.Errorf("%s does not come to %d bytes", path, size)
			return
		}
	}
}

func TestServerThatAcceptsAndStaysSilentIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts; nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	r := request(t, t.Context(), "http://"+l.Addr().String())
	var silent *download.SilentError
	if err := impatient.File(r, path, size); !errors.As(err, &silent) || !strings.Contains(err.Error(), "nothing for 50ms") {
		t.Errorf("the error is %v, want a SilentError", err)
	}
	if _, err := impatient.Get(r, 100); !errors.As(err, &silent) {
		t.Errorf("the error is %v, want a SilentError", err)
	}
}

// A busy machine may be silent before the server stalls; then the test waits longer.
func TestStallReportsTheBytesReceivedAndTheNextAttemptResumesThere(t *testing.T) {
	var address, path string
	var ranges *[]string
	var cut *download.CutOffError
	var err error
	for patience := 50 * time.Millisecond; cut == nil || cut.Have != 4321; patience *= 2 {
		if patience > 5*time.Minute {
			t.Fatalf("the error is %v, want a CutOffError after 4321 bytes", err)
		}
		address, _, ranges = stalling(t, 4321)
		path = filepath.Join(t.TempDir(), "name.bin")
		err = download.Client{Silence: patience}.File(request(t, t.Context(), address), path, size)
		var silent *download.SilentError
		if !errors.As(err, &silent) {
			t.Fatalf("the error is %v, want a SilentError", err)
		}
		errors.As(err, &cut)
	}
	for _, want := range []string{"4321 of 10000 bytes", "the next attempt resumes there", "the server sent nothing for"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %q, want one with %q", err, want)
		}
	}
	if err := (download.Client{}).File(request(t, t.Context(), address), path, size); err != nil {
		t.Fatal(err)
	}
	if got := (*ranges)[1]; got != "bytes=4321-" {
		t.Errorf("the second attempt requests %q, want bytes=4321-", got)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, content) {
		t.Errorf("the file has %d bytes (%v), want the server's", len(data), err)
	}
	if err := (download.Client{}).File(request(t, t.Context(), address), path, size); err != nil {
		t.Errorf("a file that is complete: %v", err)
	}
}

// dripping sends n bytes, one after each pause.
type dripping struct {
	bytes int
	pause time.Duration
}

func (d dripping) RoundTrip(r *http.Request) (*http.Response, error) {
	reader, writer := io.Pipe()
	go func() {
		for range d.bytes {
			time.Sleep(d.pause)
			if _, err := writer.Write([]byte("x")); err != nil {
				return // it shows in the download
			}
		}
		writer.Close()
	}()
	context.AfterFunc(r.Context(), func() { writer.CloseWithError(r.Context().Err()) })
	return &http.Response{StatusCode: http.StatusOK, Body: reader, ContentLength: int64(d.bytes), Request: r}, nil
}

// The clock is synctest's: hours take no time.
func TestServerMaySendSlowlyButNotStaySilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := request(t, t.Context(), "http://server.example")
		slow := download.Client{Transport: dripping{400, 29 * time.Second}}
		if err := slow.File(r, filepath.Join(t.TempDir(), "slow.bin"), size); err != nil {
			t.Errorf("a byte every 29 s: %v", err)
		}
		start := time.Now()
		slower := download.Client{Transport: dripping{400, 31 * time.Second}}
		var silent *download.SilentError
		if err := slower.File(r, filepath.Join(t.TempDir(), "slower.bin"), size); !errors.As(err, &silent) || time.Since(start) != 30*time.Second {
			t.Errorf("a byte every 31 s: %v after %v, want a SilentError after 30 s", err, time.Since(start))
		}
		time.Sleep(time.Minute) // until the server has seen that
	})
}

// The client would wait for 30 seconds and the test for minutes; the context ends it.
func TestCancelledContextEndsADownload(t *testing.T) {
	address, stalled, _ := stalling(t, 4321)
	path := filepath.Join(t.TempDir(), "name.bin")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		<-stalled
		await(t, path, 4321)
		cancel()
	}()
	patient := download.Client{Silence: time.Hour}
	var cut *download.CutOffError
	if err := patient.File(request(t, ctx, address), path, size); !errors.Is(err, context.Canceled) || !errors.As(err, &cut) || cut.Have != 4321 {
		t.Errorf("the error is %v, want a CutOffError of a cancelled context", err)
	}
	if err := patient.File(request(t, ctx, address), path, size); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that is over: %v", err)
	}
}

func TestConnectionThatIsCutIsAnError(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write(content[:3000])
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	var cut *download.CutOffError
	if err := (download.Client{}).File(request(t, t.Context(), s.URL), path, size); !errors.As(err, &cut) || cut.Have != 3000 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the error is %v, want a CutOffError after 3000 bytes", err)
	}
}

func TestAnswerOfAnotherStatusChangesNothing(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path, content[:10], 0o666); err != nil {
		t.Fatal(err)
	}
	var status *download.StatusError
	if err := (download.Client{}).File(request(t, t.Context(), s.URL), path, size); !errors.As(err, &status) || status.Code != 404 {
		t.Errorf("the error is %v, want a StatusError of 404", err)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, content[:10]) {
		t.Errorf("the partial file holds %q (%v)", data, err)
	}
	if _, err := (download.Client{}).Get(request(t, t.Context(), s.URL), 100); !errors.As(err, &status) {
		t.Errorf("the error is %v, want a StatusError", err)
	}
}

func TestGetRefusesAnAnswerThatIsTooLong(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }))
	defer s.Close()
	if data, err := (download.Client{}).Get(request(t, t.Context(), s.URL), 10_000); err != nil || !bytes.Equal(data, content) {
		t.Errorf("%d bytes: %v", len(data), err)
	}
	var long *download.TooLongError
	if _, err := (download.Client{}).Get(request(t, t.Context(), s.URL), 9_999); !errors.As(err, &long) || !strings.Contains(err.Error(), "9999") {
		t.Errorf("the error is %v, want a TooLongError with the limit", err)
	}
}

// One server says beforehand how much it sends, one does not, and one sends the rest of a partial file.
func TestFileThatIsTooLongIsRefusedAndRemoved(t *testing.T) {
	servers := map[string]http.HandlerFunc{
		"with a length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000")
			w.Write(content)
		},
		"without": func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(content); i += 100 {
				w.Write(content[i : i+100])
				http.NewResponseController(w).Flush() // what fails shows in the download
			}
		},
		"resumed": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "name.bin", time.Time{}, bytes.NewReader(content))
		},
	}
	for name, handler := range servers {
		s := httptest.NewServer(handler)
		defer s.Close()
		path := filepath.Join(t.TempDir(), "name.bin")
		if name == "resumed" {
			if err := os.WriteFile(path, content[:5000], 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var long *download.TooLongError
		if err := (download.Client{}).File(request(t, t.Context(), s.URL), path, size-1); !errors.As(err, &long) || long.Limit != size-1 {
			t.Errorf("%s: the error is %v, want a TooLongError", name, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the file is still there: %v", name, err)
		}
		if err := (download.Client{}).File(request(t, t.Context(), s.URL), path, size); err != nil {
			t.Errorf("%s: within the limit: %v", name, err)
		}
	}
}

func TestRedirectFromHTTPSToHTTPIsRefused(t *testing.T) {
	asked := false
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	c := download.Client{Transport: secure.Client().Transport}
	if _, err := c.Get(request(t, t.Context(), secure.URL), size); err == nil || !strings.Contains(err.Error(), "from https to "+plain.URL) || asked {
		t.Errorf("the error is %v, want one with the address, which must not be asked", err)
	}
}
