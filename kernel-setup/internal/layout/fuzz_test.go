package layout

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/device"
)

// What tools inherit of an environment is a part of it, in its order, without what is meant for the user's own work.
func FuzzInherited(f *testing.F) {
	for _, environment := range []string{"HOME=/root\x00PYTHONPATH=/x\x00GOFLAGS=-mod=mod\x00GOPROXY=direct", "=C:=x\x00PATH", "", "LC_ALL=C\x00LD_PRELOAD=\x00lc_all=c", "FASHION_RUNS=a=b"} {
		f.Add(strings.ReplaceAll(environment, " ", "\x00"), "")
		f.Add(strings.ReplaceAll(environment, " ", "\x00"), "PYTHONPATH,GOFLAGS, ")
	}
	f.Fuzz(func(t *testing.T, environment, more string) {
		if err := os.Setenv(inheritVariable, more); err != nil {
			t.Skip("no value of a variable")
		}
		defer os.Unsetenv(inheritVariable)
		all := strings.Split(environment, "\x00")
		i := 0
		for _, setting := range inherited(all) {
			for i < len(all) && all[i] != setting {
				i++
			}
			if i == len(all) {
				t.Fatalf("%q is inherited, and not in the environment", setting)
			}
			i++
			name, _, _ := strings.Cut(setting, "=")
			if asked := slices.Contains(strings.Split(more, ","), name); !asked && (strings.HasPrefix(name, "PYTHON") || slices.Contains(notInherited, name)) {
				t.Errorf("%q is inherited", setting)
			}
		}
	})
}

// However often programs of ours start one another, glibc's settings are the user's own and then ours, once.
func FuzzTunables(f *testing.F) {
	for _, own := range []string{"", "glibc.malloc.check=3", ":", device.Tunables, "a=b:" + device.Tunables, "::a::", device.Tunables + ":a=b"} {
		f.Add(own)
	}
	f.Fuzz(func(t *testing.T, own string) {
		if strings.Contains(own, "\x00") {
			t.Skip("no value of a variable")
		}
		defer os.Unsetenv(device.TunablesVariable)
		var last string
		for i := range 3 {
			if err := os.Setenv(device.TunablesVariable, own); err != nil {
				t.Fatal(err)
			}
			got := Tunables()
			if !strings.HasSuffix(got, device.Tunables) || strings.HasPrefix(got, ":") {
				t.Fatalf("of %q: %q", own, got)
			}
			if i > 0 && got != last {
				t.Errorf("%q, and in a program that was started with it %q", last, got)
			}
			own, last = got, got
		}
	})
}

// Paths that a user's variables name do not depend on the working directory any more, and making them so twice changes nothing.
func FuzzPaths(f *testing.F) {
	for _, value := range []string{"runs", "/runs", "../a:b", "::", "a:/b:", "~", ".", "a\nb"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "\x00") {
			t.Skip("no value of a variable")
		}
		for _, name := range pathVariables {
			if err := os.Setenv(name, value); err != nil {
				t.Fatal(err)
			}
			defer os.Unsetenv(name)
		}
		var first []string
		for range 2 {
			if err := makePathsAbsolute(); err != nil {
				t.Fatal(err)
			}
			var now []string
			for _, name := range pathVariables {
				got := os.Getenv(name)
				list := []string{got}
				if name == device.PluginVariable {
					list = filepath.SplitList(got)
				}
				for _, path := range list {
					if value != "" && path != "" && !filepath.IsAbs(path) {
						t.Errorf("$%s of %q is %q", name, value, got)
					}
				}
				now = append(now, got)
			}
			if first != nil && !slices.Equal(now, first) {
				t.Errorf("%q becomes %q and then %q", value, first, now)
			}
			first = now
		}
	})
}

// The temporary folders of a set-up that was killed are removed, and nothing else is.
func FuzzLeftovers(f *testing.F) {
	for _, name := range []string{"linker-123", "apt-7", "wheel-1\n", "new-", "kernel-0x", "jupyter", "a[b", "-1"} {
		f.Add(name)
	}
	home := f.TempDir()
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || name == "." || name == ".." || len(name) > 200 || strings.ContainsAny(name, "/\x00") {
			t.Skip("no name of a folder")
		}
		dir := filepath.Join(home, name)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Skip(err)
		}
		defer os.RemoveAll(dir)
		if err := (Layout{Home: home}).removeLeftovers(); err != nil {
			t.Fatal(err)
		}
		kind, number, _ := strings.Cut(name, "-")
		ours := slices.Contains([]string{"linker", "wheel", "kernel", "apt", "new"}, kind) && number != "" && strings.Trim(number, "0123456789") == ""
		if _, err := os.Stat(dir); (err == nil) == ours {
			t.Errorf("%q, which is a leftover: %v, is there: %v", name, ours, err == nil)
		}
	})
}
