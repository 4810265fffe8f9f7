package files_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"fashionlab/fashion/internal/files"
)

// promise is what a program announced as kept, once so many operations were done.
type promise struct {
	after int
	what  string
	kept  func(root string) error // whether it is in a copy of the folder
}

// recording is the operations of a program below a folder, which was empty before.
type recording struct {
	root       string
	mutex      sync.Mutex // a search trains in goroutines of its own
	operations []files.Operation
	promises   []promise
}

// record does what is to be recorded.
func record(t *testing.T, root string, do func(r *recording)) *recording {
	t.Helper()
	r := &recording{root: root}
	defer files.Intercept(func(o files.Operation, do func() error) error {
		o.Data = bytes.Clone(o.Data)
		r.mutex.Lock()
		defer r.mutex.Unlock()
		err := unsynced(o, do)
		if err == nil && o.Kind != files.Closing && strings.HasPrefix(o.Path, root) {
			r.operations = append(r.operations, o)
		}
		return err
	})()
	do(r)
	return r
}

// unsynced is a layer that leaves out what only a real power cut would show.
func unsynced(o files.Operation, do func() error) error {
	if o.Kind == files.Syncing || o.Kind == files.SyncingFolder {
		return nil
	}
	return do()
}

// promise announces that something is kept from now on.
func (r *recording) promise(what string, kept func(root string) error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.promises = append(r.promises, promise{len(r.operations), what, kept})
}

// without is the recording of a program that forgets operations of a kind, on paths that have that text in them.
func (r *recording) without(kind files.Kind, path string) *recording {
	forgetful := &recording{root: r.root}
	left := 0
	for i := 0; ; i++ {
		for left < len(r.promises) && r.promises[left].after == i {
			p := r.promises[left]
			p.after = len(forgetful.operations)
			forgetful.promises, left = append(forgetful.promises, p), left+1
		}
		if i == len(r.operations) {
			return forgetful
		}
		if o := r.operations[i]; o.Kind != kind || !strings.Contains(o.Path, path) {
			forgetful.operations = append(forgetful.operations, o)
		}
	}
}

// names are those of a path below the recording's folder.
func (r *recording) names(t *testing.T, path string) []string {
	t.Helper()
	name, err := filepath.Rel(r.root, path)
	if err != nil || !filepath.IsLocal(name) {
		t.Fatalf("%s is not in %s", path, r.root)
	}
	if name == "." {
		return nil
	}
	return strings.Split(name, string(os.PathSeparator))
}
