package main

import (
	"bytes"
	"errors"
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

func TestFetchGoesOnWhereItStopped(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 1000)
	address, ranges := server(t, content)
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path+".part", content[:4321], 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds the file and asks for nothing
		if err := fetch(t.Context(), address, path, is(content)); err != nil {
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
	if err := fetch(t.Context(), s.URL, path, is(content)); err != nil {
		t.Fatal(err)
	}
}

func TestFetchKeepsWhatCameBeforeItWasCutOff(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 5000)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write(content[:3000])
	}))
	defer s.Close()
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := fetch(t.Context(), s.URL, path, is(content)); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Fatalf("error is %v, want one that says it was cut off", err)
	}
	if info, err := os.Stat(path + ".part"); err != nil || info.Size() != 3000 {
		t.Errorf("the partial file is %v (%v), want the 3000 bytes that came", info, err)
	}
}

func TestFetchRemovesWrongContentAndKeepsAnEarlierFile(t *testing.T) {
	address, _ := server(t, []byte("tampered"))
	path := filepath.Join(t.TempDir(), "name.bin")
	if err := os.WriteFile(path, []byte("of an older version"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := fetch(t.Context(), address, path, is([]byte("genuine")))
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
	err := fetch(t.Context(), s.URL, filepath.Join(t.TempDir(), "name.bin"), is(nil))
	if err == nil || !strings.Contains(err.Error(), "404") || !strings.Contains(err.Error(), s.URL) {
		t.Errorf("error is %v, want one with 404 and the address", err)
	}
}

func TestDataSetIsFetchedFileByFileAndOnlyOnce(t *testing.T) {
	requests := 0
	files := http.FileServer(http.Dir("../testdata/fashion-mnist"))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	dir := filepath.Join(t.TempDir(), "with space", "fashion-mnist")
	for range 2 {
		if err := fetchAll(t.Context(), s.URL+"/", dir); err != nil {
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
