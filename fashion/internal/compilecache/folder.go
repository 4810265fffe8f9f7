// Package compilecache has XLA's plugin for the CPU compile no graph twice. It replaces three functions in the table that the plugin hands out, PJRT_Client_Compile,
// PJRT_LoadedExecutable_Destroy and PJRT_Client_Destroy, see pjrt_c_api.h of OpenXLA; whoever compiles needs not know of it. It works on Linux.
//
// In a process, an executable that is there already is handed out once more: it stays for some time after its last use ended. Between processes, graphs whose names have the prefix Prefix are
// kept in the folder that $FASHION_EXECUTABLES names, if it does: what takes seconds to compile is loaded in hundredths of a second. They are compiled without oneDNN: a plugin whose graph calls
// that library crashes when it is asked to serialize it.
package compilecache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"
)

// Prefix begins the names of graphs that are kept.
const Prefix = "kept_"

// most is how many bytes the files of a folder may have in all: those that were not used for longest go first.
const most = 64 << 20

// compilations counts the graphs that were compiled or loaded.
var compilations atomic.Int64

// Compilations is how many graphs this process had compiled or loaded from a file so far.
func Compilations() int64 { return compilations.Load() }

// errCorrupt is a file whose checksum is wrong.
var errCorrupt = errors.New("it is corrupt")

// folder is a folder of executables, each in a file of the name of its key: the SHA-256 of the rest, and the plugin's serialization.
type folder string

// keyOf is the key of what depends on these parts alone.
func keyOf(parts ...[]byte) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d ", len(part))
		h.Write(part)
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// read returns the executable of a key, nil if there is none, and marks it as used.
func (f folder) read(key string) ([]byte, error) {
	path := filepath.Join(string(f), key)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	executable := data[min(sha256.Size, len(data)):]
	if sum := sha256.Sum256(executable); !bytes.Equal(sum[:], data[:len(data)-len(executable)]) {
		return nil, fmt.Errorf("%s: %w", path, errCorrupt)
	}
	now := time.Now()
	os.Chtimes(path, now, now) // where that is forbidden, it goes earlier
	return executable, nil
}

// write keeps an executable, and removes others if there are too many.
func (f folder) write(key string, executable []byte) error {
	if err := os.MkdirAll(string(f), 0o777); err != nil {
		return err
	}
	t, err := os.CreateTemp(string(f), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(t.Name()) // unless it has its name
	sum := sha256.Sum256(executable)
	_, err = t.Write(slices.Concat(sum[:], executable))
	if err = errors.Join(err, t.Close()); err != nil {
		return err
	}
	if err := os.Rename(t.Name(), filepath.Join(string(f), key)); err != nil {
		return err
	}
	return f.shrink(most)
}

// shrink removes the files that were not used for longest until the rest have at most that many bytes.
func (f folder) shrink(limit int64) error {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() { // else another process removed it
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range files {
		if limit -= info.Size(); limit < 0 {
			if err := os.Remove(filepath.Join(string(f), info.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
