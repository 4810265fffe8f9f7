package models_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fashionlab/fashion/models"
)

// The library gets all that it must know of a network from its layers and from models.Network, so that a user-defined network can do all that the study's can.
func TestNetworksAreDistinguishedByNameInOneFileOnly(t *testing.T) {
	names := strings.Join(models.StudyModels(), "|")
	apart := regexp.MustCompile(`(?:Model|\bm)\.Name (?:==|!=) "(?:` + names + `)"|\bcase "(?:` + names + `)"|\bname (?:==|!=) "(?:` + names + `)"`)
	seen := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		seen++
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found := apart.FindAllString(string(source), -1)
		if one := filepath.Base(path) == "network.go" && filepath.Base(filepath.Dir(path)) == "models"; one != (len(found) > 0) {
			t.Errorf("%s distinguishes networks by their names: %q", path, found)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files were looked at (%v)", seen, err)
	}
}
