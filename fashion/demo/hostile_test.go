package demo_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"fashionlab/fashion/demo"
	"fashionlab/fashion/internal/hostile"
)

func TestHostilePicturesDoNotCostOthersTheirAnswers(t *testing.T) {
	_, url := serve(t, demo.Options{Rate: 1e6, Burst: 1e6})
	good := file(t, 0)
	var wait sync.WaitGroup
	for _, p := range hostile.Pictures() {
		wait.Go(func() {
			status, answer := post(t, url, p.File)
			text, _ := answer["error"].(string)
			if status != http.StatusOK && status != http.StatusUnprocessableEntity || p.Want != "" && !strings.Contains(text, p.Want) {
				t.Errorf("%s: status %d, %q; want it answered or refused with %q", p.Name, status, text, p.Want)
			}
		})
		wait.Go(func() {
			if status, answer := post(t, url, good); status != http.StatusOK {
				t.Errorf("beside %s a photo has the status %d, %v", p.Name, status, answer["error"])
			}
		})
	}
	wait.Wait()
}

func TestHostileFileDoesNotCostTheOthersTheirAnswers(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, p := range hostile.Pictures() {
		if p.Want == "" {
			continue
		}
		files, err := open(t).PredictFiles([]string{write("a", file(t, 0)), write("bad", p.File), write("b", file(t, 1))})
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if files[0].Err != nil || files[1].Err == nil || files[2].Err != nil {
			t.Errorf("beside %s the errors are %v, %v and %v; want one, of the second", p.Name, files[0].Err, files[1].Err, files[2].Err)
		}
	}
}
