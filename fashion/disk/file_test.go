package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion/disk"
)

func TestOutputGoesWhereItsNameLeads(t *testing.T) {
	dir := t.TempDir()
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	if err := errors.Join(os.WriteFile(file, []byte("before"), 0o666), os.Symlink(file, link), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := disk.WriteOutput(link, []byte("through the link")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v now (%v)", info.Mode(), err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "through the link" {
		t.Errorf("the file has %q (%v)", got, err)
	}
	read := make(chan string)
	go func() {
		data, err := os.ReadFile(pipe)
		if err != nil {
			t.Error(err)
		}
		read <- string(data)
	}()
	if err := disk.WriteOutput(pipe, []byte("through the pipe")); err != nil {
		t.Fatal(err)
	}
	if got := <-read; got != "through the pipe" {
		t.Errorf("the pipe gave %q", got)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v now (%v)", info.Mode(), err)
	}
	made := filepath.Join(dir, "new", "file")
	if err := disk.WriteOutput(made, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(made); err != nil || string(got) != "new" {
		t.Errorf("the new file has %q (%v)", got, err)
	}
	if err := disk.WriteOutput(dir, nil); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("a folder as output: %v", err)
	}
}
