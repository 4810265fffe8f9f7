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

// What the library must know of a network is told by its layers or stands in models.Network: a network of a user's own has every right that the study's have.
func TestNetworksAreToldApartByTheirNamesInOneFile(t *testing.T) {
	names := strings.Join(models.Names(), "|")
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
			t.Errorf("%s tells networks apart by their names: %q", path, found)
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Errorf("%d files were looked at (%v)", seen, err)
	}
}
