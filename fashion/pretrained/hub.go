package pretrained

import (
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
	if network := (*url.Error)(nil); errors.As(e.Err, &network) {
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
func Find(repository string) (string, error) {
	place, err := Place(repository)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(place); err == nil {
		return place, nil
	}
	path, err := cached(repository)
	if errors.Is(err, fs.ErrNotExist) {
		path, err = fetch(repository)
		var damaged *FileError
		if err != nil && !errors.As(err, &damaged) {
			return "", &NotHereError{repository, place, err}
		}
	}
	return path, err
}

// sha256Name matches the name that the hub's cache gives to a file whose sha256 the hub tells.
var sha256Name = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cached returns the newest file of a repository's weights in the hub's cache.
func cached(repository string) (string, error) {
	folder := filepath.Join(cacheFolder(), "models--"+strings.ReplaceAll(repository, "/", "--"), "snapshots")
	found, err := filepath.Glob(filepath.Join(escape(folder), "*", weightsFile))
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

// escape takes the meaning from the characters that a pattern of filepath.Glob has.
func escape(path string) string {
	return regexp.MustCompile(`[*?\[\\]`).ReplaceAllString(path, `\$0`)
}

// modified is when a file was changed, in seconds; 0 if that is unknown.
func modified(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int(info.ModTime().Unix())
}

// errOffline says that the user wants no network.
var errOffline = errors.New("$HF_HUB_OFFLINE is set")

// fetch downloads a repository's weights into the hub's cache.
func fetch(repository string) (string, error) {
	if slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(os.Getenv("HF_HUB_OFFLINE"))) {
		return "", errOffline
	}
	secret, err := token()
	if err != nil {
		return "", err
	}
	repo := hub.New(repository).WithCacheDir(cacheFolder()).WithAuth(secret)
	path, err := repo.DownloadFile(weightsFile)
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	for file, err := range repo.IterFileInfos() {
		if err != nil {
			return "", err
		}
		if file.Name == weightsFile && file.LFS != nil && file.LFS.SHA256 != "" {
			return path, verify(path, file.LFS.SHA256)
		}
	}
	return path, nil
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
