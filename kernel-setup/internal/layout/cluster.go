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

// The cluster's programs, in modules of their own: nothing else needs Temporal.
const (
	ClusterModule = "fashion/cluster"        // with the program cmd/cluster, of workers and clients
	ServerModule  = "fashion/cluster/server" // the development server
)

// BuildCluster builds the program of workers and clients, unless it is up to date, and returns its path. One for buckets of Google Cloud Storage is apart, because few need it and it takes longer.
func (l Layout) BuildCluster(ctx context.Context, google bool) (string, error) {
	revision, err := l.revision()
	if err != nil {
		return "", err
	}
	name, tags := "cluster", ""
	if google {
		name, tags = "cluster-gcs", "gcs"
	}
	return l.buildModule(ctx, ClusterModule, name, "two minutes or more", "-tags="+tags, "-ldflags=-X main.revision="+revision, "./cmd/cluster")
}

// BuildServer builds the development server, unless it is up to date, and returns its path.
func (l Layout) BuildServer(ctx context.Context) (string, error) {
	return l.buildModule(ctx, ServerModule, "cluster-server", "five minutes and more, and modules are downloaded", "-ldflags=-s -w", ".")
}

// buildModule builds a program of a module within this one, beside the program fashionlab.
func (l Layout) buildModule(ctx context.Context, module, name, duration string, args ...string) (string, error) {
	goPath, err := GoCommand()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(l.Root))
	program := filepath.Join(l.Programs(), hex.EncodeToString(sum[:6]), name)
	if _, err := os.Stat(program); err != nil {
		Log(name, "building the program; the first time it takes "+duration)
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o777); err != nil {
		return "", fmt.Errorf("cannot make the private folder; name a writable one with $FASHIONLAB_HOME: %w", err)
	}
	return program, process.RunQuietly(ctx, filepath.Join(l.Root, module), l.Environment(), goPath, append([]string{"build", "-o", program}, args...)...)
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
		case d.IsDir() && (d.Name() == "testdata" || path == filepath.Join(l.Root, ServerModule)):
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
