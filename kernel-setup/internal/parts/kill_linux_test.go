package parts

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/disk/disktest"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/layouttest"
	"fashionlab/kernel-setup/internal/python"
)

const (
	// workVariable makes the test program set up that part.
	workVariable = "FASHIONLAB_TEST_WORK"
	// serverVariable is the address of the server from which the data set and the plugin come.
	serverVariable = "FASHIONLAB_TEST_SERVER"
)

// The test program also is what stands in gonb's place, as init's first case.
func init() {
	err, name := error(nil), os.Getenv(workVariable)
	switch {
	case filepath.Base(os.Args[0]) == "gonb":
		err = disk.WriteFile(filepath.Join(os.Getenv("JUPYTER_DATA_DIR"), "kernels", "gonb", "kernel.json"), []byte(`{"argv": ["gonb", "--kernel", "{connection_file}"], "language": "go"}`))
	case name != "":
		err = setUp(name)
	default:
		return
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// standIns are programs in the places of Go and Python, which write what the set-up expects of them, in several steps.
var standIns = map[string]string{
	"go": `#!/bin/sh
case "$1" in
install) mkdir -p "$GOBIN"; cp "$FASHION_TEST_TOOL" "$GOBIN/gonb"; cp "$FASHION_TEST_TOOL" "$GOBIN/goimports";;
build) while [ "$1" != -o ]; do shift; done; cp /bin/true "$2";;
esac
`,
	"python3": `#!/bin/sh
[ "$1" = -I ] && shift
case "$1 $2" in
"-m venv") rm -rf "$4"; mkdir -p "$4/bin" "$4/lib"; cp "$0" "$4/bin/python"; echo home >"$4/pyvenv.cfg";;
"-m pip") for i in 1 2 3 4 5 6 7 8; do echo package >"$(dirname "$0")/../lib/package$i"; done;;
esac
`,
}

// setUp sets up a part in $HOME, or ends what a process that was killed began.
func setUp(name string) error {
	l, err := layout.New()
	if err != nil {
		return err
	}
	ctx, server := context.Background(), os.Getenv(serverVariable)
	switch name {
	case Data:
		dataAddresses, findDir = []string{server + "/"}, whole(l)
		return SetUp(ctx, l, []string{Data})
	case Plugin:
		return l.UnderLock(ctx, func() error {
			if l.Stamped(Plugin, pluginInputs(filepath.Join(l.XLA, device.CPUPlugin))) {
				return nil
			}
			plugin, err := fetchBinary(ctx, l, server, func(string) {})
			if err != nil {
				return err
			}
			return installPlugin(l, plugin, func(string) {})
		})
	case Kernel:
		return SetUp(ctx, l, []string{Tools, Kernel})
	}
	return SetUp(ctx, l, []string{name})
}

// Whenever the set-up of a part is killed, the next one ends it as if nothing had happened.
func TestKilledSetUpEndsAsIfItHadNotBeenKilled(t *testing.T) {
	layouttest.New(t) // variables
	restoreData(t)
	programs, data := t.TempDir(), http.FileServer(http.Dir("../../../testdata/fashion-mnist"))
	for name, script := range standIns {
		layouttest.Write(t, filepath.Join(programs, name), script)
		if err := os.Chmod(filepath.Join(programs, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	plugin := archive(t, map[string]string{"pjrt_c_api_cpu_v0.114.0_plugin.so": library(t, "_GetPjrtApi") + strings.Repeat("code", 200_000)})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".tar.gz") {
			w.Write(plugin)
			return
		}
		data.ServeHTTP(w, r)
	}))
	defer server.Close()
	for name, value := range map[string]string{serverVariable: server.URL, "PATH": programs + ":" + os.Getenv("PATH"), "FASHION_TEST_TOOL": os.Args[0], "TMPDIR": t.TempDir(), "XDG_CONFIG_HOME": ""} {
		t.Setenv(name, value)
	}
	disktest.Header()
	for _, w := range []struct {
		part   string
		points int
	}{{Tools, 15}, {python.Jupyter, 20}, {Linker, 10}, {Kernel, 20}, {Data, 20}, {Plugin, 15}} {
		t.Run(w.part, func(t *testing.T) {
			disktest.Work{
				Name: "set up " + w.part, Points: w.points,
				Start: func(home string) *exec.Cmd {
					c := exec.Command(os.Args[0])
					c.Env = append(os.Environ(), workVariable+"="+w.part, "HOME="+home)
					return c
				},
				End: func(home string) error {
					t.Setenv("HOME", home)
					return setUp(w.part)
				},
				Content: installed,
			}.Run(t)
		})
	}
}

// installed is what the files below a folder hold, without its name.
func installed(home string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if name := filepath.Base(path); name == Plugin || name == Data || name == "lock" {
			data = nil // the stamps have the times of files, the lock the number of the process
		}
		files[strings.TrimPrefix(path, home)] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.ReplaceAll(string(data), home, "HOME"))))
		return err
	})
	return files, err
}
