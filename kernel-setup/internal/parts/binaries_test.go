package parts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layouttest"
)

// archive is a tar.gz of files.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// releases serves one file of a release.
func releases(t *testing.T, content []byte) (address string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.Path)
		w.Write(content)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestPluginOfOtherSystemsIsFetchedAndItsChecksumKept(t *testing.T) {
	for platform, name := range map[string]string{"darwin_arm64": "pjrt_c_api_cpu_v0.114.0_plugin.so", "linux_arm64": "./pjrt_c_api_cpu_v0.114.0_plugin.so"} {
		l := layouttest.New(t)
		goos, goarch, _ := strings.Cut(platform, "_")
		address, asked := releases(t, archive(t, map[string]string{"LICENSE": "a licence", name: "a plugin"}))
		if err := os.MkdirAll(l.Home, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := fetchBinary(t.Context(), l, address, goos, goarch, func(string) {}); err != nil {
			t.Fatal(err)
		}
		if want := "/" + binariesVersion + "/pjrt_cpu_" + platform + ".tar.gz"; len(*asked) != 1 || (*asked)[0] != want {
			t.Errorf("asked for %q, want %q", *asked, want)
		}
		path := filepath.Join(l.XLA, device.CPUPlugin)
		if got := device.FindCPUPlugin(device.PluginFolders()); got != path {
			t.Errorf("the plugin is found at %q, want %q", got, path)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != "a plugin" {
			t.Errorf("%s holds %q (%v)", path, data, err)
		}
		if sum, err := os.ReadFile(l.Stamp(pluginSum)); err != nil || string(sum) != hash([]byte("a plugin")) {
			t.Errorf("the checksum that is kept is %q (%v)", sum, err)
		}
		if entries, err := filepath.Glob(filepath.Join(l.Home, "*.gz")); err != nil || len(entries) > 0 {
			t.Errorf("left over: %q (%v)", entries, err)
		}
	}
}

func TestCorruptArchiveIsRefusedAndNothingInstalled(t *testing.T) {
	complete := archive(t, map[string]string{"pjrt_c_api_cpu_v0.114.0_plugin.so": strings.Repeat("plugin ", 10_000)})
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"cut off":          {complete[:len(complete)/2], "unexpected EOF"},
		"no archive":       {[]byte("<html>sign in</html>"), "gzip"},
		"without a plugin": {archive(t, map[string]string{"README": "moved"}), "no file like"},
	} {
		l := layouttest.New(t)
		address, _ := releases(t, c.content)
		if err := os.MkdirAll(l.Home, 0o777); err != nil {
			t.Fatal(err)
		}
		err := fetchBinary(t.Context(), l, address, "linux", "arm64", func(string) {})
		layouttest.Mentions(t, err, c.want, address, filepath.Join(l.XLA, device.CPUPlugin))
		if _, err := os.Stat(filepath.Join(l.XLA, device.CPUPlugin)); err == nil {
			t.Errorf("%s: it was installed", name)
		}
	}
}

func TestSystemWithoutAPluginIsReported(t *testing.T) {
	for platform, want := range map[string]string{"darwin_amd64": "Intel", "windows_amd64": "WSL2", "linux_riscv64": "linux/arm64"} {
		goos, goarch, _ := strings.Cut(platform, "_")
		layouttest.Mentions(t, CheckPlatform(goos, goarch), want)
	}
	for _, platform := range []string{"linux_amd64", "linux_arm64", "darwin_arm64"} {
		goos, goarch, _ := strings.Cut(platform, "_")
		if err := CheckPlatform(goos, goarch); err != nil {
			t.Error(err)
		}
	}
}
