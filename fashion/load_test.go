package fashion_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
)

const subset = "../testdata/fashion-mnist"

func TestSubsetLoadsWithAsManyImagesOfEachClass(t *testing.T) {
	for _, c := range []struct {
		load     func(string) (fashion.Set, error)
		perClass int
	}{{fashion.LoadTrain, 160}, {fashion.LoadTest, 40}} {
		s, err := c.load(subset)
		if err != nil {
			t.Fatal(err)
		}
		for class, n := range s.CountByClass() {
			if n != c.perClass {
				t.Errorf("%d images of class %d, want %d", n, class, c.perClass)
			}
		}
	}
}

func compressed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func idx(magic uint32, dims []uint32, body int) []byte {
	data := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		data = binary.BigEndian.AppendUint32(data, d)
	}
	return append(data, make([]byte, body)...)
}

func TestCorruptImageFileIsReportedWithFileAndOffset(t *testing.T) {
	complete, err := os.ReadFile(filepath.Join(subset, fashion.TestImagesFile))
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(complete)
	flipped[len(flipped)/2] ^= 0x55
	for name, c := range map[string]struct {
		data   []byte
		field  string // of the FormatError; "" where it varies
		offset int64
	}{
		"gzip truncated":   {complete[:len(complete)/2], "gzip stream", -1},
		"gzip corrupt":     {flipped, "", -1},
		"gzip header only": {complete[:4], "gzip header", 0},
		"empty":            {nil, "magic number", 0},
		"wrong magic":      {idx(0x0801, []uint32{1}, 1), "magic number", 0},
		"no images":        {idx(0x0803, []uint32{0, 28, 28}, 0), "number of images", 4},
		"lying count":      {idx(0x0803, []uint32{1 << 30, 28, 28}, 784), "number of images", 4},
		"too few images":   {idx(0x0803, []uint32{2, 28, 28}, 784), "image 1 of 2", 16 + 784},
		"too many bytes":   {idx(0x0803, []uint32{1, 28, 28}, 785), "end of file", 16 + 784},
		"other side":       {idx(0x0803, []uint32{1, 28, 32}, 784), "columns", 12},
		"oversized":        {compressed(t, make([]byte, 65<<20)), "size", 64 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, fashion.TestImagesFile)
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			err := fashion.VerifyFile(path, fashion.TestImagesFile)
			var format *fashion.FormatError
			if !errors.As(err, &format) {
				t.Fatalf("error is %v, want a FormatError", err)
			}
			if format.File != path {
				t.Errorf("file is %s, want %s", format.File, path)
			}
			if c.field != "" && format.Field != c.field {
				t.Errorf("field is %q, want %q (%v)", format.Field, c.field, err)
			}
			if c.offset >= 0 && format.Offset != c.offset {
				t.Errorf("offset is %d, want %d (%v)", format.Offset, c.offset, err)
			}
		})
	}
}

func TestCompleteFileOfOtherContentIsAChecksumError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "labels")
	if err := os.WriteFile(path, idx(0x0801, []uint32{3}, 3), 0o600); err != nil {
		t.Fatal(err)
	}
	var sum *fashion.ChecksumError
	if err := fashion.VerifyFile(path, fashion.TestLabelsFile); !errors.As(err, &sum) {
		t.Fatalf("error is %v, want a ChecksumError", err)
	}
}

func TestLabelOutsideTheClassesIsReported(t *testing.T) {
	data := idx(0x0801, []uint32{2}, 2)
	data[9] = 10
	_, err := fashion.ExportReadLabels(bytes.NewReader(data), "labels")
	var format *fashion.FormatError
	if !errors.As(err, &format) || format.Offset != 9 || format.Got != "10" {
		t.Fatalf("error is %v, want one about the label 10 at byte 9", err)
	}
}

func TestMissingFolderNamesTheCommandOrTheVariable(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(fashion.DirVariable, dir)
	_, err := fashion.FindDir()
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), fashion.DirVariable) {
		t.Errorf("error is %v, want one that names $%s", err, fashion.DirVariable)
	}
	if _, err := fashion.LoadTrain(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "kernel-setup setup") {
		t.Errorf("error is %v, want one that names the command", err)
	}
}

func FuzzReadImages(f *testing.F) {
	f.Add(idx(0x0803, []uint32{1, 28, 28}, 784))
	f.Add(idx(0x0803, []uint32{1 << 20, 28, 28}, 10))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		images, err := fashion.ExportReadImages(bytes.NewReader(data), "fuzz")
		if err == nil && len(images) == 0 {
			t.Error("no image and no error")
		}
	})
}

func FuzzReadLabels(f *testing.F) {
	f.Add(idx(0x0801, []uint32{4}, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := fashion.ExportReadLabels(bytes.NewReader(data), "fuzz")
		for _, l := range labels {
			if err == nil && l >= fashion.NumClasses {
				t.Errorf("label %d", l)
			}
		}
	})
}
