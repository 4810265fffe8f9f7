package parts

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fashionlab/fashion"
)

// server serves content as name.bin and notes the ranges that were asked for.
func server(t *testing.T, content []byte) (address string, ranges *[]string) {
	ranges = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*ranges = append(*ranges, r.Header.Get("Range"))
		http.ServeContent(w, r, "name.bin", time.Time{}, bytes.NewReader(content))
	}))
	t.Cleanup(s.Close)
	return s.URL, ranges
}

// is verifies that a file holds content.
func is(content []byte) func(string) error {
	return func(path string) error {
		data, err := os.ReadFile(path)
		if err == nil && !bytes.Equal(data, content) {
			err = errors.New("other bytes")
		}
		return err
	}
}

func TestFetchResumesWhereItStopped(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	address, ranges := server(t, content)
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path+".part", content[:4321], 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds the file and asks for nothing
		if err := fetch(t.Context(), address, path, 10_000, is(content)); err != nil {
			t.Fatal(err)
		}
	}
	if len(*ranges) != 1 || (*ranges)[0] != "bytes=4321-" {
		t.Errorf("asked for the ranges %q, want one from byte 4321", *ranges)
	}
	if _, err := os.Stat(path + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the partial file is still there: %v", err)
	}
}

func TestFetchStartsAnewWhereTheServerKnowsNoRanges(t *testing.T) {
	content := []byte("all of it")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(content) }))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path+".part", []byte("something longer than the content"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := fetch(t.Context(), s.URL, path, 10_000, is(content)); err != nil {
		t.Fatal(err)
	}
}

// impatient has fetch give up soon, until the test ends.
func impatient(t *testing.T, silence time.Duration) {
	t.Helper()
	before := client
	t.Cleanup(func() { client = before })
	client.Silence = silence
}

// stalling serves 3000 of 5000 bytes and then nothing.
func stalling(t *testing.T) (address string, stalled <-chan struct{}) {
	t.Helper()
	sent := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write(bytes.Repeat([]byte("x"), 3000))
		http.NewResponseController(w).Flush() // what fails shows in the partial file
		close(sent)
		<-r.Context().Done()
	}))
	t.Cleanup(s.Close)
	return s.URL, sent
}

// size is that of a file, 0 if there is none.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// A busy machine may be silent before the server stalls; then the test is more patient.
func TestFetchGivesUpAServerThatStallsAndResumesThereNextTime(t *testing.T) {
	var path string
	for patience := 50 * time.Millisecond; size(path+".part") != 3000; patience *= 2 {
		if patience > 5*time.Minute {
			t.Fatalf("the partial file has %d bytes, want 3000", size(path+".part"))
		}
		impatient(t, patience)
		address, _ := stalling(t)
		path = filepath.Join(t.TempDir(), "name.bin")
		err := fetch(t.Context(), address, path, 10_000, is(nil))
		if err == nil || !strings.Contains(err.Error(), "sent nothing for "+patience.String()) || !strings.Contains(err.Error(), address) {
			t.Fatalf("the error is %v, want one with the address and %v", err, patience)
		}
		if size(path+".part") == 3000 && !strings.Contains(err.Error(), "3000 of 5000 bytes; they are kept, and the next attempt resumes there") {
			t.Errorf("the error is %v, want one that says what came", err)
		}
	}
	content := bytes.Repeat([]byte("x"), 5000)
	address, ranges := server(t, content)
	if err := fetch(t.Context(), address, path, 10_000, is(content)); err != nil || len(*ranges) != 1 || (*ranges)[0] != "bytes=3000-" {
		t.Errorf("the next attempt asks for %q (%v), want bytes=3000-", *ranges, err)
	}
}

func TestFetchGivesUpAServerThatNeverAnswers(t *testing.T) {
	impatient(t, 50*time.Millisecond)
	l, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts; nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := fetch(t.Context(), "http://"+l.Addr().String(), path, 10_000, is(nil)); err == nil || !strings.Contains(err.Error(), "nothing for 50ms") {
		t.Errorf("the error is %v, want one that mentions the silence", err)
	}
}

// The server would be waited for an hour; the context ends that.
func TestFetchStopsWhenItIsInterrupted(t *testing.T) {
	impatient(t, time.Hour)
	address, stalled := stalling(t)
	path := filepath.Join(t.TempDir(), "name.bin")
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-stalled
		interrupt()
	}()
	if err := fetch(ctx, address, path, 10_000, is(nil)); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want one of the context", err)
	}
}

func TestFetchRemovesWrongContentAndKeepsAnEarlierFile(t *testing.T) {
	address, _ := server(t, []byte("tampered"))
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path, []byte("of an older version"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := fetch(t.Context(), address, path, 10_000, is([]byte("genuine")))
	if err == nil || !strings.Contains(err.Error(), address) {
		t.Fatalf("error is %v, want one that names %s", err, address)
	}
	if _, err := os.Stat(path + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the wrong content is still there: %v", err)
	}
	if err := is([]byte("of an older version"))(path); err != nil {
		t.Errorf("the earlier file: %v", err)
	}
}

func TestFetchSaysWhatTheServerAnswered(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	err := fetch(t.Context(), s.URL, filepath.Join(t.TempDir(), "name.bin"), 10_000, is(nil))
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("error is %v, want one with 404 and the address", err)
	}
}

func TestDataSetIsFetchedFileByFileAndOnlyOnce(t *testing.T) {
	requests := 0
	files := http.FileServer(http.Dir("../../../testdata/fashion-mnist"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	dir := filepath.Join(t.TempDir(), "with space", "fashion-mnist")
	for range 2 {
		if err := fetchAll(t.Context(), []string{s.URL + "/"}, dir, func(string) {}); err != nil {
			t.Fatal(err)
		}
	}
	if requests != 4 {
		t.Errorf("%d requests for two fetches of four files, want 4", requests)
	}
	if err := fashion.Verify(dir); err != nil {
		t.Error(err)
	}
}

func TestFetchStartsAnewWhereTheBeginningIsOfAnotherFile(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	address, ranges := server(t, content)
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path+".part", []byte("of another mirror"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := fetch(t.Context(), address, path, 10_000, is(content)); err != nil {
		t.Fatal(err)
	}
	if len(*ranges) != 2 || (*ranges)[1] != "" {
		t.Errorf("asked for the ranges %q, want the rest and then all", *ranges)
	}
}

func TestFetchRefusesAFileThatIsTooLong(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	address, _ := server(t, content)
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := fetch(t.Context(), address, path, 9_999, is(content)); err == nil || !strings.Contains(err.Error(), "more than 9999 bytes") || !strings.Contains(err.Error(), address) {
		t.Errorf("the error is %v, want one with the address and the limit", err)
	}
	if size(path)+size(path+".part") > 0 {
		t.Error("something of the file was kept")
	}
}

// The first mirror breaks off in the middle of a file.
func TestDataSetComesFromTheNextMirrorWhereOneFails(t *testing.T) {
	const folder = "../../../testdata/fashion-mnist"
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		w.Write(bytes.Repeat([]byte("x"), 3000))
	}))
	defer broken.Close()
	good := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer good.Close()
	dir, said := t.TempDir(), ""
	if err := fetchAll(t.Context(), []string{broken.URL + "/", good.URL + "/"}, dir, func(what string) { said += what + "\n" }); err != nil {
		t.Fatal(err)
	}
	if err := fashion.Verify(dir); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said, broken.URL) || !strings.Contains(said, good.URL) {
		t.Errorf("it says %q, want both addresses", said)
	}
	err := fetchAll(t.Context(), []string{broken.URL + "/", broken.URL + "/b/"}, t.TempDir(), func(string) {})
	if err == nil || strings.Count(err.Error(), "cut off after 3000 of") != 2 {
		t.Errorf("the error is %v, want what each mirror did", err)
	}
}

func TestDataSetIsAskedForOverHTTPSFirst(t *testing.T) {
	if !strings.HasPrefix(dataAddresses[0], "https://") {
		t.Errorf("the addresses are %q", dataAddresses)
	}
}
