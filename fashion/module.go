package fashion

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// modulePath is the module's path in its go.mod.
const modulePath = "fashionlab"

// ModuleRoot returns the folder of this module's go.mod: the working directory or the nearest folder above it.
func ModuleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && declares(string(data)) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not inside the %s module; change to its folder", start, modulePath)
		}
	}
}

// declares reports whether the text of a go.mod, with any line ends, is this module's.
func declares(text string) bool {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "module" {
			return strings.Trim(words[1], `"`) == modulePath
		}
	}
	return false
}
