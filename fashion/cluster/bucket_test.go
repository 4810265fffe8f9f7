package cluster

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"fashionlab/fashion/disk"
)

// outage has a server answer so many requests with an error.
type outage struct {
	http.Handler
	left atomic.Int64
}

func (o *outage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if o.left.Add(-1) >= 0 {
		http.Error(w, "the bucket fails for a while", http.StatusServiceUnavailable)
		return
	}
	o.Handler.ServeHTTP(w, r)
}

// fakeS3 is a bucket in this process that speaks S3's protocol.
func fakeS3(t *testing.T) (address string, o *outage) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("fashion"); err != nil {
		t.Fatal(err)
	}
	o = &outage{Handler: gofakes3.New(backend).Server()}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_MAX_ATTEMPTS": "2", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	return "s3://fashion?region=eu-central-1&use_path_style=true&endpoint=" + url.QueryEscape(server.URL), o
}

func TestTrialResumesFromS3(t *testing.T) { resumes(t, fakeS3) }

// resumes trains a trial on several workers that share a remote bucket.
func resumes(t *testing.T, fake func(*testing.T) (string, *outage)) {
	address, o := fake(t)
	artifacts, err := NewArtifacts(t.Context(), bucket(t, address))
	if err != nil {
		t.Fatal(err)
	}
	again, err := NewArtifacts(t.Context(), bucket(t, address))
	if err != nil || artifacts.ID == "" || again.ID != artifacts.ID {
		t.Errorf("the bucket is %q, then %q (%v), want one identity", artifacts.ID, again.ID, err)
	}
	part, err := NewArtifacts(t.Context(), bucket(t, address+"&prefix=part/"))
	if err != nil || part.ID == artifacts.ID {
		t.Errorf("a part of the bucket is %q (%v), want another identity", part.ID, err)
	}
	trained := 0
	train := fakeTrainer{trained: &trained}.train
	trials := Trials[point]{Build: fakeSearch, Artifacts: artifacts, Dir: t.TempDir()}
	trials.Train = func(ctx context.Context, dir string, p point, epochs int, progress func(int)) ([]float64, error) {
		o.left.Store(5) // two attempts of the first epoch's upload, two of the second's, one of the third's
		return train(ctx, dir, p, epochs, progress)
	}
	if r, err := perform(t, trials, trialJob(t, 3)); err != nil || len(r.Scores) != 3 || o.left.Load() >= 0 {
		t.Errorf("while the bucket fails: %d scores (%v), want 3", len(r.Scores), err)
	}
	trials.Train, trials.Dir = train, t.TempDir()
	if r, err := perform(t, trials, trialJob(t, 9)); err != nil || len(r.Scores) != 9 || trained != 9 {
		t.Errorf("promoted: %d scores after %d epochs (%v), want 9 and 9", len(r.Scores), trained, err)
	}
	prefix := trialPrefix("digest", trialJob(t, 9).Task.Trial)
	keys, err := artifacts.keys(t.Context(), prefix+"/")
	if err != nil || len(keys) != 6 {
		t.Errorf("the bucket has %q (%v), want 2 manifests and 4 files", keys, err)
	}
	manifests, err := artifacts.manifests(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := artifacts.delete(t.Context(), manifests[len(manifests)-1], "gone already"); err != nil {
		t.Fatal(err)
	}
	if _, err := perform(t, trials, trialJob(t, 9)); err != nil || trained != 10 {
		t.Errorf("%d epochs were trained (%v), want 10: the last again, without its manifest", trained, err)
	}
	if err := artifacts.Remove(t.Context(), prefix); err != nil {
		t.Fatal(err)
	}
	if keys, err := artifacts.keys(t.Context(), prefix+"/"); err != nil || len(keys) > 0 {
		t.Errorf("the bucket still has %q (%v)", keys, err)
	}
	largeFile(t, artifacts)
}

// largeFile saves and restores a file that is uploaded in parts, twice.
func largeFile(t *testing.T, a Artifacts) {
	t.Helper()
	dir, restored := t.TempDir(), filepath.Join(t.TempDir(), "restored")
	want := bytes.Repeat([]byte("0123456789abcdef"), 2<<20) // 32 MiB
	if err := disk.WriteFile(filepath.Join(dir, "weights"), want); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := a.Save(t.Context(), "large", dir, 1); err != nil {
			t.Fatal(err)
		}
	}
	epochs, err := a.Restore(t.Context(), "large", restored, func(err error) { t.Error(err) })
	if err != nil || epochs != 1 {
		t.Fatalf("restored epoch %d (%v), want 1", epochs, err)
	}
	if got, err := os.ReadFile(filepath.Join(restored, "weights")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("restored %d bytes (%v), want the %d that were saved", len(got), err, len(want))
	}
}

func TestS3KeepsTheFirstOfTwoWrites(t *testing.T) {
	address, _ := fakeS3(t)
	b := bucket(t, address)
	once := &blob.WriterOptions{IfNotExist: true}
	if err := b.WriteAll(t.Context(), "key", []byte("first"), once); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteAll(t.Context(), "key", []byte("second"), once); gcerrors.Code(err) != gcerrors.FailedPrecondition {
		t.Errorf("the second write: %v, want that its condition failed", err)
	}
}

func TestBucketThatCannotBeOpenedIsNamed(t *testing.T) {
	for _, name := range []string{"azure://fashion", "s3://fashion?region=eu-central-1&typo=1"} {
		if b, err := OpenBucket(t.Context(), name); err == nil {
			b.Close()
			t.Errorf("%s is open, want an error", name)
		}
	}
}
