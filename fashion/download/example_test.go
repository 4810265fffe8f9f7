package download_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fashionlab/fashion/download"
)

// The first half of the file was downloaded before; the client requests the rest.
func ExampleClient_File() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("requested:", r.Header.Get("Range"))
		http.ServeContent(w, r, "weights", time.Time{}, strings.NewReader("0123456789"))
	}))
	defer server.Close()
	folder, err := os.MkdirTemp("", "fashionlab-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "weights")
	if err := os.WriteFile(path, []byte("01234"), 0o666); err != nil {
		log.Fatal(err)
	}

	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := (download.Client{}).File(request, path, 1<<10); err != nil {
		log.Fatal(err)
	}
	data, err := os.ReadFile(path)
	fmt.Println(string(data), err)
	// Output:
	// requested: bytes=5-
	// 0123456789 <nil>
}

func ExampleClient_Get() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer server.Close()
	request, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		log.Fatal(err)
	}
	data, err := download.Client{}.Get(request, 1<<10)
	fmt.Println(string(data), err)
	_, err = download.Client{}.Get(request, 4)
	fmt.Println(err)
	// Output:
	// hello <nil>
	// the server sent more than 4 bytes
}
