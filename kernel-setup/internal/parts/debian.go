package parts

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// dataPackage is Debian's package of the data set.
const dataPackage = "dataset-fashion-mnist"

// aptPatience has apt-get give up on a server that is silent for so many seconds.
const aptPatience = "-oAcquire::http::Timeout=30"

// fetchFromDebian fetches the data set's package with apt-get, which checks its signature, and takes the four files out of it. It needs no root and
// changes nothing outside of the private folder: nothing is installed.
func fetchFromDebian(ctx context.Context, l layout.Layout, dir string) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("this system has no apt-get: %w", err)
	}
	temp, err := os.MkdirTemp(l.Home, "apt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	run := func(args ...string) error {
		return process.RunQuietly(ctx, temp, l.Environment(), apt, append([]string{"-q", aptPatience, "-oAPT::Sandbox::User="}, args...)...)
	}
	if err := run("download", dataPackage); err != nil { // a new machine has no lists yet
		lists, cache := filepath.Join(temp, "lists"), filepath.Join(temp, "cache")
		if err := errors.Join(os.MkdirAll(filepath.Join(lists, "partial"), 0o777), os.MkdirAll(filepath.Join(cache, "archives", "partial"), 0o777)); err != nil {
			return err
		}
		private := []string{"-oDir::State::lists=" + lists, "-oDir::Cache=" + cache}
		if err := run(append(private, "update")...); err != nil {
			return err
		}
		if err := run(append(private, "download", dataPackage)...); err != nil {
			return err
		}
	}
	packages, err := fashion.Glob(temp, "*.deb")
	if err != nil {
		return err
	}
	if len(packages) != 1 {
		return fmt.Errorf("apt-get left %d packages, want 1", len(packages))
	}
	return unpack(ctx, packages[0], dir)
}

// unpack writes the data set's files in a package of Debian to a folder, if their checksums are right.
func unpack(ctx context.Context, file, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, "dpkg-deb", "--fsys-tarfile", file)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	left := dataFiles()
	archive := tar.NewReader(out)
	h, err := archive.Next()
	for ; err == nil; h, err = archive.Next() {
		name := path.Base(h.Name)
		if h.Typeflag != tar.TypeReg || !slices.Contains(left, name) {
			continue
		}
		if err = writeVerified(filepath.Join(dir, name), name, archive); err != nil {
			break
		}
		left = slices.DeleteFunc(left, func(other string) bool { return other == name })
	}
	if errors.Is(err, io.EOF) {
		_, err = io.Copy(io.Discard, out) // what pads the archive, so that the program ends by itself
	}
	out.Close() // a program that is still writing ends
	if ended := c.Wait(); err == nil {
		err = ended
	}
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("it holds no %s", left[0])
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

// writeVerified writes the data set's file of a name, compressed or not, and gives it its path if its checksum is right.
func writeVerified(path, name string, content io.Reader) error {
	partial := path + partSuffix
	f, err := os.Create(partial)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(content, maxDataFile+1))
	if n > maxDataFile {
		err = fmt.Errorf("%s has more than %d bytes", filepath.Base(path), maxDataFile)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fashion.VerifyFile(partial, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, path)
}
