package notebooks

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
	"fashionlab/kernel-setup/internal/python"
)

//go:embed site.py
var siteWriter string

// Site writes all notebooks with the solutions, slides of them, the report and an index as plain files into a folder that any server can serve. A notebook is the one that was executed last with the
// profile, or else the one that comes with the project. Nothing is executed.
func Site(ctx context.Context, l layout.Layout, o Options) error {
	dir, err := filepath.Abs(o.Site)
	if err != nil {
		return err
	}
	paths, err := lastExecuted(l, o)
	if err != nil {
		return err
	}
	o.Only = solutions + "/" + o.Only
	if answers, err := lastExecuted(l, o); err == nil { // of which there may be none for these notebooks
		paths = append(paths, answers...)
	}
	root, err := l.Runs()
	if err != nil {
		return err
	}
	stores := report.Stores{Local: run.StoreAt(root, false), Published: run.StoreAt(l.Published(), true)}
	if err := report.Write(io.Discard, io.Discard, stores, report.Options{HTML: filepath.Join(dir, "report.html")}); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, l.Python(), append([]string{python.Isolated, "-W", "ignore", "-c", endWithParent + siteWriter, l.Root, dir}, paths...)...)
	c.Dir, c.Env = l.Home, l.NotebookEnvironment()
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot write the site: %w\n%s", err, process.LastLines(string(said), 5))
	}
	fmt.Printf("the site begins with %s\n", filepath.Join(dir, "index.html"))
	return nil
}

// lastExecuted lists the notebooks that Options.Only chooses, each as it was executed last or as it comes with the project.
func lastExecuted(l layout.Layout, o Options) ([]string, error) {
	out, err := outFolder(l, o)
	if err != nil {
		return nil, err
	}
	paths, err := choose(l, o.Only)
	for i, path := range paths {
		executed := filepath.Join(out, filepath.Base(path))
		if _, err := os.Stat(executed); err == nil {
			paths[i] = executed
		}
	}
	return paths, err
}
