package pretrained_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fashionlab/fashion/pretrained"
)

// serveFile is a hub without a token that describes the repository and leaves its file to a handler.
func serveFile(t *testing.T, file http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/models/" + repository + "/revision/main":
			json.NewEncoder(w).Encode(map[string]any{"sha": "c0ffee", "siblings": []any{
				map[string]any{"rfilename": "model.safetensors", "lfs": map[string]any{"sha256": sum(t)}},
			}})
		case "/" + repository + "/resolve/c0ffee/model.safetensors":
			file(w, r)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("HF_ENDPOINT", server.URL)
}

// part is how many bytes come before a hub stalls.
const part = 1000

// stall sends part of the weights, closes stalled and then sends nothing.
func stall(t *testing.T, stalled chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data := weights(t)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:part])
		http.NewResponseController(w).Flush() // what fails shows in the partial file
		close(stalled)
		<-r.Context().Done()
	}
}

func TestHubThatAcceptsAndStaysSilentIsAnErrorThatSaysSo(t *testing.T) {
	alone(t)
	t.Cleanup(pretrained.SetSilence(50 * time.Millisecond))
	l, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts; nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("HF_ENDPOINT", "http://"+l.Addr().String())
	var missing *pretrained.NotFoundError
	if _, err := pretrained.Find(repository); !errors.As(err, &missing) || !strings.Contains(err.Error(), "sent nothing for 50ms") {
		t.Errorf("error is %v, want a NotFoundError that names the silence", err)
	}
}

// A busy machine may be silent before the hub stalls; then the test is more patient.
func TestHubThatStallsIsGivenUpAndTheNextCallResumes(t *testing.T) {
	size := int64(0)
	for silence := 50 * time.Millisecond; size != part; silence *= 2 {
		if silence > 5*time.Minute {
			t.Fatalf("the partial file has %d bytes, want %d", size, part)
		}
		alone(t)
		restore := pretrained.SetSilence(silence)
		serveFile(t, stall(t, make(chan struct{})))
		_, err := pretrained.Find(repository)
		restore()
		var missing *pretrained.NotFoundError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), "sent nothing for") {
			t.Fatalf("error is %v, want a NotFoundError that names the silence", err)
		}
		if left := blobs(t); len(left) == 1 {
			info, err := os.Stat(filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--small", "blobs", left[0]))
			if err != nil {
				t.Fatal(err)
			}
			size = info.Size()
		}
		if size == part && !strings.Contains(err.Error(), "cut off after 1000 of") {
			t.Errorf("error is %v, want one that gives the bytes received", err)
		}
	}
	var requested string
	serveFile(t, func(w http.ResponseWriter, r *http.Request) {
		requested = r.Header.Get("Range")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(weights(t)))
	})
	path, err := pretrained.Find(repository)
	if err != nil || requested != "bytes=1000-" {
		t.Fatalf("the next call requests %q, want bytes=1000-: %v", requested, err)
	}
	if data, err := os.ReadFile(path); err != nil || !bytes.Equal(data, weights(t)) {
		t.Errorf("%s has %d bytes (%v), want the hub's", path, len(data), err)
	}
}

// The connection is cut in the middle, which is not the file's end.
func TestHubThatIsCutOffIsAnError(t *testing.T) {
	alone(t)
	serveFile(t, func(w http.ResponseWriter, _ *http.Request) {
		data := weights(t)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.Write(data[:part])
	})
	var missing *pretrained.NotFoundError
	if _, err := pretrained.Find(repository); !errors.As(err, &missing) || !strings.Contains(err.Error(), "resumes there") {
		t.Errorf("error is %v, want a NotFoundError that names it", err)
	}
}

// The hub would be waited for an hour; the context ends that.
func TestContextEndsADownloadFromTheHub(t *testing.T) {
	alone(t)
	t.Cleanup(pretrained.SetSilence(time.Hour))
	stalled := make(chan struct{})
	serveFile(t, stall(t, stalled))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-stalled
		cancel()
	}()
	if _, err := pretrained.FindContext(ctx, repository); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
}

// As the hub does, this one leads to another host for the file, which must not get the token.
func TestTokenGoesToTheHubAlone(t *testing.T) {
	alone(t)
	t.Setenv("HF_TOKEN", "secret")
	var atOther []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		atOther = append(atOther, r.Header.Get("Authorization"))
		w.Write(weights(t))
	}))
	defer other.Close()
	atHub := ""
	serveFile(t, func(w http.ResponseWriter, r *http.Request) {
		atHub = r.Header.Get("Authorization")
		http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
	})
	if _, err := pretrained.Find(repository); err != nil {
		t.Fatal(err)
	}
	if atHub != "Bearer secret" || len(atOther) != 1 || atOther[0] != "" {
		t.Errorf("the hub got %q and the other host %q, want the token at the hub alone", atHub, atOther)
	}
}

// Trainings of a search may want the weights at the same time.
func TestWeightsThatManyWantAreFetchedOnce(t *testing.T) {
	alone(t)
	var fetched atomic.Int32
	serveFile(t, func(w http.ResponseWriter, _ *http.Request) {
		fetched.Add(1)
		w.Write(weights(t))
	})
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := pretrained.Find(repository); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := fetched.Load(); n != 1 {
		t.Errorf("the file was fetched %d times, want once", n)
	}
}

func TestRepositoryWhoseNamesWouldLeadElsewhereIsRefused(t *testing.T) {
	alone(t)
	for want, description := range map[string]string{
		"hexadecimal": `{"sha": "../../x", "siblings": [{"rfilename": "model.safetensors", "blobId": "0123456789"}]}`,
		"no file":     `{"sha": "c0ffee", "siblings": [{"rfilename": "README.md"}]}`,
		"invalid":     `<html>`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(description)) }))
		defer server.Close()
		t.Setenv("HF_ENDPOINT", server.URL)
		if _, err := pretrained.Find(repository); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", description, err, want)
		}
	}
}
