package parts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
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

// findData finds the data set and checks its checksums, unless nothing has changed since they were right.
func findData(l layout.Layout) (string, error) {
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

// makeData provides the data set: from its authors, else from Debian's package where there is apt. A folder that the user named is left alone.
func makeData(ctx context.Context, l layout.Layout, say func(string)) error {
	if dir := os.Getenv(fashion.DirVariable); dir != "" {
		_, err := findData(l)
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
	if ctx.Err() != nil {
		return fetchErr
	}
	say(fmt.Sprintf("download failed (%v); taking it out of Debian's package %s, which is not installed", fetchErr, dataPackage))
	if err := fetchFromDebian(ctx, l, dir); err != nil {
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
