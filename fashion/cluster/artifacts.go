package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/manifest"
)

// Artifacts are the folders of trials in a bucket, as they were after their epochs:
//
//	PREFIX/files/SHA256       a file of the folder; its name is its content's, so that equal files are kept once and a corrupt one is noticed
//	PREFIX/epochs/000003.json the manifest of the folder after epoch 3: which files it has; written last
//
// An object is never changed. Whatever is killed or executed twice, a manifest's files are complete and its own.
//
// The object id is the identity that a bucket has from its first worker on: the same path need not be the same bucket, and a folder that is not mounted is no empty bucket.
type Artifacts struct {
	Bucket *blob.Bucket
	ID     string
}

const idKey = "id"

// NewArtifacts is for a bucket that answers.
func NewArtifacts(ctx context.Context, b *blob.Bucket) (Artifacts, error) {
	for {
		data, err := b.ReadAll(ctx, idKey)
		if err == nil || gcerrors.Code(err) != gcerrors.NotFound {
			return Artifacts{b, string(data)}, err
		}
		err = b.WriteAll(ctx, idKey, fmt.Appendf(nil, "%08x", rand.Uint32()), &blob.WriterOptions{IfNotExist: true})
		if err != nil && gcerrors.Code(err) != gcerrors.FailedPrecondition {
			return Artifacts{}, err
		}
	}
}

// check reports a bucket that does not answer, or is another.
func (a Artifacts) check(ctx context.Context) error {
	data, err := a.Bucket.ReadAll(ctx, idKey)
	if err == nil && string(data) != a.ID {
		err = fmt.Errorf("it is %q, want %q", data, a.ID)
	}
	return err
}

// snapshot is a manifest.
type snapshot struct {
	Epochs int               `json:"epochs"`
	Files  map[string]string `json:"files"` // SHA-256 in hexadecimal, by the path in the folder, with slashes
}

// manifestKey is that of the manifest after an epoch; in the order of the keys the newest comes last.
func manifestKey(prefix string, epochs int) string {
	return fmt.Sprintf("%s/epochs/%06d.json", prefix, epochs)
}

func fileKey(prefix, sum string) string { return path.Join(prefix, "files", sum) }

// kept is how many manifests stay: a corrupt newest one has one before it.
const kept = 2

// Save uploads a folder as it is after so many epochs, unless that was done, and removes what is older than the snapshot before. Locks and temporary files are left out.
func (a Artifacts) Save(ctx context.Context, prefix, dir string, epochs int) error {
	s := snapshot{epochs, map[string]string{}}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		s.Files[filepath.ToSlash(name)], err = a.saveFile(ctx, prefix, file)
		return err
	})
	if err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := a.create(ctx, manifestKey(prefix, epochs), data); err != nil {
		return err
	}
	return a.prune(ctx, prefix)
}

// saveFile uploads a file, unless the bucket has it, and returns its digest.
func (a Artifacts) saveFile(ctx context.Context, prefix, file string) (sum string, err error) {
	data, err := disk.ReadFile(file, 0)
	if err != nil {
		return "", err
	}
	sum = manifest.Digest(data)
	return sum, a.create(ctx, fileKey(prefix, sum), data)
}

// create writes an object, unless it is there.
func (a Artifacts) create(ctx context.Context, key string, data []byte) error {
	there, err := a.Bucket.Exists(ctx, key)
	if err != nil || there {
		return err
	}
	err = a.Bucket.WriteAll(ctx, key, data, &blob.WriterOptions{IfNotExist: true, ContentType: "application/octet-stream"})
	if gcerrors.Code(err) == gcerrors.FailedPrecondition {
		return nil // another execution of the same was faster
	}
	return err
}

// Restore makes dir the newest complete snapshot, and returns how many it has; 0 and no folder where there is none. What is corrupt is removed from the bucket, so
// that the next training can save it again, and warn is told.
func (a Artifacts) Restore(ctx context.Context, prefix, dir string, warn func(error)) (epochs int, err error) {
	if err := a.check(ctx); err != nil {
		return 0, err
	}
	keys, err := a.manifests(ctx, prefix)
	if err != nil {
		return 0, err
	}
	for _, key := range slices.Backward(keys) {
		s, err := a.download(ctx, prefix, key, dir)
		if err == nil {
			return s.Epochs, nil
		}
		if corrupt := (*corruptError)(nil); !errors.As(err, &corrupt) {
			return 0, err
		} else if err := a.delete(ctx, key, corrupt.key); err != nil {
			return 0, err
		}
		warn(err)
	}
	return 0, os.RemoveAll(dir)
}

// corruptError is an object that is not what was written, or is gone.
type corruptError struct {
	key string
	err error
}

func (e *corruptError) Error() string {
	return fmt.Sprintf("%s in the bucket is corrupt: %v", e.key, e.err)
}

// manifests are the keys of a prefix's manifests, the oldest first.
func (a Artifacts) manifests(ctx context.Context, prefix string) ([]string, error) {
	return a.keys(ctx, prefix+"/epochs/")
}

// keys lists a prefix, in the order of the keys.
func (a Artifacts) keys(ctx context.Context, prefix string) (keys []string, err error) {
	objects, failed := a.Bucket.List(&blob.ListOptions{Prefix: prefix}).All(ctx)
	for object := range objects {
		keys = append(keys, object.Key)
	}
	slices.Sort(keys)
	return keys, failed()
}

// download makes dir the folder of a manifest. It is there completely or not at all.
func (a Artifacts) download(ctx context.Context, prefix, key, dir string) (s snapshot, err error) {
	if s, err = a.manifest(ctx, key); err != nil {
		return s, err
	}
	draft := dir + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return s, err
	}
	for name, sum := range s.Files {
		data, err := a.read(ctx, fileKey(prefix, sum))
		if err != nil {
			return s, err
		}
		if got := manifest.Digest(data); got != sum {
			return s, &corruptError{fileKey(prefix, sum), fmt.Errorf("its SHA-256 is %s", got)}
		}
		file := filepath.Join(draft, filepath.FromSlash(name))
		if err := disk.MkdirAll(filepath.Dir(file)); err != nil {
			return s, err
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return s, err
		}
	}
	if err := disk.MkdirAll(draft); err != nil {
		return s, err
	}
	if err := os.RemoveAll(dir); err != nil {
		return s, err
	}
	return s, os.Rename(draft, dir)
}

// manifest reads a manifest.
func (a Artifacts) manifest(ctx context.Context, key string) (s snapshot, err error) {
	data, err := a.read(ctx, key)
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, &corruptError{key, err}
	}
	for name, sum := range s.Files {
		if !filepath.IsLocal(filepath.FromSlash(name)) || len(sum) != sha256.Size*2 || strings.ContainsAny(sum, "/.") {
			return s, &corruptError{key, fmt.Errorf("it names the file %q with the digest %q", name, sum)}
		}
	}
	return s, nil
}

// read reads an object; one that is gone is corrupt.
func (a Artifacts) read(ctx context.Context, key string) ([]byte, error) {
	data, err := a.Bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, &corruptError{key, err}
	}
	return data, err
}

// prune removes all manifests but the newest, then the files that no manifest names. A file that another execution has just uploaded, for a manifest that it has not written yet, may go with them; that snapshot
// is then found corrupt, and the one before it is taken.
func (a Artifacts) prune(ctx context.Context, prefix string) error {
	manifests, err := a.manifests(ctx, prefix)
	if err != nil || len(manifests) <= kept {
		return err
	}
	old := manifests[:len(manifests)-kept]
	needed := map[string]bool{}
	for _, key := range manifests[len(old):] {
		s, err := a.manifest(ctx, key)
		if err != nil {
			return err
		}
		for _, sum := range s.Files {
			needed[sum] = true
		}
	}
	var unneeded []string
	for _, key := range old {
		s, err := a.manifest(ctx, key)
		if corrupt := (*corruptError)(nil); err != nil && !errors.As(err, &corrupt) {
			return err
		}
		for _, sum := range s.Files {
			if !needed[sum] {
				unneeded = append(unneeded, fileKey(prefix, sum))
			}
		}
	}
	return a.delete(ctx, append(old, unneeded...)...)
}

// Remove removes all snapshots of a prefix.
func (a Artifacts) Remove(ctx context.Context, prefix string) error {
	keys, err := a.keys(ctx, prefix+"/")
	if err != nil {
		return err
	}
	slices.SortStableFunc(keys, func(x, y string) int { return strings.Compare(path.Dir(x), path.Dir(y)) }) // manifests, in epochs, before files
	return a.delete(ctx, keys...)
}

// delete removes objects that may be gone already.
func (a Artifacts) delete(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := a.Bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return err
		}
	}
	return nil
}
