package files_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"fashionlab/fashion/internal/files"
)

// fault is how an operation fails.
type fault struct {
	name string
	err  syscall.Errno
	half bool // a write writes the first half
	on   bool // all that need space fail from then on, as on a full disk
}

// faults are those of each kind of operation.
var faults = map[files.Kind][]fault{
	files.Opening:       {{"no space", syscall.ENOSPC, false, false}, {"disk full", syscall.ENOSPC, false, true}, {"input/output error", syscall.EIO, false, false}},
	files.Writing:       {{"no space", syscall.ENOSPC, false, false}, {"short write, disk full", syscall.ENOSPC, true, true}, {"short write, input/output error", syscall.EIO, true, false}},
	files.Truncating:    {{"input/output error", syscall.EIO, false, false}},
	files.Syncing:       {{"input/output error", syscall.EIO, false, false}, {"disk full", syscall.ENOSPC, false, true}},
	files.Closing:       {{"input/output error", syscall.EIO, false, false}},
	files.Renaming:      {{"input/output error", syscall.EIO, false, false}, {"no space", syscall.ENOSPC, false, false}},
	files.Linking:       {{"input/output error", syscall.EIO, false, false}, {"no links", syscall.EPERM, false, false}},
	files.Removing:      {{"input/output error", syscall.EIO, false, false}},
	files.MakingFolder:  {{"no space", syscall.ENOSPC, false, false}, {"input/output error", syscall.EIO, false, false}},
	files.SyncingFolder: {{"input/output error", syscall.EIO, false, false}},
}

// needSpace are the operations that fail on a full disk.
var needSpace = []files.Kind{files.Opening, files.Writing, files.Syncing, files.MakingFolder}

// inject makes the n-th operation fail, 0 for the first, until restore. failed is that operation.
func (f fault) inject(n int) (failed func() files.Operation, restore func()) {
	var count atomic.Int64
	var at atomic.Pointer[files.Operation]
	restore = files.Intercept(func(o files.Operation, do func() error) error {
		i := int(count.Add(1)) - 1
		if i < n || i > n && !(f.on && slices.Contains(needSpace, o.Kind)) {
			return unsynced(o, do)
		}
		if i == n {
			at.Store(&o)
		}
		return f.fail(o, do)
	})
	failed = func() files.Operation {
		if o := at.Load(); o != nil {
			return *o
		}
		return files.Operation{}
	}
	return failed, restore
}

// fail does of an operation what is done before the fault, and returns the error that the system would.
func (f fault) fail(o files.Operation, do func() error) error {
	name := strings.TrimSuffix(string(o.Kind), " folder")
	switch {
	case o.Kind == files.Closing:
		if err := do(); err != nil {
			return err
		}
	case o.Kind == files.Renaming || o.Kind == files.Linking:
		return &os.LinkError{Op: name, Old: o.Path, New: o.To, Err: f.err}
	case f.half:
		file, err := os.OpenFile(o.Path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if _, err := file.WriteAt(o.Data[:len(o.Data)/2], o.Offset); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return &fs.PathError{Op: name, Path: o.Path, Err: f.err}
}

// temporaryName matches the name of a temporary file and finds that of the file that it was to become.
var temporaryName = regexp.MustCompile(`^\.(.+)\.\d+$`)

// names reports whether an error names the file of an operation.
func names(err error, o files.Operation) bool {
	if m := temporaryName.FindStringSubmatch(filepath.Base(o.Path)); m != nil && strings.Contains(err.Error(), filepath.Join(filepath.Dir(o.Path), m[1])) {
		return true
	}
	return strings.Contains(err.Error(), o.Path)
}

// line is what the faults of one kind did.
type line struct{ injected, errors, tolerated, resumed, silent int }

// failAll makes operations of a work fail, one at a time, and checks that each failure ends it with an error that names the file, or does no harm; that it leaves nothing half; and that the next attempt
// resumes to the same results. So many are taken.
func (w work) failAll(t *testing.T, taken some) {
	var operations []files.Operation
	root := w.begin(t)
	restore := files.Intercept(func(o files.Operation, do func() error) error {
		operations = append(operations, o)
		return unsynced(o, do)
	})
	err := w.do(new(recording))
	restore()
	if err != nil {
		t.Fatal(err)
	}
	want, err := results(root)
	if err != nil {
		t.Fatal(err)
	}
	type injection struct {
		n int
		fault
	}
	var all []injection
	for n, o := range operations {
		for _, f := range faults[o.Kind] {
			all = append(all, injection{n, f})
		}
	}
	table := map[string]*line{}
	for _, i := range taken.of(len(all)) {
		n, f := all[i].n, all[i].fault
		key := fmt.Sprintf("%-12s %s", operations[n].Kind, f.name)
		if table[key] == nil {
			table[key] = &line{}
		}
		root := w.begin(t)
		if err := w.failOne(t, root, n, f, want, table[key]); err != nil {
			t.Errorf("operation %d, %s %s, fails with %s: %v", n, operations[n].Kind, operations[n].Path, f.name, err)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s: %d operations", w.name, len(operations))
	t.Logf("%-50s %10s %10s %10s %10s %10s", "operation, fault", "injected", "errors", "tolerated", "resumed", "silent")
	var sum line
	for _, key := range slices.Sorted(maps.Keys(table)) {
		l := table[key]
		t.Logf("%-50s %10d %10d %10d %10d %10d", key, l.injected, l.errors, l.tolerated, l.resumed, l.silent)
		sum = line{sum.injected + l.injected, sum.errors + l.errors, sum.tolerated + l.tolerated, sum.resumed + l.resumed, sum.silent + l.silent}
	}
	t.Logf("%-50s %10d %10d %10d %10d %10d", "all", sum.injected, sum.errors, sum.tolerated, sum.resumed, sum.silent)
}

// failOne makes one operation fail.
func (w work) failOne(t *testing.T, root string, n int, f fault, want map[string]string, l *line) error {
	t.Helper()
	failed, restore := f.inject(n)
	failure := w.do(new(recording))
	restore()
	l.injected++
	o := failed()
	if o.Kind == "" {
		return errors.New("there was no such operation")
	}
	left := temporaries(t, root)
	switch {
	case failure == nil:
		l.tolerated++
		got, err := results(root)
		if err != nil || !maps.Equal(got, want) {
			l.silent++
			return fmt.Errorf("no error, and the results are others (%v)", err)
		}
	case !errors.Is(failure, f.err) || !names(failure, o):
		return fmt.Errorf("the error does not name %s: %w", o.Path, failure)
	case left != "" && o.Kind != files.Removing && !strings.Contains(left, "/published/"):
		return fmt.Errorf("left behind: %s (%w)", left, failure)
	default:
		l.errors++
	}
	if err := w.valid(root); err != nil {
		return fmt.Errorf("left invalid: %w", err)
	}
	if err := w.resume(t, root, want); err != nil {
		return fmt.Errorf("after %v: %w", failure, err)
	}
	l.resumed++
	return nil
}

func TestClassifierWhoseFilesFailEndsWithAnErrorThatNamesTheFileAndResumesBitForBit(t *testing.T) {
	needBackend(t)
	classifier.failAll(t, some{short: 40})
}
