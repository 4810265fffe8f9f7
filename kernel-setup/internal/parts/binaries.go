package parts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layout"
)

// For Macs there is no wheel with XLA's CPU plugin: it comes from the binaries that go-xla's authors publish for the version of go-xla in go.mod. They publish no
// checksum. So the plugin's sha256 is kept when it is first installed: doctor shows it and finds out whether the file has changed since, and a later installation of the same
// version must have the same.
const (
	binariesAddress  = "https://github.com/gomlx/pjrt-cpu-binaries/releases/download"
	binariesVersion  = "v0.114.0"
	binariesPlatform = "darwin_arm64"
	binariesStamp    = "PJRT." + binariesVersion + ".sha256"
)

// The most that an archive and the plugin in it may hold, in bytes: several times the sizes of today's.
const (
	maxArchive = 300 << 20
	maxPlugin  = 1 << 30
)

// pluginInArchive matches a plugin's file in an archive; its name holds the version.
var pluginInArchive = regexp.MustCompile(`^pjrt_c_api_cpu_.*plugin\.(so|dylib)$`)

// fetchBinary fetches the published plugin for Macs.
func fetchBinary(ctx context.Context, l layout.Layout, address string, say func(string)) ([]byte, error) {
	name := fmt.Sprintf("pjrt_cpu_%s.tar.gz", binariesPlatform)
	address = fmt.Sprintf("%s/%s/%s", address, binariesVersion, name)
	archive := filepath.Join(l.Home, name)
	say("downloading " + address)
	var plugin []byte
	err := fetch(ctx, address, archive, maxArchive, func(path string) (err error) {
		if plugin, err = pluginFromArchive(path); err == nil {
			err = checkFirstUse(l, plugin)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w\nwhere there is a network, fetch it, unpack the plugin in it and put it at %s", err, filepath.Join(l.XLA, device.CPUPlugin))
	}
	return plugin, errors.Join(l.SetStamp(binariesStamp, hash(plugin)), os.Remove(archive))
}

// pluginFromArchive returns the plugin in an archive. It reads the archive to its end, so that a corrupt one is noticed.
func pluginFromArchive(archive string) (plugin []byte, err error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", archive, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		if h.Typeflag != tar.TypeReg || !pluginInArchive.MatchString(path.Base(h.Name)) {
			continue
		}
		if h.Size > maxPlugin {
			return nil, fmt.Errorf("%s: %s has %d bytes, want at most %d", archive, h.Name, h.Size, maxPlugin)
		}
		if plugin, err = io.ReadAll(t); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", archive, h.Name, err)
		}
	}
	if plugin == nil {
		return nil, fmt.Errorf("%s holds no file like pjrt_c_api_cpu_plugin.so", archive)
	}
	if err := checkExports(bytes.NewReader(plugin), "darwin"); err != nil {
		return nil, fmt.Errorf("%s: the plugin in it: %w", archive, err)
	}
	return plugin, nil
}

// checkFirstUse reports a plugin other than the one of the same version that was first installed.
func checkFirstUse(l layout.Layout, plugin []byte) error {
	want, err := os.ReadFile(l.Stamp(binariesStamp))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if got := hash(plugin); got != string(want) {
		return fmt.Errorf("the plugin has the sha256 %s, which was %s when %s was first installed; find out why, and if it is right, remove %s",
			got, want, binariesVersion, l.Stamp(binariesStamp))
	}
	return nil
}

// firstUse tells the sha256 that was kept of the plugin, "" if none was.
func firstUse(l layout.Layout) string {
	sum, err := os.ReadFile(l.Stamp(binariesStamp))
	if err != nil {
		return "" // it came from a wheel, whose sha256 is pinned
	}
	return fmt.Sprintf(", sha256 %s when first installed (its authors publish none)", sum)
}

// CheckSum reports a plugin that has changed since it was installed, where only its first installation tells what it should be.
func CheckSum(l layout.Layout) error {
	if _, err := os.Stat(l.Stamp(binariesStamp)); errors.Is(err, fs.ErrNotExist) {
		return nil // its sha256 was checked when it was installed, or it is not ours
	}
	path := filepath.Join(l.XLA, device.CPUPlugin)
	plugin, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := checkFirstUse(l, plugin); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
