package parts

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/device"
	"fashionlab/kernel-setup/internal/layouttest"
)

func TestKernelSpecificationOfSomebodyElseIsLeftAlone(t *testing.T) {
	for name, content := range map[string]string{
		"another program's": `{"argv": ["other"], "display_name": "Other", "language": "go"}`,
		"no JSON":           `{"argv": [`,
	} {
		l := layouttest.New(t)
		path := filepath.Join(l.Kernel(), "kernel.json")
		layouttest.Write(t, path, content)
		err := MakeKernel(t.Context(), l, func(string) {})
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%s: error is %v, want errForeign", name, err)
		}
		layouttest.Mentions(t, err, path, "mv ")
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s: the file now holds %q (%v)", name, data, err)
		}
		if err := Uninstall(l); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: Uninstall: %v", name, err)
		}
	}
}

func TestKernelOfAnotherCopyOfTheModuleIsReplacedNotRefused(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Write(t, filepath.Join(l.Kernel(), "kernel.json"), `{"argv": ["gonb"], "metadata": {"fashionlab": "/another/copy"}}`)
	_, err := findKernel(l)
	if errors.Is(err, ErrForeign) {
		t.Error("it counts as somebody else's")
	}
	layouttest.Mentions(t, err, "/another/copy", l.Root)
}

func TestFileThatIsNoPluginIsReportedAndLeftAlone(t *testing.T) {
	l := layouttest.New(t)
	path := filepath.Join(l.XLA, device.CPUPlugin)
	library, err := os.ReadFile(os.Args[0]) // an ELF file without GetPjrtApi
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"text": "not a plugin", "empty": "", "another library": string(library)} {
		layouttest.Write(t, path, content)
		_, err := findPlugin(l)
		layouttest.Mentions(t, err, path, "no PJRT plugin", "kernel-setup setup")
		if err := makePlugin(t.Context(), l, func(string) {}); err == nil {
			t.Errorf("%s: it was replaced", name)
		}
		if data, err := os.ReadFile(path); err != nil || string(data) != content {
			t.Errorf("%s: the file was changed (%v)", name, err)
		}
	}
}

func TestPluginComesFromAWheelWithTheRightChecksum(t *testing.T) {
	for platform, w := range wheels {
		path := filepath.Join(t.TempDir(), "plugin.whl")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		plugin, err := z.Create(w.plugin)
		if err != nil {
			t.Fatal(err)
		}
		_, err = plugin.Write([]byte("a plugin"))
		if err := errors.Join(err, z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = w.read(path)
		layouttest.Mentions(t, err, "plugin.whl", w.sum)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		w.sum = hash(data)
		if got, err := w.read(path); err != nil || string(got) != "a plugin" {
			t.Errorf("%s: %q (%v), want the plugin", platform, got, err)
		}
	}
}

func TestFolderThatCannotBeMadeIsNamedWithItsVariable(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Write(t, filepath.Dir(l.Home), "a file where a folder should be")
	layouttest.Mentions(t, SetUp(t.Context(), l, []string{Tools}), "FASHIONLAB_HOME", filepath.Dir(l.Home))
}

func TestPrivateFolderThatHoldsOtherThingsIsRefused(t *testing.T) {
	l := layouttest.New(t)
	archive := filepath.Join(l.Home, "onnxruntime-web-1.30.0.tgz")
	for _, own := range []string{l.Program(), l.Stamp(Compiler), filepath.Join(l.Home, "weights", "owner", "name"), filepath.Join(l.Home, "cluster", "bucket", "object"), archive, archive + ".part"} { // made before the first set-up
		layouttest.Write(t, own, "")
	}
	if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
		t.Errorf("what is there before the first set-up: %v", err)
	}
	for _, own := range [][]string{nil, {"GPU.probe", "autotune/kernel", "tools/bin/ptxas"}} { // a volume of a container; what doctor found out about a GPU
		l = layouttest.New(t)
		if err := os.MkdirAll(l.CUDA(), 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range own {
			layouttest.Write(t, filepath.Join(l.CUDA(), name), "")
		}
		if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
			t.Errorf("a folder cuda with %q before the first set-up: %v", own, err)
		}
	}
	l = layouttest.New(t)
	layouttest.Write(t, filepath.Join(l.CUDA(), "thesis.cu"), "")
	layouttest.Mentions(t, l.UnderLock(t.Context(), func() error { return nil }), "cuda", "FASHIONLAB_HOME")
	l = layouttest.New(t)
	layouttest.Write(t, filepath.Join(l.Home, "bin", "somebody's"), "")
	layouttest.Mentions(t, l.UnderLock(t.Context(), func() error { return nil }), "bin", "FASHIONLAB_HOME")
	layouttest.Mentions(t, Uninstall(l), "bin", "FASHIONLAB_HOME")
	if _, err := os.Stat(filepath.Join(l.Home, "bin", "somebody's")); err != nil {
		t.Error(err)
	}
}

func TestDataSetsOutlastUninstallAndTheNextSetUp(t *testing.T) {
	l := layouttest.New(t)
	d, err := dataset.FromIDX("../../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := dataset.Keep(d)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the first set-up, and one after uninstall
		if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := Uninstall(l); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dataset.Open(kept.Digest); err != nil {
		t.Errorf("the data set: %v", err)
	}
}

func TestUninstallKeepsWhatTheSetUpDidNotMake(t *testing.T) {
	l, other := layouttest.New(t), t.TempDir()
	ours := []string{filepath.Join(l.Bin(), "gonb"), filepath.Join(l.Venv(), "pyvenv.cfg"), filepath.Join(l.Data(), fashion.TestLabelsFile)}
	theirs := []string{filepath.Join(l.Bin(), "tool"), filepath.Join(l.Venv(), "thesis.ipynb"), filepath.Join(l.Data(), "mine.csv"), filepath.Join(l.Kernel(), "kernel.json")}
	for _, path := range slices.Concat(ours, theirs, []string{l.Lock()}) {
		layouttest.Write(t, path, `{"argv": ["gonb"], "metadata": {"fashionlab": "`+other+`"}}`)
	}
	if err := Uninstall(l); err != nil {
		t.Fatal(err)
	}
	for _, path := range ours {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
	for _, path := range theirs {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("it was removed: %v", err)
		}
	}
	if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
		t.Errorf("the next set-up: %v", err)
	}
	for _, dir := range []string{l.Bin(), l.Venv(), l.Data()} {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := Uninstall(l); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(l.Home); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing of anybody else's is in the private folder, and it is there: %v", err)
	}
}

func TestLeftoversOfKilledSetUpsAreRemovedAndNothingElse(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Write(t, l.Lock(), "")
	leftover, mine := filepath.Join(l.Home, "linker-123456", "fashionlab"), filepath.Join(l.Home, "linker-notes", "text")
	layouttest.Write(t, leftover, "")
	layouttest.Write(t, mine, "")
	if err := l.UnderLock(t.Context(), func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(leftover)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the leftover is still there: %v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("a folder of the user was removed: %v", err)
	}
}

func TestDataSetFolderOfTheUserIsNeverFilled(t *testing.T) {
	l := layouttest.New(t)
	dir := t.TempDir()
	t.Setenv(fashion.DirVariable, dir)
	layouttest.Mentions(t, makeData(t.Context(), l, func(string) {}), fashion.DirVariable, dir)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder now holds %v (%v)", entries, err)
	}
}

func TestCorruptDataSetIsFoundAgainAfterItWasRight(t *testing.T) {
	l := layouttest.New(t)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../../testdata/fashion-mnist")); err != nil {
		t.Fatal(err)
	}
	t.Setenv(fashion.DirVariable, dir)
	if _, err := findData(l); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, fashion.TestLabelsFile)
	layouttest.Write(t, path, "corrupt")
	_, err := findData(l)
	layouttest.Mentions(t, err, path)
}

func TestCellsAreLinkedByGoOnlyWhereThisGoDoes(t *testing.T) {
	l := layouttest.New(t)
	for inputs, want := range map[string]string{
		"":                      "",
		linkerInputs(cLinker):   "",
		ownLinker + " go1.0":    "",
		linkerInputs(ownLinker): "0",
	} {
		if err := l.SetStamp(Linker, inputs); err != nil {
			t.Fatal(err)
		}
		if _, err := findLinker(l); (err == nil) != strings.HasSuffix(inputs, runtime.Version()) {
			t.Errorf("stamp %q: error is %v", inputs, err)
		}
		env, err := kernelEnvironment(l)
		if err != nil || env[linkerVariable] != want {
			t.Errorf("stamp %q: the kernel has %s=%q (%v), want %q", inputs, linkerVariable, env[linkerVariable], err, want)
		}
	}
}

func TestKernelEnvironmentNamesWhatMustNotDependOnTheFrontEnd(t *testing.T) {
	l := layouttest.New(t)
	layouttest.Unset(t, "FASHION_RUNS")
	layouttest.Unset(t, fashion.DirVariable)
	env, err := kernelEnvironment(l)
	if err != nil {
		t.Fatal(err)
	}
	if env["GOMLX_NO_AUTO_INSTALL"] != "1" || env["FASHION_RUNS"] != filepath.Join(l.Root, "runs") || env["FASHION_EXECUTABLES"] != l.Executables() || !strings.HasPrefix(env["PATH"], l.Bin()+":") {
		t.Errorf("environment is %v", env)
	}
	for _, choice := range []string{"GOMLX_BACKEND", "FASHION_PROFILE"} {
		if _, ok := env[choice]; ok {
			t.Errorf("%s is fixed, so that the user's choice does not reach the cells", choice)
		}
	}
}

func TestMissingCCompilerIsReportedWithTheFix(t *testing.T) {
	l := layouttest.New(t)
	if path, err := findCompiler(l); err != nil || !filepath.IsAbs(path) {
		t.Errorf("this machine's: %q (%v)", path, err)
	}
	t.Setenv("CC", "no-such-compiler -m64")
	err := makeCompiler(t.Context(), l, nil)
	layouttest.Mentions(t, err, "no-such-compiler", "apt-get install gcc", "xcode-select")
	broken := filepath.Join(t.TempDir(), "cc")
	layouttest.Write(t, broken, "#!/bin/sh\necho 'stdlib.h: No such file'; exit 1\n")
	if err := os.Chmod(broken, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CC", broken)
	_, err = findCompiler(l)
	layouttest.Mentions(t, err, broken, "stdlib.h: No such file", "libc6-dev")
}

func TestKernelKeepsTheUsersGoFlagsThatAWorkspaceBears(t *testing.T) {
	t.Setenv("GOFLAGS", "-mod=mod -trimpath")
	t.Setenv("GOWORK", "off")
	env, err := kernelEnvironment(layouttest.New(t))
	if got := env["GOFLAGS"]; err != nil || got != "-trimpath -ldflags=-w" || env["GOWORK"] != "auto" {
		t.Errorf("GOFLAGS is %q and GOWORK %q (%v), want the user's and ours without -mod, and auto", got, env["GOWORK"], err)
	}
}
