package pretrained

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"fashionlab/fashion/download"
	"fashionlab/fashion/internal/manifest"
)

// The module go-huggingface reads the files but does not download them here: in v0.4.2 it hangs on a hub that sends nothing (its request for the repository's
// description takes no context), it restarts after each interruption, and it takes a closed connection for the end of the file.

// client gives up on a hub that sends nothing for 30 seconds.
var client download.Client

// maxDescription and maxWeights bound the hub's description of a repository and a file of weights of unknown size, in bytes.
const (
	maxDescription = 16 << 20
	maxWeights     = 4 << 30
)

// errOffline is returned if the user has forbidden downloads.
var errOffline = errors.New("$HF_HUB_OFFLINE is set")

// remote is the file of a repository's weights on the hub.
type remote struct {
	repository, token string
	revision          string // asked for: a commit, or latest
	commit            string // of the repository
	sha256            string // "" if the hub does not publish it
	blob              string // the file's name in the hub's cache
	size              int64  // bytes; 0 if unknown
}

// fetch downloads a repository's weights into the hub's cache, in the layout of the hub's own programs:
//
//	.locks/models--owner--name/BLOB.lock
//	models--owner--name/blobs/BLOB                            BLOB.incomplete during the download
//	models--owner--name/snapshots/COMMIT/model.safetensors    a link to the blob
func fetch(ctx context.Context, repository, revision string) (string, error) {
	if slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(os.Getenv("HF_HUB_OFFLINE"))) {
		return "", errOffline
	}
	secret, err := token()
	if err != nil {
		return "", err
	}
	r := remote{repository: repository, token: secret, revision: revision}
	if err := r.describe(ctx); err != nil {
		return "", err
	}
	locks := filepath.Join(cacheFolder(), ".locks", folderName(repository))
	blob := filepath.Join(repositoryFolder(repository), "blobs", r.blob)
	link := filepath.Join(repositoryFolder(repository), "snapshots", r.commit, weightsFile)
	for _, dir := range []string{locks, filepath.Dir(blob), filepath.Dir(link)} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
	}
	lock := flock.New(filepath.Join(locks, r.blob+".lock"))
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil { // another process or training may be downloading it
		return "", fmt.Errorf("cannot lock %s: %w", lock.Path(), err)
	}
	defer lock.Close() // nothing is written through it
	if err := r.download(ctx, blob); err != nil {
		return "", err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return blob, os.Symlink(filepath.Join("..", "..", "blobs", r.blob), link)
}

// hexName matches the names that the hub gives to commits and files. They are checked because they become parts of paths.
var hexName = regexp.MustCompile(`^[0-9a-f]{6,64}$`)

// describe requests the commit of the repository and its weights' file from the hub.
func (r *remote) describe(ctx context.Context) error {
	request, err := r.request(ctx, "api", "models", r.repository, "revision", r.revision)
	if err != nil {
		return err
	}
	request.URL.RawQuery = "blobs=true"
	data, err := client.Get(request, maxDescription)
	if err != nil {
		return fmt.Errorf("%s: %w", request.URL, err)
	}
	var description struct {
		SHA      string
		Siblings []struct {
			Name   string `json:"rfilename"`
			BlobID string
			Size   int64
			LFS    struct{ SHA256 string }
		}
	}
	if err := json.Unmarshal(data, &description); err != nil {
		return fmt.Errorf("%s: %w", request.URL, err)
	}
	r.commit = description.SHA
	for _, file := range description.Siblings {
		if file.Name == weightsFile {
			r.sha256, r.size = file.LFS.SHA256, file.Size
			r.blob = cmp.Or(file.LFS.SHA256, file.BlobID, r.commit)
		}
	}
	switch {
	case r.blob == "":
		return fmt.Errorf("the repository %s has no file %s", r.repository, weightsFile)
	case !hexName.MatchString(r.commit) || !hexName.MatchString(r.blob):
		return fmt.Errorf("%s: found the commit %q with the file %q, want hexadecimal names", request.URL, r.commit, r.blob)
	case r.revision != latest && r.commit != r.revision:
		return fmt.Errorf("%s: found the commit %s", request.URL, r.commit)
	}
	return nil
}

// download downloads the file to the path blob, unless it is there. A file with another sha256 is removed.
func (r *remote) download(ctx context.Context, blob string) error {
	if _, err := os.Stat(blob); err == nil && r.sha256 != "" {
		return verify(blob, r.sha256)
	} else if err == nil {
		return nil
	}
	request, err := r.request(ctx, r.repository, "resolve", r.commit, weightsFile)
	if err != nil {
		return err
	}
	size := ""
	if r.size > 0 {
		size = fmt.Sprintf(" (%.0f MB)", float64(r.size)/1e6)
	}
	fmt.Fprintf(os.Stderr, "downloading the weights %s%s from %s\n", r.repository, size, endpoint())
	partial := blob + ".incomplete"
	if err := client.File(request, partial, cmp.Or(r.size, maxWeights)); err != nil {
		return fmt.Errorf("%s: %w", request.URL, err)
	}
	if r.sha256 != "" {
		got, err := manifest.DigestFile(partial)
		if err != nil {
			return err
		}
		if got != r.sha256 {
			return errors.Join(&FileError{request.URL.String(), "sha256 " + got, r.sha256 + "; the downloaded file was removed", nil}, os.Remove(partial))
		}
	}
	return os.Rename(partial, blob)
}

// request returns a request for a path of the hub. If the hub redirects to another host, the token is not sent there.
func (r *remote) request(ctx context.Context, path ...string) (*http.Request, error) {
	address, err := url.JoinPath(endpoint(), path...)
	if err != nil {
		return nil, fmt.Errorf("$HF_ENDPOINT: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err == nil && r.token != "" {
		request.Header.Set("Authorization", "Bearer "+r.token)
	}
	return request, err
}
