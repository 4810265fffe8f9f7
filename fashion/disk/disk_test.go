package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/files"
)

// file is a file of that content in a new folder.
func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// has fails unless a file has that content.
func has(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s has %q (%v), want %q", path, got, err, want)
	}
}

func TestWrittenFilesHaveThePermissionsThatTheUmaskLeaves(t *testing.T) {
	for umask, want := range map[int]fs.FileMode{0o077: 0o600, 0o022: 0o644, 0o002: 0o664} {
		path := filepath.Join(t.TempDir(), "a", "file")
		before := syscall.Umask(umask)
		err := disk.WriteFile(path, []byte("new"))
		syscall.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("under umask %03o the file has the mode %v (%v), want %v", umask, info.Mode(), err, want)
		}
	}
}

func TestWalkFollowsALinkAndGoesOnPastWhatVanishes(t *testing.T) {
	root := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), root); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := disk.WriteFile(filepath.Join(root, name, "file"), nil); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	err := disk.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if path == filepath.Join(root, "b") {
			err = errors.Join(err, os.RemoveAll(path)) // before its files are listed
		}
		seen = append(seen, strings.TrimPrefix(path, root))
		return err
	})
	if want := []string{"", "/a", "/a/file", "/b", "/c", "/c/file"}; err != nil || !slices.Equal(seen, want) {
		t.Errorf("it visits %q (%v), want %q", seen, err, want)
	}
	if err := disk.WalkDir(filepath.Join(root, "none"), func(string, fs.DirEntry, error) error { return errors.New("visited") }); err != nil {
		t.Errorf("of a folder that is not there: %v", err)
	}
}

func TestPipeIsNotReadAndDoesNotHang(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for _, path := range []string{path, os.DevNull, t.TempDir()} {
		if _, err := disk.ReadFile(path, 0); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error is %v, want one that names it", path, err)
		}
	}
}

func TestFileThatIsLargerThanAllowedIsNotRead(t *testing.T) {
	path := file(t, "")
	if err := os.Truncate(path, 1<<40); err != nil { // takes no space
		t.Skip(err)
	}
	if _, err := disk.ReadFile(path, 1<<20); err == nil || !strings.Contains(err.Error(), "1048576") {
		t.Errorf("the error is %v, want one with the limit", err)
	}
}

func TestFilesAndTheirTemporaryFilesAreListedAndNoOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".done.123", "sub/.a.png.9", "sub/a.png", "a.png", ".done.12x", "done.12", ".other.123", "..123", "done"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	files, temporaries, err := disk.List(dir, "done", "sub/[^.]*.png", "none/*")
	if got, want := fmt.Sprint(files, temporaries), "[done sub/a.png] [.done.123 sub/.a.png.9]"; err != nil || got != want {
		t.Errorf("found %s (%v), want %s", got, err, want)
	}
}

func TestSecondNameIsACopyWhereThereAreNoLinks(t *testing.T) {
	for _, without := range []error{nil, syscall.EPERM, syscall.ENOTSUP, syscall.EMLINK} {
		from := file(t, "new")
		to := filepath.Join(filepath.Dir(from), "second")
		if err := os.WriteFile(to, []byte("old"), 0o666); err != nil {
			t.Fatal(err)
		}
		if without != nil {
			defer files.Intercept(func(o files.Operation, do func() error) error {
				if o.Kind == files.Linking {
					return without
				}
				return do()
			})()
		}
		for range 2 { // the second time both are the same file already
			if err := disk.LinkOrCopy(from, to); err != nil {
				t.Fatalf("%v: %v", without, err)
			}
			has(t, to, "new")
		}
		if entries, _ := os.ReadDir(filepath.Dir(from)); len(entries) != 2 {
			t.Errorf("%v: left behind: %v", without, entries)
		}
		if err := disk.LinkOrCopy(from+".none", to); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: a file that is not there: %v", without, err)
		}
	}
}

func TestLockDestroysNothingThatIsNotALock(t *testing.T) {
	for name, put := range map[string]func(thesis, lock string) error{
		"a link":      os.Symlink,
		"2 names":     os.Link,
		"a pipe":      func(_, lock string) error { return syscall.Mkfifo(lock, 0o600) },
		"a directory": func(_, lock string) error { return os.Mkdir(lock, 0o700) },
	} {
		thesis, dir := file(t, "three years"), t.TempDir()
		if err := put(thesis, filepath.Join(dir, "lock")); err != nil {
			t.Logf("%s: %v", name, err) // the temporary folders may be on different file systems
			continue
		}
		if l, err := disk.NewLock(dir); err == nil {
			t.Errorf("%s was taken for a lock", name)
			l.Close()
		}
		has(t, thesis, "three years")
	}
}

func TestFolderHasOneLock(t *testing.T) {
	dir := t.TempDir()
	l, err := disk.NewLock(dir)
	if err != nil || l.Warning != "" {
		t.Fatal(err, l)
	}
	var locked *disk.LockedError
	if _, err := disk.NewLock(dir); !errors.As(err, &locked) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("the error is %v, want a LockedError that names this process", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = disk.NewLock(dir); err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestLockSaysWhatItCannotPromise(t *testing.T) {
	for _, without := range []error{syscall.ENOLCK, syscall.EOPNOTSUPP, syscall.ENOSYS} {
		defer disk.WithoutLocks(without)()
		dir := t.TempDir()
		l, err := disk.NewLock(dir)
		if err != nil || !strings.Contains(l.Warning, "no locks") || !strings.Contains(l.Warning, dir) {
			t.Fatalf("%v: lock %+v, error %v, want a warning that names the folder", without, l, err)
		}
		l.Close()
		other := exec.Command("sleep", "60")
		if err := other.Start(); err != nil {
			t.Skip(err)
		}
		lock := filepath.Join(dir, "lock")
		if err := os.WriteFile(lock, fmt.Appendln(nil, other.Process.Pid), 0o666); err != nil {
			t.Fatal(err)
		}
		var locked *disk.LockedError
		if _, err := disk.NewLock(dir); !errors.As(err, &locked) {
			t.Errorf("%v: beside a process that runs the error is %v, want a LockedError", without, err)
		}
		if err := errors.Join(other.Process.Kill(), ignore(other.Wait())); err != nil {
			t.Fatal(err)
		}
		if l, err = disk.NewLock(dir); err != nil {
			t.Errorf("%v: after that process ended: %v", without, err)
		} else {
			l.Close()
		}
	}
}

// ignore is for a process that was killed.
func ignore(error) error { return nil }

func TestLockNoticesThatItsFolderIsGone(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"moved":   func(dir string) error { return os.Rename(dir, dir+".elsewhere") },
		"removed": os.RemoveAll,
		"replaced": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o777), os.WriteFile(filepath.Join(dir, "lock"), nil, 0o666))
		},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		l, err := disk.NewLock(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: the error is %v, want one that names the folder", name, err)
		}
		l.Close()
	}
}

func TestReplacedFolderKeepsWhatIsNotOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "folder")
	for i, content := range []string{"one", "two"} {
		if err := disk.ReplaceFolder(dir, map[string][]byte{"x": []byte(content), "sub/y": []byte(content)}, []string{"x", "sub", "z"}); err != nil {
			t.Fatal(err)
		}
		has(t, filepath.Join(dir, "x"), content)
		has(t, filepath.Join(dir, "sub", "y"), content)
		if i == 0 {
			for _, name := range []string{"z", "theirs"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	has(t, filepath.Join(dir, "theirs"), "theirs")
	if _, err := os.Stat(filepath.Join(dir, "z")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of ours that the new folder has not is still there (%v)", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestMain replaces a folder again and again where it is told to, for a test that kills it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("REPLACE_FOLDER"); dir != "" {
		for i := byte(os.Getpid()); ; i++ {
			contents := map[string][]byte{}
			for file := range 5 {
				contents[fmt.Sprintf("sub%d/file", file)] = bytes.Repeat([]byte{i}, 1000)
			}
			if err := disk.ReplaceFolder(dir, contents, []string{"sub0", "sub1", "sub2", "sub3", "sub4"}); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// However often its writer is killed, a folder is complete or not there.
func TestFolderWhoseWriterIsKilledIsCompleteOrNotThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	there, kills, before := 0, 20, []byte(nil)
	for kill := range kills {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), "REPLACE_FOLDER="+dir)
		var out strings.Builder
		c.Stdout = &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if now, err := os.ReadFile(filepath.Join(dir, "sub0", "file")); err == nil && !bytes.Equal(now, before) {
				break // it is at work
			}
		}
		time.Sleep(time.Duration(kill*7%30) * time.Millisecond)
		if err := errors.Join(c.Process.Kill(), ignore(c.Wait())); err != nil || out.Len() > 0 {
			t.Fatalf("kill %d: %v, %s", kill, err, out.String())
		}
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		there++
		want, err := os.ReadFile(filepath.Join(dir, "sub0", "file"))
		if err != nil || len(want) != 1000 {
			t.Fatalf("kill %d: the first file has %d bytes (%v)", kill, len(want), err)
		}
		for file := 1; file < 5; file++ {
			has(t, filepath.Join(dir, fmt.Sprintf("sub%d", file), "file"), string(want))
		}
		before = want
	}
	t.Logf("after %d of %d kills the folder was there, and complete each time", there, kills)
	if there == 0 {
		t.Error("the folder was never there")
	}
}
