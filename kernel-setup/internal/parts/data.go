package parts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// dataAddresses are where the data set's authors publish it: the files of their repository, then the website that their README names, which has no https.
// Their compressed files may differ; what they decompress to is checked.
var dataAddresses = []string{
	"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
	"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
}

// maxDataFile is the most that a file of it may have, in bytes: the largest has 26 MB.
const maxDataFile = 64 << 20

// dataInputs names the files of a folder by size and time of change, so that only changed ones are read again.
func dataInputs(dir string) (string, error) {
	inputs := dir
	for _, name := range dataFiles() {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			info, err = os.Stat(strings.TrimSuffix(path, ".gz"))
		}
		if err != nil {
			return "", err
		}
		inputs += fmt.Sprintf("\n%s %d %d", name, info.Size(), info.ModTime().UnixNano())
	}
	return inputs, nil
}

func dataFiles() []string {
	return []string{fashion.TrainImagesFile, fashion.TrainLabelsFile, fashion.TestImagesFile, fashion.TestLabelsFile}
}

// FindData finds the data set and checks its checksums, unless nothing has changed since they were right.
func FindData(l layout.Layout) (string, error) {
	dir, err := fashion.FindDir()
	if err != nil {
		return "", err
	}
	inputs, err := dataInputs(dir)
	if err != nil {
		return "", err
	}
	if !l.Stamped(Data, inputs) {
		if err := fashion.Verify(dir); err != nil {
			return "", err
		}
		if err := os.MkdirAll(l.Home, 0o777); err == nil { // without a private folder it is verified each time
			if err := l.SetStamp(Data, inputs); err != nil {
				return "", err
			}
		}
	}
	return "70,000 images, checksums correct, in " + dir, nil
}

// makeData provides the data set: from Debian's package where that can be installed, else from its authors. A folder
// that the user named is left alone.
func makeData(ctx context.Context, l layout.Layout, say func(string)) error {
	if dir := os.Getenv(fashion.DirVariable); dir != "" {
		_, err := FindData(l)
		if err == nil {
			return nil // it has been corrected meanwhile
		}
		return fmt.Errorf("$%s: %w; correct the folder, or unset the variable to have the data set downloaded", fashion.DirVariable, err)
	}
	dir := l.Data()
	fetchErr := fetchAll(ctx, dataAddresses, dir, say)
	if fetchErr == nil {
		return nil
	}
	say(fmt.Sprintf("download failed (%v); installing Debian's package dataset-fashion-mnist", fetchErr))
	if err := installDebianPackage(ctx, l, "dataset-fashion-mnist"); err != nil {
		return fmt.Errorf("%w\nand: %w\nput the four files into a folder and name it with $%s", fetchErr, err, fashion.DirVariable)
	}
	return nil
}

// fetchAll fetches the four files that are not yet there with the right checksum, from the first address that has them.
func fetchAll(ctx context.Context, addresses []string, dir string, say func(string)) error {
	var failed error
	for _, address := range addresses {
		say("downloading 31 MB from " + address + " into " + dir)
		err := fetchFrom(ctx, address, dir)
		if err == nil || ctx.Err() != nil {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// fetchFrom fetches the files from one address.
func fetchFrom(ctx context.Context, address, dir string) error {
	for _, name := range dataFiles() {
		path := filepath.Join(dir, name)
		if err := fetch(ctx, address+name, path, maxDataFile, func(part string) error { return fashion.VerifyFile(part, name) }); err != nil {
			return err
		}
	}
	return nil
}

// aptPatience has apt-get give up on a server that is silent for so many seconds.
const aptPatience = "-oAcquire::http::Timeout=30"

// installDebianPackage installs a package where apt is and the user may.
func installDebianPackage(ctx context.Context, l layout.Layout, name string) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return fmt.Errorf("this system has no apt-get: %w", err)
	}
	command := []string{apt}
	if os.Geteuid() != 0 {
		sudo, err := exec.LookPath("sudo")
		if err != nil {
			return fmt.Errorf("installing %s needs root: run as root `apt-get install %s`", name, name)
		}
		command = []string{sudo, "-n", apt}
	}
	env := l.Environment("DEBIAN_FRONTEND=noninteractive")
	install := append(command[1:len(command):len(command)], aptPatience, "install", "-y", "-q", "--no-install-recommends", name)
	if process.RunQuietly(ctx, "/", env, command[0], install...) == nil {
		return nil
	}
	update := append(command[1:len(command):len(command)], aptPatience, "update", "-q") // a new machine has no lists yet
	if err := process.RunQuietly(ctx, "/", env, command[0], update...); err != nil {
		return err
	}
	return process.RunQuietly(ctx, "/", env, command[0], install...)
}
