package pretrained

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gomlx/go-huggingface/hub"

	"fashionlab/fashion"
	"fashionlab/fashion/download"
)

// weightsFile is what a repository of the hub calls its weights.
const weightsFile = "model.safetensors"

// Place is where a file of a repository's weights that was fetched by other means is looked for first: in "weights" of the project's
// private folder (see fashion.Home).
func Place(repository string) (string, error) {
	if parts := strings.Split(repository, "/"); len(parts) != 2 || !filepath.IsLocal(repository) {
		return "", fmt.Errorf("%q is no repository of the Hugging Face hub, want owner/name", repository)
	}
	home, err := fashion.Home()
	return filepath.Join(home, "weights", repository, weightsFile), err
}

// NotHereError tells that a repository's weights are not on this machine and could not be fetched, and what to do.
type NotHereError struct {
	Repository, Place string
	Err               error
}

func (e *NotHereError) Error() string {
	reason := e.Err.Error()
	var cut *download.CutOffError
	if network := (*url.Error)(nil); errors.As(e.Err, &network) && !errors.As(e.Err, &cut) {
		reason = "no answer from " + endpoint()
	}
	place := e.Place
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(place, home+string(filepath.Separator)) {
		place = "~" + place[len(home):]
	}
	return fmt.Sprintf("the weights %s are not on this machine (%s); download %s/%s/resolve/main/%s where there is a network, and put it at %s",
		e.Repository, reason, endpoint(), e.Repository, weightsFile, place)
}

func (e *NotHereError) Unwrap() error { return e.Err }

// Find returns the path of a repository's weights: at Place, else in the hub's cache, else fetched into that from the hub. Where the hub
// tells the file's sha256, it is checked. The hub's usual variables hold: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, HF_ENDPOINT.
//
// A hub that sends nothing for 30 seconds is a *NotHereError. What came before is kept, and the next call resumes there.
func Find(repository string) (string, error) { return FindContext(context.Background(), repository) }

// FindContext is Find with a context that ends a download.
func FindContext(ctx context.Context, repository string) (string, error) {
	place, err := Place(repository)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	path, err := cached(repository)
	if errors.Is(err, fs.ErrNotExist) {
		path, err = fetch(ctx, repository)
		var corrupt *FileError
		if err != nil && !errors.As(err, &corrupt) && ctx.Err() == nil {
			return "", &NotHereError{repository, place, err}
		}
	}
	return path, err
}

// sha256Name matches the name that the hub's cache gives to a file whose sha256 the hub tells.
var sha256Name = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cached returns the newest file of a repository's weights in the hub's cache.
func cached(repository string) (string, error) {
	folder := filepath.Join(repositoryFolder(repository), "snapshots")
	found, err := fashion.Glob(folder, "*/"+weightsFile)
	if err != nil {
		return "", err
	}
	slices.SortFunc(found, func(a, b string) int { return modified(a) - modified(b) })
	if len(found) == 0 {
		return "", fmt.Errorf("%s: %w", folder, fs.ErrNotExist)
	}
	blob, err := filepath.EvalSymlinks(found[len(found)-1])
	if err != nil {
		return "", err
	}
	if name := filepath.Base(blob); sha256Name.MatchString(name) {
		return blob, verify(blob, name)
	}
	return blob, nil
}

// modified is when a file was changed, in seconds; 0 if that is unknown.
func modified(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int(info.ModTime().Unix())
}

// verify checks a file's sha256.
func verify(path, want string) error {
	got, err := Sum(path)
	if err == nil && got != want {
		return &FileError{path, "sha256 " + got, want + "; remove it to fetch it again", nil}
	}
	return err
}

// Sum returns a file's sha256 in hexadecimal.
func Sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// cacheFolder is where the hub's programs keep what they fetched.
func cacheFolder() string {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return dir
	}
	return filepath.Join(homeFolder(), "hub")
}

// repositoryFolder is where they keep what they fetched of a repository.
func repositoryFolder(repository string) string {
	return filepath.Join(cacheFolder(), folderName(repository))
}

func folderName(repository string) string {
	return "models--" + strings.ReplaceAll(repository, "/", "--")
}

// homeFolder is where the hub's programs keep their data.
func homeFolder() string {
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return dir
	}
	return filepath.Dir(hub.DefaultCacheDir())
}

// token is the user's, which some repositories want; none if there is none.
func token() (string, error) {
	if t := os.Getenv("HF_TOKEN"); t != "" {
		return t, nil
	}
	path := os.Getenv("HF_TOKEN_PATH")
	if path == "" {
		path = filepath.Join(homeFolder(), "token")
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(data)), err
}

// endpoint is the hub's address.
func endpoint() string {
	if e := os.Getenv("HF_ENDPOINT"); e != "" {
		return strings.TrimSuffix(e, "/")
	}
	return "https://huggingface.co"
}
