//go:build linux

// Package disktest kills programs that write a folder, at chosen changes of it, and compares what they leave when they are started again with what one leaves that
// nobody disturbed. It is for tests, and for Linux, whose inotify tells of each change.
package disktest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// AllVariable is an environment variable; set to anything, it makes a campaign of kills a whole one. Normal tests make a tenth of the kills.
const AllVariable = "FASHIONLAB_TEST_KILLS"

// Work is something that is written into a folder and can be killed.
type Work struct {
	Name   string
	Points int                        // kills in the whole campaign
	Start  func(dir string) *exec.Cmd // a process that writes the folder, or ends what one before it began; it is killed
	End    func(dir string) error     // ends what a process that was killed began
	// Content describes what may not depend on interruptions, file by file.
	Content func(dir string) (map[string]string, error)
}

// Run kills one process after the other, each in a folder of its own and at another change, ends its work, and fails where the outcome differs or temporary files are left. It prints a line of a
// table.
func (w Work) Run(t *testing.T) {
	t.Helper()
	points := w.Points
	if os.Getenv(AllVariable) == "" {
		points = (w.Points + 9) / 10
		t.Logf("%d of %d kills; %s=1 makes all of them, which takes minutes", points, w.Points, AllVariable)
	}
	root, begin := t.TempDir(), time.Now()
	undisturbed := filepath.Join(root, "undisturbed")
	_, changes, err := killAt(w.Start(undisturbed), undisturbed, 0)
	if err != nil {
		t.Fatalf("%s, undisturbed: %v", w.Name, err)
	}
	if err := w.End(undisturbed); err != nil {
		t.Fatalf("%s, undisturbed: %v", w.Name, err)
	}
	want, err := w.Content(undisturbed)
	if err != nil || len(want) == 0 {
		t.Fatalf("%s, undisturbed: content %v (%v)", w.Name, want, err)
	}
	kills, same, clean, span := 0, 0, 0, changes
	for try := 0; kills < points && try < 3*points; try++ {
		dir := filepath.Join(root, fmt.Sprint(try))
		at := 1 + (2*kills+1)*span/(2*points)
		killed, seen, err := killAt(w.Start(dir), dir, at)
		if err != nil {
			t.Fatalf("%s, killed at change %d: %v", w.Name, at, err)
		}
		if !killed {
			span = seen * 9 / 10 // some came together this time
			continue
		}
		kills++
		left := temporaries(dir)
		if err := w.End(dir); err != nil {
			t.Errorf("%s, killed at change %d, which left %v: %v", w.Name, at, left, err)
			continue
		}
		got, err := w.Content(dir)
		if err == nil && maps.Equal(got, want) {
			same++
		} else {
			t.Errorf("%s, killed at change %d, ended otherwise (%v): %v", w.Name, at, err, differences(got, want))
		}
		if left := temporaries(dir); len(left) == 0 {
			clean++
		} else {
			t.Errorf("%s, killed at change %d, leaves %v", w.Name, at, left)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Printf("| %-28s | %7d | %5d | %9d | %15d | %4.0f s |\n", w.Name, changes, kills, same, clean, time.Since(begin).Seconds())
	if kills < points {
		t.Errorf("%s: %d kills, want %d", w.Name, kills, points)
	}
}

// Header prints the table's header.
func Header() {
	fmt.Println("| work                         | changes | kills | identical | nothing left    | time   |\n| --- | --- | --- | --- | --- | --- |")
}

// differences are the names of the files that differ.
func differences(got, want map[string]string) (list []string) {
	for name := range want {
		if got[name] != want[name] {
			list = append(list, fmt.Sprintf("%s: %.200q, want %.200q", name, got[name], want[name]))
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			list = append(list, name+" is new")
		}
	}
	slices.Sort(list)
	return list
}

// temporary matches what writers leave behind that are killed: a temporary file of the package disk, or a folder that is to replace another.
var temporary = regexp.MustCompile(`^\..+\.(\d+|new|old)$|^[a-z]+-\d+$|\.part$`)

// temporaries are the paths of the files and folders in a folder that look temporary.
func temporaries(dir string) (list []string) {
	filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && temporary.MatchString(filepath.Base(path)) {
			list = append(list, strings.TrimPrefix(path, dir))
		}
		return nil // one that vanished meanwhile
	})
	return list
}

// Changes of a folder that are counted.
const counted = syscall.IN_CREATE | syscall.IN_MODIFY | syscall.IN_CLOSE_WRITE | syscall.IN_MOVED_FROM | syscall.IN_MOVED_TO | syscall.IN_DELETE

// killAt runs a process and kills it at the n-th change of a folder and those in it, or never if n is 0. It returns whether it was killed, and how many changes were seen. A process that ends by itself must do so
// without an error.
func killAt(c *exec.Cmd, dir string, n int) (killed bool, seen int, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return false, 0, err
	}
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return false, 0, err
	}
	w := watcher{events: os.NewFile(uintptr(fd), "inotify"), folders: map[int32]string{}, fd: fd}
	defer w.events.Close()
	if err := w.add(dir); err != nil {
		return false, 0, err
	}
	var output strings.Builder
	c.Stdout, c.Stderr, c.WaitDelay = &output, &output, 10*time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what it starts is killed with it
	if err := c.Start(); err != nil {
		return false, 0, err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- c.Wait()
		w.events.SetReadDeadline(time.Now())
	}()
	running := true
	for running && (n == 0 || w.seen < n) {
		if running, err = w.read(); err != nil {
			return false, w.seen, errors.Join(err, c.Process.Kill(), <-ended)
		}
	}
	if running {
		syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // it may end by itself at this moment
	}
	err = <-ended
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return true, w.seen, nil
	}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, output.String())
	}
	return false, w.seen, err
}

// watcher counts the changes of folders.
type watcher struct {
	events  *os.File
	fd      int
	folders map[int32]string
	seen    int
}

// add watches a folder and those in it. What is in a new one already are changes that nobody saw.
func (w *watcher) add(dir string) error {
	wd, err := syscall.InotifyAddWatch(w.fd, dir, counted|syscall.IN_ONLYDIR)
	if errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) {
		return nil // it has gone
	}
	if err != nil {
		return err
	}
	w.folders[int32(wd)] = dir
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		w.seen++
		if e.IsDir() {
			if err := w.add(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// read waits for changes and counts them. It returns false when the process has ended, with the last ones counted.
func (w *watcher) read() (running bool, err error) {
	buffer := make([]byte, 64<<10)
	n, err := w.events.Read(buffer)
	if err == nil {
		return true, w.count(buffer[:n])
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false, err
	}
	for {
		n, err := syscall.Read(w.fd, buffer) // nothing is waited for after a deadline
		if errors.Is(err, syscall.EAGAIN) {
			return false, nil
		}
		if err == nil {
			err = w.count(buffer[:n])
		}
		if err != nil {
			return false, err
		}
	}
}

// count counts changes and watches new folders.
func (w *watcher) count(data []byte) error {
	for len(data) > 0 {
		event := parse(data)
		data = data[syscall.SizeofInotifyEvent+event.length:]
		w.seen++
		if event.mask&syscall.IN_ISDIR != 0 && event.mask&(syscall.IN_CREATE|syscall.IN_MOVED_TO) != 0 {
			if err := w.add(filepath.Join(w.folders[event.watch], event.name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// event is a change, see inotify(7).
type event struct {
	watch  int32 // the folder's
	mask   uint32
	length int // of the name with the zeros after it
	name   string
}

// parse reads the first event of what inotify sent.
func parse(data []byte) event {
	e := event{
		watch:  int32(binary.NativeEndian.Uint32(data)),
		mask:   binary.NativeEndian.Uint32(data[4:]),
		length: int(binary.NativeEndian.Uint32(data[12:])),
	}
	e.name = strings.TrimRight(string(data[syscall.SizeofInotifyEvent:][:e.length]), "\x00")
	return e
}
