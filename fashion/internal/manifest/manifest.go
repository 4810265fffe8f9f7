// Package manifest lists the digests of a folder's files, and checks a file against them. A manifest is a JSON file that ends with its own digest, so that it
// vouches for itself.
package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"fashionlab/fashion/disk"
)

// Manifest is the list. Files have paths with slashes.
type Manifest struct {
	Finished time.Time         `json:"finished"`       // when the folder was complete
	SHA256   map[string]string `json:"sha256"`         // of each file
	Next     map[string]string `json:"next,omitempty"` // of a file that is being replaced: it has this digest or the one above
	Own      string            `json:"own"`            // SHA-256 of the manifest with this empty
}

// Of is the manifest of files' contents.
func Of(finished time.Time, contents map[string][]byte) Manifest {
	m := Manifest{Finished: finished, SHA256: map[string]string{}}
	for name, data := range contents {
		m.SHA256[filepath.ToSlash(name)] = Digest(data)
	}
	return m
}

// Digest is the SHA-256 of data, in hexadecimal digits.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// DigestFile is the digest of a regular file, "" if there is none.
func DigestFile(path string) (string, error) {
	f, err := disk.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Encode returns the manifest's file.
func (m Manifest) Encode() ([]byte, error) {
	m.Own = ""
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	m.Own = Digest(data)
	data, err = json.MarshalIndent(m, "", "  ")
	return append(data, '\n'), err
}

// Decode is the inverse of Encode.
func Decode(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("found no manifest: %w", err)
	}
	again, err := m.Encode()
	if err == nil && !bytes.Equal(again, data) {
		err = errors.New("the manifest does not have the digest that it names")
	}
	return m, err
}

// Check compares a file's digest, "" if there is no file, with the manifest.
func (m Manifest) Check(name, sum string) error {
	want, listed := m.SHA256[name]
	next, replaced := m.Next[name]
	switch {
	case sum == want || replaced && sum == next: // "" for a file that is neither listed nor there
		return nil
	case sum == "":
		return errors.New("it is not there, and the manifest lists it")
	case !listed:
		return errors.New("the manifest does not list it: it is of another folder")
	}
	return fmt.Errorf("its SHA-256 is %s, and %s in the manifest: it was changed after it was saved", sum, want)
}

// Absent lists the files, in order, that are not among names.
func (m Manifest) Absent(names []string) (absent []string) {
	for _, name := range slices.Sorted(maps.Keys(m.SHA256)) {
		if !slices.Contains(names, name) {
			absent = append(absent, name)
		}
	}
	return absent
}

// Announce returns the manifest for the time in which a file is replaced by one of another digest.
func (m Manifest) Announce(name, sum string) Manifest {
	m.Next = map[string]string{name: sum}
	return m
}

// Settle returns the manifest for the time after that, whether the file in the folder was replaced or not.
func (m Manifest) Settle(dir string) (Manifest, error) {
	next := m.Next
	sums := map[string]string{}
	maps.Copy(sums, m.SHA256)
	m.SHA256, m.Next = sums, nil
	for name, want := range next {
		got, err := DigestFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return m, err
		}
		if got == want {
			m.SHA256[name] = want
		}
	}
	return m, nil
}
