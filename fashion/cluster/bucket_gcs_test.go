//go:build gcs

package cluster

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// fakeGCS is a bucket in this process that speaks the protocol of Google Cloud Storage.
func fakeGCS(t *testing.T) (address string, o *outage) {
	t.Helper()
	o = &outage{}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	storage, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: host, ExternalURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(storage.Stop)
	storage.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "fashion"})
	o.Handler = storage.HTTPHandler()
	t.Setenv("STORAGE_EMULATOR_HOST", host)
	return "gs://fashion?anonymous=true", o
}

func TestTrialResumesFromGoogleCloudStorage(t *testing.T) { resumes(t, fakeGCS) }
