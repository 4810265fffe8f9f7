package device

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// PluginVariable is the environment variable that lists the only folders in which PJRT plugins are looked for.
const PluginVariable = "PJRT_PLUGIN_LIBRARY_PATH"

// PluginFolders lists the folders in which XLA's plugins are looked for, in order: those of $PJRT_PLUGIN_LIBRARY_PATH if it is set, else the user's and the system's
// folder of go-xla.
func PluginFolders() []string {
	if list, ok := os.LookupEnv(PluginVariable); ok {
		return filepath.SplitList(list)
	}
	folders := []string{"/usr/local/lib/go-xla"}
	if own, err := UserPluginFolder(); err == nil {
		folders = append([]string{own}, folders...)
	}
	return folders
}

// UserPluginFolder returns the folder where plugins are installed for this user.
func UserPluginFolder() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "go-xla"), nil
	}
	return filepath.Join(home, ".local", "lib", "go-xla"), nil
}

// CPUPlugin is the name of the CPU plugin's file, on macOS too.
const CPUPlugin = "pjrt_c_api_cpu_plugin.so"

// FindCPUPlugin returns the path of XLA's plugin for the CPU in the first of the folders that has one; "" if none has.
func FindCPUPlugin(folders []string) string {
	for _, dir := range folders {
		for _, name := range []string{CPUPlugin, strings.TrimSuffix(CPUPlugin, ".so") + ".dylib"} {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(path); err == nil {
				if absolute, err := filepath.Abs(path); err == nil {
					return absolute
				}
			}
		}
	}
	return ""
}
