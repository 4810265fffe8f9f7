package parts

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"

	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/kernel-setup/internal/layout"
)

// Where there is no wheel with XLA's CPU plugin, it comes from the binaries that go-xla's authors publish for the version of go-xla in go.mod.
const (
	binariesAddress = "https://github.com/gomlx/pjrt-cpu-binaries/releases/download"
	binariesVersion = "v0.114.0"
)

// binaryPlatforms are those that binaries are published for.
var binaryPlatforms = []string{"linux_arm64", "darwin_arm64"}

// pluginSource names what a plugin for a system is installed from.
func pluginSource(goos, goarch string) string {
	if goos == "linux" && goarch == "amd64" {
		return wheelVersion
	}
	return fmt.Sprintf("pjrt-cpu-binaries %s for %s_%s", binariesVersion, goos, goarch)
}

// CheckPlatform reports a system for which there is no plugin at all.
func CheckPlatform(goos, goarch string) error {
	platform := goos + "_" + goarch
	switch {
	case platform == "linux_amd64" || slices.Contains(binaryPlatforms, platform):
		return nil
	case platform == "darwin_amd64":
		return errors.New("there is no XLA plugin for Macs with an Intel processor; use a container or another machine, see README.md")
	case goos == "windows":
		return errors.New("no support for Windows itself; use WSL2, which is Linux, see README.md")
	}
	return fmt.Errorf("there is no XLA plugin for %s on %s; there is one for linux/amd64, linux/arm64 and darwin/arm64", goos, goarch)
}

// pluginInArchive matches a plugin's file in an archive; its name holds the version.
var pluginInArchive = regexp.MustCompile(`^pjrt_c_api_cpu_.*plugin\.(so|dylib)$`)

// fetchBinary fetches the published plugin for a system into go-xla's folder.
func fetchBinary(ctx context.Context, l layout.Layout, address, goos, goarch string, say func(string)) error {
	if err := CheckPlatform(goos, goarch); err != nil {
		return err
	}
	name := fmt.Sprintf("pjrt_cpu_%s_%s.tar.gz", goos, goarch)
	address = fmt.Sprintf("%s/%s/%s", address, binariesVersion, name)
	archive := filepath.Join(l.Home, name)
	say("downloading " + address)
	if err := fetch(ctx, address, archive, checkArchive); err != nil {
		return fmt.Errorf("%w\nwhere there is a network, fetch it, unpack the plugin in it and put it at %s", err, filepath.Join(l.XLA, device.CPUPlugin))
	}
	say("writing " + filepath.Join(l.XLA, device.CPUPlugin))
	err := eachPlugin(archive, func(name string, plugin []byte) error {
		if err := disk.WriteFile(filepath.Join(l.XLA, device.CPUPlugin), plugin); err != nil {
			return err
		}
		return l.SetStamp(pluginSum, hash(plugin))
	})
	return errors.Join(err, os.Remove(archive))
}

// pluginSum is the stamp that keeps the sha256 of a plugin for which none is known beforehand: doctor finds out whether the file has changed since.
const pluginSum = "PJRT.sha256"

// checkArchive reports an archive that is incomplete or holds no plugin.
func checkArchive(archive string) error {
	found := false
	err := eachPlugin(archive, func(string, []byte) error { found = true; return nil })
	if err == nil && !found {
		err = fmt.Errorf("%s holds no file like pjrt_c_api_cpu_plugin.so", archive)
	}
	return err
}

// eachPlugin hands the plugin in an archive on, to its end, so that a corrupt archive is noticed.
func eachPlugin(archive string, take func(name string, plugin []byte) error) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", archive, err)
		}
		if h.Typeflag != tar.TypeReg || !pluginInArchive.MatchString(path.Base(h.Name)) {
			continue
		}
		plugin, err := io.ReadAll(t)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", archive, h.Name, err)
		}
		if err := take(path.Base(h.Name), plugin); err != nil {
			return err
		}
	}
}

// CheckSum reports a plugin that has changed since it was installed, where that can be known.
func CheckSum(l layout.Layout) error {
	want, err := os.ReadFile(l.Stamp(pluginSum))
	if err != nil || runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		return nil // its sha256 was checked when it was installed, or it is not ours
	}
	plugin, err := os.ReadFile(filepath.Join(l.XLA, device.CPUPlugin))
	if err != nil {
		return err
	}
	if got := hash(plugin); got != string(want) {
		return fmt.Errorf("%s has the sha256 %s, which was %s when it was installed; remove it and run `go run ./kernel-setup setup`",
			filepath.Join(l.XLA, device.CPUPlugin), got, want)
	}
	return nil
}
