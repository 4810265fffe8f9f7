package growth

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
)

// copied is the published run of which there are many.
const copied = "full/cnn"

// copyRuns makes a folder of n runs, which it returns. They have the files of one run in common.
func copyRuns(dir string, n int) (string, error) {
	made := filepath.Join(dir, "runs")
	if _, err := os.Stat(made); err == nil {
		return made, nil // by another task's process
	}
	r, err := run.Published().Open(copied)
	if err != nil {
		return "", err
	}
	name := func(i int) string { return filepath.Join(made, fmt.Sprintf("copy-%05d", i)) }
	if err := os.CopyFS(name(0), os.DirFS(r.Dir)); err != nil {
		return "", err
	}
	for i := 1; i < n; i++ {
		err := filepath.WalkDir(name(0), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			to := name(i) + path[len(name(0)):]
			if d.IsDir() {
				return os.MkdirAll(to, 0o777)
			}
			return os.Link(path, to)
		})
		if err != nil {
			return "", err
		}
	}
	return made, nil
}

func reportText(ctx context.Context, p *point, given input) error {
	return writeReport(ctx, p, given, report.Options{})
}

func reportPage(ctx context.Context, p *point, given input) error {
	return writeReport(ctx, p, given, report.Options{HTML: filepath.Join(given.dir, "report.html")})
}

// writeReport writes a report on the runs alone, and nothing on published ones.
func writeReport(ctx context.Context, p *point, given input, o report.Options) error {
	stores := report.Stores{Local: run.StoreAt(given.made, false), Published: run.StoreAt(filepath.Join(given.dir, "published"), true)}
	return p.repeat(ctx, func() error {
		var out, messages bytes.Buffer
		if err := report.Write(&out, &messages, stores, o); err != nil {
			return err
		}
		return p.has(bytes.Count(out.Bytes(), []byte("copy-")))
	})
}
