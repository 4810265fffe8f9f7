package parts

import (
	"bytes"
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

// findDir finds the folder of the data set; tests do without that of an installed package.
var findDir = fashion.FindDir

// dataInputs names the files of a folder by size and time of change, so that only changed ones are read again.
func dataInputs(dir string) (string, error) {
	inputs := dir
	for _, name := range dataFiles() {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			info, err = os.Stat(plain(path))
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

// plain is the name of a file of the data set without compression.
func plain(name string) string { return strings.TrimSuffix(name, ".gz") }

// errCompressed is a data set that is there, but takes three times as long to read as the decompressed copy in the private folder, in every cell of a notebook.
var errCompressed = errors.New("not decompressed yet")

// findData finds the data set and checks its checksums, unless nothing has changed since they were right.
func findData(l layout.Layout) (string, error) {
	dir, err := findDir()
	if err != nil {
		return "", err
	}
	inputs, err := dataInputs(dir)
	if err != nil {
		return "", err
	}
	if os.Getenv(fashion.DirVariable) == "" && compressed(l, dir) {
		return "", fmt.Errorf("%s: %w", dir, errCompressed)
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

// compressed reports whether a folder is not the decompressed copy in the private one.
func compressed(l layout.Layout, dir string) bool {
	for _, name := range dataFiles() {
		if _, err := os.Lstat(filepath.Join(l.Data(), name)); err == nil {
			return true
		}
	}
	return dir != l.Data()
}

// makeData provides the data set, decompressed: Debian's package if it is installed, else from its authors, else out of the package where there is apt. A folder that the user named is left alone.
func makeData(ctx context.Context, l layout.Layout, say func(string)) error {
	if dir := os.Getenv(fashion.DirVariable); dir != "" {
		_, err := findData(l)
		if err == nil {
			return nil // it has been corrected meanwhile
		}
		return fmt.Errorf("$%s: %w; correct the folder, or unset the variable to have the data set downloaded", fashion.DirVariable, err)
	}
	dir := l.Data()
	if fashion.Verify(dir) != nil { // a corrupt file in it hides a good folder
		if err := removeData(dir); err != nil {
			return err
		}
	}
	if from, err := findDir(); err == nil && fashion.Verify(from) == nil {
		return decompress(from, dir, say)
	}
	if err := fetchAll(ctx, dataAddresses, dir, say); err != nil {
		if ctx.Err() != nil {
			return err
		}
		say(fmt.Sprintf("download failed (%v); taking it out of Debian's package %s, which is not installed", err, dataPackage))
		if debianErr := fetchFromDebian(ctx, l, dir); debianErr != nil {
			return fmt.Errorf("%w\nand: %w\nput the four files into a folder and name it with $%s", err, debianErr, fashion.DirVariable)
		}
	}
	return decompress(dir, dir, say)
}

// ourData names what the set-up may have put into the folder of the data set.
func ourData() (names []string) {
	for _, name := range dataFiles() {
		names = append(names, name, name+partSuffix, plain(name), plain(name)+partSuffix)
	}
	return names
}

// removeData removes a data set that is not whole. What is being fetched stays, so that fetching goes on.
func removeData(dir string) error {
	for _, name := range ourData() {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, partSuffix) || strings.HasSuffix(name, ".gz") && fashion.VerifyFile(path, name) == nil {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// decompress keeps a decompressed copy of the data set in a folder, without the compressed files that are there.
func decompress(from, to string, say func(string)) error {
	say("decompressing " + from + " into " + to + " (55 MB), which takes a third of the time to read")
	if err := os.MkdirAll(to, 0o777); err != nil {
		return err
	}
	for _, name := range dataFiles() {
		data, err := fashion.Decompressed(from, name)
		if err != nil {
			return err
		}
		if err := writeVerified(filepath.Join(to, plain(name)), name, bytes.NewReader(data)); err != nil {
			return err
		}
	}
	for _, name := range dataFiles() {
		if err := os.Remove(filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
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
