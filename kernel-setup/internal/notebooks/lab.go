package notebooks

import (
	"context"
	"os"
	"os/exec"
	"time"

	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
	"fashionlab/kernel-setup/internal/python"
)

// labPatience is how long JupyterLab may take to end its kernels.
const labPatience = 10 * time.Second

// startLab is `python -m jupyterlab`.
const startLab = `
import runpy
runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)
`

// Lab opens JupyterLab on the notebooks. The arguments go to it.
func Lab(ctx context.Context, l layout.Layout, args []string) error {
	args = append([]string{python.Isolated, "-c", endWithParent + startLab, "--notebook-dir=" + l.Notebooks()}, args...)
	if os.Geteuid() == 0 {
		args = append(args, "--allow-root")
	}
	c := exec.CommandContext(ctx, l.Python(), args...)
	c.Dir, c.Env, c.WaitDelay = l.Notebooks(), l.NotebookEnvironment(), labPatience
	return process.RunShown(ctx, c)
}
