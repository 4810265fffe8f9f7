package pretrained_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/pretrained"
)

const repository = "owner/small"

// alone gives a test empty folders of the hub and of the project.
func alone(t *testing.T) {
	t.Helper()
	for _, name := range []string{"FASHIONLAB_HOME", "HF_HOME"} {
		t.Setenv(name, t.TempDir())
	}
	for _, name := range []string{"HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT"} {
		t.Setenv(name, "")
	}
}

func weights(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "timm.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// serve is a hub with the one repository, for those with the token; it says that its file has that sha256. It counts the requests.
func serve(t *testing.T, sum string) (requests *int) {
	t.Helper()
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		switch {
		case r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api/models/"+repository+"/revision/main":
			json.NewEncoder(w).Encode(map[string]any{"id": repository, "sha": "c0ffee", "siblings": []any{
				map[string]any{"rfilename": "README.md"},
				map[string]any{"rfilename": "model.safetensors", "lfs": map[string]any{"sha256": sum}},
			}})
		case r.URL.Path == "/"+repository+"/resolve/c0ffee/model.safetensors":
			w.Header().Set("ETag", `"`+sum+`"`)
			w.Write(weights(t))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	t.Setenv("HF_ENDPOINT", server.URL)
	return requests
}

func sum(t *testing.T) string {
	t.Helper()
	s, err := manifest.DigestFile(filepath.Join(folder, "timm.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWeightsAreFetchedOnceWithTheUsersToken(t *testing.T) {
	alone(t)
	requests := serve(t, sum(t))
	if err := os.WriteFile(filepath.Join(os.Getenv("HF_HOME"), "token"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		path, err := pretrained.Find(repository)
		if err != nil {
			t.Fatal(err)
		}
		if w, err := pretrained.Read(path); err != nil || len(w.Tensors) == 0 {
			t.Errorf("what was fetched holds %d weights: %v", len(w.Tensors), err)
		}
	}
	first := *requests
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := pretrained.Find(repository); err != nil || *requests != first {
		t.Errorf("offline, with the file in the cache: %v, after %d more requests", err, *requests-first)
	}
}

func TestFetchedWeightsOfAnotherChecksumAreRefusedEachTime(t *testing.T) {
	alone(t)
	serve(t, strings.Repeat("0", 64))
	t.Setenv("HF_TOKEN", "secret")
	for range 2 {
		_, err := pretrained.Find(repository)
		var wrong *pretrained.FileError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), sum(t)) || !strings.Contains(err.Error(), "was removed") {
			t.Errorf("error is %v, want one with the file's sha256", err)
		}
	}
	if left := blobs(t); len(left) > 0 {
		t.Errorf("what is left in the cache: %q", left)
	}
}

func TestCachedWeightsThatHaveChangedAreRefused(t *testing.T) {
	alone(t)
	serve(t, sum(t))
	t.Setenv("HF_TOKEN", "secret")
	path, err := pretrained.Find(repository)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, weights(t)[1:], 0o666); err != nil {
		t.Fatal(err)
	}
	var wrong *pretrained.FileError
	if _, err := pretrained.Find(repository); !errors.As(err, &wrong) || wrong.File != path || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("error is %v, want a FileError of %s", err, path)
	}
}

// blobs are the files of the repository in the hub's cache, complete or not.
func blobs(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--small", "blobs"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestWeightsThatAreNotFoundAreAnErrorThatSaysWhereToPutThem(t *testing.T) {
	alone(t)
	serve(t, sum(t))
	local, err := pretrained.LocalPath(repository)
	if err != nil {
		t.Fatal(err)
	}
	for reason, offline := range map[string]string{"HF_HUB_OFFLINE": "true", "401": ""} { // the second lacks the token
		t.Setenv("HF_HUB_OFFLINE", offline)
		_, err := pretrained.Find(repository)
		var missing *pretrained.NotFoundError
		if !errors.As(err, &missing) || missing.Path != local {
			t.Fatalf("error is %v, want a NotFoundError", err)
		}
		for _, want := range []string{reason, local, "/owner/small/resolve/main/model.safetensors"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want one with %s", err, want)
			}
		}
	}
	if err := os.MkdirAll(filepath.Dir(local), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(local, weights(t), 0o666); err != nil {
		t.Fatal(err)
	}
	if path, err := pretrained.Find(repository); err != nil || path != local {
		t.Errorf("found %s (%v), want the file that was put at %s", path, err, local)
	}
	for _, name := range []string{"small", "a/b/c", "../b", ""} {
		if _, err := pretrained.Find(name); err == nil || !strings.Contains(err.Error(), "owner/name") {
			t.Errorf("repository %q: %v", name, err)
		}
	}
}

// The hub's latest commit is c0ffee. A later one of another file must not take the pinned one's place.
func TestWeightsOfACommitAreThoseThatAreAskedFor(t *testing.T) {
	alone(t)
	commit, asked := strings.Repeat("ab", 20), []string{}
	answered := commit
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			json.NewEncoder(w).Encode(map[string]any{"sha": answered, "siblings": []any{
				map[string]any{"rfilename": "model.safetensors", "lfs": map[string]any{"sha256": sum(t)}}}})
			return
		}
		w.Write(weights(t))
	}))
	defer server.Close()
	t.Setenv("HF_ENDPOINT", server.URL)
	later := filepath.Join(os.Getenv("HF_HOME"), "hub", "models--owner--small", "snapshots", "c0ffee", "model.safetensors")
	if err := os.MkdirAll(filepath.Dir(later), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(later, []byte("of a later commit"), 0o666); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second is in the cache
		path, err := pretrained.Find(repository + "@" + commit)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != string(weights(t)) {
			t.Errorf("%s is not the commit's file (%v)", path, err)
		}
	}
	want := []string{"/api/models/owner/small/revision/" + commit, "/owner/small/resolve/" + commit + "/model.safetensors"}
	if !slices.Equal(asked, want) {
		t.Errorf("the hub is asked for %q, want %q", asked, want)
	}

	answered = strings.Repeat("cd", 20)
	if _, err := pretrained.Find(repository + "@" + strings.Repeat("ef", 20)); err == nil || !strings.Contains(err.Error(), answered) {
		t.Errorf("error is %v, want one with the commit that the hub has instead", err)
	}
	for _, name := range []string{"owner/small@", "owner/small@main", "owner/small@../x"} {
		if _, err := pretrained.Find(name); err == nil || !strings.Contains(err.Error(), "owner/name@") {
			t.Errorf("repository %q: %v", name, err)
		}
	}
}
