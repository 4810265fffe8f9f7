package fashion

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The names of the data set's files. A folder may hold them with or without ".gz".
const (
	TrainImagesFile = "train-images-idx3-ubyte.gz"
	TrainLabelsFile = "train-labels-idx1-ubyte.gz"
	TestImagesFile  = "t10k-images-idx3-ubyte.gz"
	TestLabelsFile  = "t10k-labels-idx1-ubyte.gz"
)

// checksums are the sha256 of the decompressed bytes of each file: of the official one, and of the subset of 2,000 real images in this module's
// testdata. The compressed copies in circulation differ in their gzip headers.
var checksums = map[string][]string{
	TrainImagesFile: {
		"c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
		"255e4ee5030c1b3f2a0487f20aef011c00dd85e812ddd30dddf3d68b3943af7a",
	},
	TrainLabelsFile: {
		"bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
		"493780981a45d260a4fb83486cce245889abff22d54e2fe246a1fcffc99c1ba1",
	},
	TestImagesFile: {
		"5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
		"7f8e06b687754aef2806b7a0e7748c2e00c1f6a200fee1b46cb73ba4819b9d9c",
	},
	TestLabelsFile: {
		"0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
		"7b9f1d61b8ae1834f18542447d9936d481ccbd328aac5858bef25b0032840fba",
	},
}

// ChecksumError is a complete, readable file whose content is not the data set's.
type ChecksumError struct{ File, Got string }

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s: sha256 of its decompressed bytes is %s, which is no file of Fashion-MNIST; "+
		"remove it and run `go run ./kernel-setup setup`", e.File, e.Got)
}

// DirVariable is the environment variable that names the folder of the data set.
const DirVariable = "FASHION_MNIST_DIR"

// searchPath lists the folders that FindDir looks in.
func searchPath() []string {
	if dir := os.Getenv(DirVariable); dir != "" {
		return []string{dir}
	}
	debian := "/usr/share/datasets/fashion-mnist"
	home, err := Home()
	if err != nil {
		return []string{debian}
	}
	return []string{filepath.Join(home, "fashion-mnist"), debian} // the set-up's copy is decompressed, which takes a third of the time to read
}

// Home returns the project's private folder, which holds what set-up fetches: $FASHIONLAB_HOME, else "fashionlab" in the user's cache folder.
func Home() (string, error) {
	if dir := os.Getenv("FASHIONLAB_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for what set-up fetches; set FASHIONLAB_HOME: %w", err)
	}
	return filepath.Join(dir, "fashionlab"), nil
}

// Glob lists the files of a folder whose names match a pattern of path.Match, with the folder, whatever characters that has. A folder that is not there is an error.
func Glob(dir, pattern string) ([]string, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, err
	}
	names, err := fs.Glob(os.DirFS(dir), pattern)
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, err
}

// FindDir returns the folder of the data set. If $FASHION_MNIST_DIR is set, it is that folder. Otherwise it is the one that `kernel-setup setup` fills or
// the folder of Debian's package dataset-fashion-mnist. A folder without the four files is an error that wraps fs.ErrNotExist.
func FindDir() (string, error) {
	dirs := searchPath()
	for _, dir := range dirs {
		if missing := missingIn(dir); missing == "" {
			return dir, nil
		} else if os.Getenv(DirVariable) != "" {
			return "", fmt.Errorf("$%s is %s, which has no %s: %w", DirVariable, dir, missing, fs.ErrNotExist)
		}
	}
	return "", fmt.Errorf("Fashion-MNIST is in none of %s; run `go run ./kernel-setup setup`: %w",
		strings.Join(dirs, ", "), fs.ErrNotExist)
}

func missingIn(dir string) string {
	for name := range checksums {
		if _, err := os.Stat(resolve(dir, name)); err != nil {
			return name
		}
	}
	return ""
}

// resolve returns the path of a file, or of its uncompressed form where only that exists.
func resolve(dir, name string) string {
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if plain := strings.TrimSuffix(path, ".gz"); exists(plain) {
			return plain
		}
	}
	return path
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// LoadTrain reads the 60,000 training images of a folder and checks their checksums. Its errors are a *FormatError, a *ChecksumError, or wrap
// fs.ErrNotExist.
func LoadTrain(dir string) (Set, error) { return load(dir, TrainImagesFile, TrainLabelsFile) }

// LoadTest reads the 10,000 test images of a folder, as LoadTrain reads the training images. Only an evaluation may see them: package infer
// has the two functions that open them for a run, Test and Robustness; both record it.
func LoadTest(dir string) (Set, error) { return load(dir, TestImagesFile, TestLabelsFile) }

// Verify reads the four files of a folder and returns an error for the first that is missing, corrupt or of other content.
func Verify(dir string) error {
	if _, err := LoadTrain(dir); err != nil {
		return err
	}
	_, err := LoadTest(dir)
	return err
}

func load(dir, imagesName, labelsName string) (Set, error) {
	imageData, imagesPath, err := readChecked(dir, imagesName)
	if err != nil {
		return Set{}, err
	}
	labelData, labelsPath, err := readChecked(dir, labelsName)
	if err != nil {
		return Set{}, err
	}
	var s Set
	if s.Images, err = readImages(bytes.NewReader(imageData), imagesPath); err != nil {
		return Set{}, err
	}
	if s.Labels, err = readLabels(bytes.NewReader(labelData), labelsPath); err != nil {
		return Set{}, err
	}
	if len(s.Images) != len(s.Labels) {
		return Set{}, &countError{imagesPath, labelsPath, len(s.Images), len(s.Labels)}
	}
	return s, nil
}

// maxBytes bounds the memory that a corrupt or hostile file can take: the largest real one has 47,040,016 bytes.
const maxBytes = 64 << 20

// Decompressed returns the bytes of a file of a folder, decompressed. They are compared with their checksum.
func Decompressed(dir, name string) ([]byte, error) {
	data, _, err := readChecked(dir, name)
	return data, err
}

// VerifyFile checks that a file, compressed or not, has the content of the data set's file of that name.
func VerifyFile(path, name string) error {
	_, err := checked(path, name)
	return err
}

func readChecked(dir, name string) (data []byte, path string, err error) {
	path = resolve(dir, name)
	data, err = checked(path, name)
	return data, path, err
}

// checked returns a file's decompressed bytes if their checksum is one of those known for the name. A file with another checksum is parsed,
// so that the error says what is corrupt in it.
func checked(path, name string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w; run `go run ./kernel-setup setup`", err)
	}
	defer file.Close()
	data, err := decompress(file, path)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	got := hex.EncodeToString(sum[:])
	for _, want := range checksums[name] {
		if got == want {
			return data, nil
		}
	}
	if strings.Contains(name, "images") {
		_, err = readImages(bytes.NewReader(data), path)
	} else {
		_, err = readLabels(bytes.NewReader(data), path)
	}
	if err == nil {
		err = &ChecksumError{path, got}
	}
	return nil, err
}

func decompress(file *os.File, path string) ([]byte, error) {
	f, err := open(file, path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(min(2*info.Size(), maxBytes)) + bytes.MinRead) // gzip reduces these images to about a half
	n, err := io.Copy(&b, io.LimitReader(f.r, maxBytes+1))
	if n > maxBytes {
		return nil, &FormatError{path, maxBytes, "size", fmt.Sprintf("over %d bytes", maxBytes), "no more than that; it is not this data set", nil}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &FormatError{path, n, "gzip stream", "truncated", "its end; fetch the file again", err}
	}
	if err != nil {
		var corrupt = errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader)
		got := "unreadable"
		if corrupt {
			got = "corrupt"
		}
		return nil, &FormatError{path, n, "gzip stream", got, "a complete one; fetch the file again", err}
	}
	return b.Bytes(), nil
}
