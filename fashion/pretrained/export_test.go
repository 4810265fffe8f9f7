package pretrained

import (
	"net/http"
	"time"
)

// LocalPath is where a repository's weights are looked for first.
var LocalPath = localPath

// SetSilence sets the longest time that the hub may send nothing, until restore is called.
func SetSilence(d time.Duration) (restore func()) {
	before := client
	client.Silence = d
	return func() { client = before }
}

// SetHub has a function answer all requests to the hub, until restore is called.
func SetHub(answer http.RoundTripper) (restore func()) {
	before := client
	client.Transport = answer
	return func() { client = before }
}
