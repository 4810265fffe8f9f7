package pretrained

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	"fashionlab/fashion/internal/manifest"
)

// weightsFile is the name of the weights' file in a repository of the hub.
const weightsFile = "model.safetensors"

// repositoryName matches the name of a repository of the hub, with or without a commit. It is checked because its parts become those of paths and addresses.
var repositoryName = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*)(?:@([0-9a-f]{40}))?$`)

// latest is the revision of a repository that is named without a commit.
const latest = "main"

// parse splits owner/name@commit or owner/name.
func parse(name string) (repository, revision string, err error) {
	found := repositoryName.FindStringSubmatch(name)
	if found == nil {
		return "", "", fmt.Errorf("%q is not a repository of the Hugging Face hub, want owner/name, or owner/name@ and a commit's 40 hexadecimal digits", name)
	}
	return found[1], cmp.Or(found[2], latest), nil
}

// localPath returns the path where a repository's weights are looked for first, so that a file fetched by other means can be put there.
func localPath(name string) (string, error) {
	repository, _, err := parse(name)
	if err != nil {
		return "", err
	}
	home, err := fashion.Home()
	return filepath.Join(home, "weights", repository, weightsFile), err
}

// NotFoundError is a repository whose weights are not on this machine and could not be fetched. Its text says what to do.
type NotFoundError struct {
	Repository string
	Revision   string // a commit, or "main"
	Path       string // where to put the file
	Err        error  // of the download
}

func (e *NotFoundError) Error() string {
	reason := e.Err.Error()
	var cut *download.CutOffError
	if network := (*url.Error)(nil); errors.As(e.Err, &network) && !errors.As(e.Err, &cut) {
		reason = "no answer from " + endpoint()
	}
	path := e.Path
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(path, home+string(filepath.Separator)) {
		path = "~" + path[len(home):]
	}
	return fmt.Sprintf("the weights %s are not on this machine (%s); download %s/%s/resolve/%s/%s where there is a network, and put it at %s",
		e.Repository, reason, endpoint(), e.Repository, e.Revision, weightsFile, path)
}

func (e *NotFoundError) Unwrap() error { return e.Err }

// Find returns the path of the weights of a repository of the Hugging Face hub: of its latest commit by owner/name, or of a given one by owner/name@commit. It looks
// for weights/owner/name/model.safetensors in the project's private folder (see fashion.Home), then in the hub's cache, and otherwise downloads the file into that cache.
// It checks the file's sha256 if the hub publishes it.
// The hub's usual variables apply: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE, HF_ENDPOINT.
//
// If the file cannot be downloaded, for instance because the hub sends nothing for 30 seconds, the error is a *NotFoundError. A partial file is kept, and the next
// call resumes the download. A corrupt file is a *FileError.
func Find(name string) (string, error) { return FindContext(context.Background(), name) }

// FindContext is Find until the context ends, which cancels a download.
func FindContext(ctx context.Context, name string) (string, error) {
	repository, revision, err := parse(name)
	if err != nil {
		return "", err
	}
	local, err := localPath(name)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(local); err == nil {
		return local, nil
	}
	path, err := cached(repository, revision)
	if errors.Is(err, fs.ErrNotExist) {
		path, err = fetch(ctx, repository, revision)
		var corrupt *FileError
		if err != nil && !errors.As(err, &corrupt) && ctx.Err() == nil {
			return "", &NotFoundError{repository, revision, local, err}
		}
	}
	return path, err
}

// sha256Name matches the name that the hub's cache gives to a file whose sha256 the hub publishes.
var sha256Name = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cached returns the file of a repository's weights in the hub's cache: of a commit, or the newest.
func cached(repository, revision string) (string, error) {
	folder, snapshot := filepath.Join(repositoryFolder(repository), "snapshots"), revision
	if revision == latest {
		snapshot = "*"
	}
	found, err := fashion.Glob(folder, snapshot+"/"+weightsFile)
	if err != nil && !errors.Is(err, fs.ErrPermission) { // a cache of others that cannot be read is as good as none
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

// modified returns the time of a file's last change, in seconds since 1970; 0 if it is unknown.
func modified(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return int(info.ModTime().Unix())
}

// verify checks a file's sha256.
func verify(path, want string) error {
	got, err := manifest.DigestFile(path)
	if err == nil && got != want {
		return &FileError{path, "sha256 " + got, want + "; remove it to fetch it again", nil}
	}
	return err
}

// cacheFolder returns the folder of the hub's cache.
func cacheFolder() string {
	if dir := os.Getenv("HF_HUB_CACHE"); dir != "" {
		return dir
	}
	return filepath.Join(homeFolder(), "hub")
}

// repositoryFolder returns the folder of a repository in the hub's cache.
func repositoryFolder(repository string) string {
	return filepath.Join(cacheFolder(), folderName(repository))
}

func folderName(repository string) string {
	return "models--" + strings.ReplaceAll(repository, "/", "--")
}

// homeFolder returns the folder where the hub's programs keep their data.
func homeFolder() string {
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return dir
	}
	return filepath.Dir(hub.DefaultCacheDir())
}

// token returns the user's access token, which some repositories require; "" if there is none.
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

// endpoint returns the hub's address.
func endpoint() string {
	if e := os.Getenv("HF_ENDPOINT"); e != "" {
		return strings.TrimSuffix(e, "/")
	}
	return "https://huggingface.co"
}
