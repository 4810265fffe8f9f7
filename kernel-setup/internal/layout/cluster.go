package layout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fashionlab/kernel-setup/internal/process"
)

// ClusterVariable tells the program fashionlab where the cluster's is, for -cluster.
const ClusterVariable = "FASHIONLAB_CLUSTER"

// ClusterModule is the folder of the module for searches on several machines.
const ClusterModule = "fashion/cluster"

// Extra is a program of the cluster, in a module of its own, which is built where a command needs it: nothing else needs Temporal.
type Extra struct {
	Command  string   // that needs it
	Module   string   // its folder
	Packages []string // what it is made of, as arguments of go list and go build

	name, duration string // of the file, and of the first build
}

// The cluster's programs.
var (
	Cluster       = Extra{"cluster", ClusterModule, []string{"./cmd/cluster"}, "cluster", "a minute or more"}                                               // of workers and clients
	GoogleCluster = Extra{"cluster with gs://", ClusterModule, []string{"-tags=gcs", "./cmd/cluster"}, "cluster-gcs", "two minutes or more"}                // the same for buckets of Google Cloud Storage
	Server        = Extra{"cluster serve", ClusterModule + "/server", []string{"."}, "cluster-server", "five minutes and more, and modules are downloaded"} // the development server
)

// ExtraProgram is where a program is, once it is built: beside the program fashionlab.
func (l Layout) ExtraProgram(e Extra) string {
	return l.built(e.name)
}

// Build builds a program, unless it is up to date, and returns its path.
func (l Layout) Build(ctx context.Context, e Extra) (string, error) {
	goPath, err := GoCommand()
	if err != nil {
		return "", err
	}
	linker := "-ldflags=-s -w"
	if e.Module == ClusterModule {
		revision, err := l.revision()
		if err != nil {
			return "", err
		}
		linker += " -X main.revision=" + revision
	}
	program := l.ExtraProgram(e)
	if _, err := os.Stat(program); err != nil {
		Log(e.name, "building the program; the first time it takes "+e.duration)
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o777); err != nil {
		return "", fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	return program, process.RunQuietly(ctx, filepath.Join(l.Root, e.Module), l.Environment(), goPath, append([]string{"build", "-o", program, linker}, e.Packages...)...)
}

// revision is the SHA-256 of the source code that decides what a training gives, and of the versions of its modules: what workers of a cluster must have in common.
func (l Layout) revision() (string, error) {
	sum := sha256.New()
	add := func(path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(l.Root, path)
		fmt.Fprintf(sum, "%s %d\n%s", filepath.ToSlash(name), len(data), data)
		return err
	}
	err := filepath.WalkDir(filepath.Join(l.Root, "fashion"), func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || path == filepath.Join(l.Root, Server.Module)):
			return filepath.SkipDir
		case d.IsDir() || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		return add(path)
	})
	if err == nil {
		err = add(filepath.Join(l.Root, "go.mod"))
	}
	return hex.EncodeToString(sum.Sum(nil)), err
}
