package python

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fashionlab/kernel-setup/internal/layouttest"
)

// index serves a package index with one wheel, something 1.0. Its files are those that handler serves.
func index(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	const file = "something-1.0-py3-none-any.whl"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/something/" {
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(`<!DOCTYPE html><a href="/` + file + `">` + file + `</a>`))
			return
		}
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// wheel is the smallest one.
func wheel(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"something.py":                     "",
		"something-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: something\nVersion: 1.0\n",
		"something-1.0.dist-info/WHEEL":    "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"something-1.0.dist-info/RECORD":   "",
	} {
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPipMayPrintALineOfAnyLength(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Write(t, l.Python(), "#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x\necho\necho ' Downloading something'\necho 'ERROR: no room' >&2\nexit 1\n")
	if err := os.Chmod(l.Python(), 0o777); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	var said []string
	layouttest.Mentions(t, Pip(ctx, l, func(line string) { said = append(said, line) }, "install"), "pip install", "exit status 1", "no room")
	if !slices.Equal(said, []string{"Downloading something"}) {
		t.Errorf("it said %q", said)
	}
}

func TestPipTakesNoOtherFileAndWaitsForNoServerForever(t *testing.T) {
	l := layouttest.New(t)
	for _, name := range []string{"PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_EXTRA_INDEX_URL", "PIP_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"} {
		layouttest.Unset(t, name)
	}
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)
	t.Setenv("PIP_NO_CACHE_DIR", "1")
	t.Setenv("PIP_DEFAULT_TIMEOUT", "1") // seconds
	t.Setenv("PIP_RETRIES", "1")
	if err := os.MkdirAll(l.Home, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Need(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	data := wheel(t)
	install := func(sum string, handler http.HandlerFunc) error {
		t.Setenv("PIP_INDEX_URL", index(t, handler))
		list := filepath.Join(t.TempDir(), "list.txt")
		layouttest.Write(t, list, "something==1.0 --hash=sha256:"+sum+"\n")
		return Pip(t.Context(), l, nil, "install", "--quiet", "--only-binary=:all:", "--require-hashes", "-r", list)
	}
	serve := func(w http.ResponseWriter, _ *http.Request) { w.Write(data) }
	layouttest.Mentions(t, install(strings.Repeat("0", 64), serve), "DO NOT MATCH THE HASHES")

	start := time.Now()
	err := install(digest(data), func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	layouttest.Mentions(t, err, "timed out")
	if time.Since(start) > 5*time.Minute {
		t.Errorf("it took %v", time.Since(start))
	}

	if err := install(digest(data), serve); err != nil {
		t.Errorf("the right file: %v", err)
	}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
