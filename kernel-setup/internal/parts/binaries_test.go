package parts

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/macho"
	"encoding/binary"
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

// library is a shared library of macOS that exports a symbol.
func library(t *testing.T, symbol string) string {
	t.Helper()
	const commands, symbols = 24, 16 // sizes in bytes
	names := "\x00" + symbol + "\x00"
	var b bytes.Buffer
	for _, part := range []any{
		macho.FileHeader{Magic: macho.Magic64, Cpu: macho.CpuArm64, Type: macho.TypeDylib, Ncmd: 1, Cmdsz: commands}, uint32(0),
		macho.SymtabCmd{Cmd: macho.LoadCmdSymtab, Len: commands, Symoff: 32 + commands, Nsyms: 1, Stroff: 32 + commands + symbols, Strsize: uint32(len(names))},
		macho.Nlist64{Name: 1, Type: 0x0f, Sect: 1}, []byte(names),
	} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestPluginOfMacsIsFetchedAndItsChecksumKept(t *testing.T) {
	plugin := library(t, "_GetPjrtApi")
	for _, name := range []string{"pjrt_c_api_cpu_v0.114.0_plugin.so", "./pjrt_c_api_cpu_v0.114.0_plugin.dylib"} {
		l := layouttest.New(t)
		address, asked := releases(t, archive(t, map[string]string{"LICENSE": "a licence", name: plugin}))
		if err := os.MkdirAll(l.Home, 0o777); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second has the checksum of the first
			got, err := fetchBinary(t.Context(), l, address, func(string) {})
			if err != nil || string(got) != plugin {
				t.Fatalf("it fetched %d bytes (%v), want the plugin", len(got), err)
			}
		}
		if want := "/" + binariesVersion + "/pjrt_cpu_darwin_arm64.tar.gz"; len(*asked) != 2 || (*asked)[0] != want {
			t.Errorf("asked for %q, want %q", *asked, want)
		}
		if sum, err := os.ReadFile(l.Stamp(binariesStamp)); err != nil || string(sum) != hash([]byte(plugin)) {
			t.Errorf("the checksum that is kept is %q (%v)", sum, err)
		}
		if said := firstUse(l); !strings.Contains(said, hash([]byte(plugin))) {
			t.Errorf("doctor says %q, want the checksum", said)
		}
		if entries, err := filepath.Glob(filepath.Join(l.Home, "*.gz*")); err != nil || len(entries) > 0 {
			t.Errorf("left over: %q (%v)", entries, err)
		}
	}
}

func TestPluginThatIsNotTheOneFirstInstalledIsRefused(t *testing.T) {
	l := layouttest.New(t)
	address, _ := releases(t, archive(t, map[string]string{"pjrt_c_api_cpu_v0.114.0_plugin.so": library(t, "_GetPjrtApi")}))
	layouttest.Write(t, l.Stamp(binariesStamp), hash([]byte("another plugin")))
	_, err := fetchBinary(t.Context(), l, address, func(string) {})
	layouttest.Mentions(t, err, hash([]byte("another plugin")), hash([]byte(library(t, "_GetPjrtApi"))), address, l.Stamp(binariesStamp))
	if sum, err := os.ReadFile(l.Stamp(binariesStamp)); err != nil || string(sum) != hash([]byte("another plugin")) {
		t.Errorf("the checksum that is kept is now %q (%v)", sum, err)
	}

	path := filepath.Join(l.XLA, device.CPUPlugin)
	layouttest.Write(t, path, "changed since")
	layouttest.Mentions(t, CheckSum(l), path, hash([]byte("another plugin")))
	layouttest.Write(t, path, "another plugin")
	if err := CheckSum(l); err != nil {
		t.Errorf("the plugin as it was installed: %v", err)
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
		"no library":       {complete, "invalid magic number"},
		"another library":  {archive(t, map[string]string{"pjrt_c_api_cpu_v0.114.0_plugin.so": library(t, "_main")}), "does not export GetPjrtApi"},
	} {
		l := layouttest.New(t)
		address, _ := releases(t, c.content)
		if err := os.MkdirAll(l.Home, 0o777); err != nil {
			t.Fatal(err)
		}
		_, err := fetchBinary(t.Context(), l, address, func(string) {})
		layouttest.Mentions(t, err, c.want, address, filepath.Join(l.XLA, device.CPUPlugin))
		for _, path := range []string{filepath.Join(l.XLA, device.CPUPlugin), l.Stamp(binariesStamp)} {
			if _, err := os.Stat(path); err == nil {
				t.Errorf("%s: %s is there", name, path)
			}
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
		if w, ok := wheels[platform]; platform != binariesPlatform && (!ok || len(w.sum) != 64 || !strings.Contains(pluginSource(goos, goarch), "==")) {
			t.Errorf("%s: the wheel is %+v, want one with a version and a sha256", platform, w)
		}
	}
}
