package download_test

import (
	"bufio"
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/download"
)

// reply answers every request with the same bytes.
type reply []byte

func (b reply) RoundTrip(r *http.Request) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), r)
}

// Whatever a server sends, a download ends, keeps what was there before or has the server's content, and keeps no more than the server sent.
func FuzzFile(f *testing.F) {
	for _, sent := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n01234", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n01234", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n",
		"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\n34", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\n01234",
		"HTTP/1.1 416 Range Not Satisfiable\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\nno", "HTTP/1.1 204 No Content\r\n\r\n", "nonsense", "",
	} {
		f.Add([]byte(sent), []byte("012"))
		f.Add([]byte(sent), []byte{})
	}
	path := filepath.Join(f.TempDir(), "file")
	request, err := http.NewRequest(http.MethodGet, "http://server/file", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, sent, before []byte) {
		if err := os.WriteFile(path, before, 0o666); err != nil {
			t.Fatal(err)
		}
		const most = 20
		client := download.Client{Transport: reply(sent)}
		err := client.File(request, path, most)
		got, readErr := os.ReadFile(path)
		if long := new(download.TooLongError); errors.As(err, &long) != os.IsNotExist(readErr) {
			t.Errorf("the error is %v, the file is read with %v", err, readErr)
		} else if os.IsNotExist(readErr) {
			return
		}
		if readErr != nil {
			t.Fatal(readErr)
		}
		kept := bytes.TrimPrefix(got, before)
		if !bytes.HasPrefix(got, before) {
			kept = got // the server sent the whole file
		}
		if len(kept) > len(sent) {
			t.Errorf("%d bytes are new after %d were sent (%v)", len(kept), len(sent), err)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without a text")
		}
		if data, err := client.Get(request, most); err == nil && len(data) > most {
			t.Errorf("got %d bytes, want %d at most", len(data), most)
		}
	})
}
