package infer

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/device"
)

// oldPlugin is the C code of a plugin of version 0.50 of PJRT's API, whose functions do nothing.
const oldPlugin = `
#include <stddef.h>
typedef struct { size_t size; void *extension; size_t version_size; void *version_extension; int major, minor; void *(*functions[200])(void *); } table;
static void *nothing(void *args) { return NULL; }
table *GetPjrtApi(void) {
	static table t = { sizeof(table), NULL, 24, NULL, 0, 50 };
	for (int i = 0; i < 200; i++) t.functions[i] = nothing;
	return &t;
}
`

func TestOldPluginIsRefusedWhateverItComputesOn(t *testing.T) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("there is no C compiler")
	}
	dir := t.TempDir()
	code := filepath.Join(dir, "plugin.c")
	if err := os.WriteFile(code, []byte(oldPlugin), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{device.CPUPlugin, "pjrt_c_api_tpu_plugin.so"} {
		path := filepath.Join(dir, name)
		if out, err := exec.CommandContext(t.Context(), compiler, "-shared", "-fPIC", "-o", path, code).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, err := openXLA(path); err == nil || !strings.Contains(err.Error(), path+" speaks version 0.50") {
			t.Errorf("%s: the error is %v, want one that names its version", name, err)
		}
	}
}
