package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion/run"
)

// savedOnce is a run with a checkpoint after its first epoch.
func savedOnce(t *testing.T) *run.Run {
	t.Helper()
	r := begin(t, t.TempDir())
	if err := r.SaveCheckpoint(run.Last, checkpoint(1)); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkRefused fails unless the second checkpoint was refused with an error that names its file, and the first one
// is still whole with nothing left beside it.
func checkRefused(t *testing.T, r *run.Run, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), r.Dir) {
		t.Errorf("error is %v, want %v with the file's name", err, want)
	}
	got, found, err := r.LoadCheckpoint(run.Last)
	if err != nil || !found || !reflect.DeepEqual(got, checkpoint(1)) {
		t.Errorf("the checkpoint saved before is now %+v, %v, %v", got, found, err)
	}
	if left, _ := filepath.Glob(filepath.Join(r.Dir, "*", ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A limit on file sizes stands for a disk that is full: both end a write in its middle. The log of go test is a file too, and smaller than the limit.
func TestFullDiskKeepsWhatWasSaved(t *testing.T) {
	r := savedOnce(t)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	large := checkpoint(2)
	large.Tensors[0].Data, large.Tensors[0].Shape = make([]byte, 2<<20), []int{2 << 18}
	err := r.SaveCheckpoint(run.Last, large)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, r, err, syscall.EFBIG)
}

func TestReadOnlyFolderKeepsWhatWasSaved(t *testing.T) {
	r := savedOnce(t)
	err := filepath.WalkDir(r.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(path, 0o555)
			t.Cleanup(func() { os.Chmod(path, 0o755) })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checkRefused(t, r, asNobody(t, func() error { return r.SaveCheckpoint(run.Last, checkpoint(2)) }), os.ErrPermission)
}

// asNobody calls f without root's right to write everywhere, if this is root.
func asNobody(t *testing.T, f func() error) error {
	t.Helper()
	if os.Getuid() != 0 {
		return f()
	}
	runtime.LockOSThread() // the change is this thread's alone
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(65534); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setfsuid(0)
	return f()
}
