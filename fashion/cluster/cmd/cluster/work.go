package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"gocloud.dev/blob"

	"fashionlab/fashion"
	"fashionlab/fashion/cluster"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

const workUsage = `usage: go run ./kernel-setup cluster work [flags]

Trains what the searches of a cluster need, until Ctrl-C: then the epochs under way end first, and a second Ctrl-C ends at once. On a machine
with several GPUs start a worker for each, with CUDA_VISIBLE_DEVICES. Workers of one kind share searches; those of another kind say why they take no work.

Flags:

`

// work is the command work.
func work(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("work", flag.ContinueOnError)
	address := f.String("cluster", "127.0.0.1:7233", "`address` of the server")
	bucket := f.String("bucket", "", "folder that all workers reach, or the `address` of an S3 or Google bucket, s3://NAME?region=REGION or gs://NAME, for checkpoints (default a folder on this machine, for workers on it alone)")
	dir := f.String("dir", "", "`folder` for trials under way (default in the project's private folder)")
	trainings := f.Int("trainings", 1, "trainings at once")
	stop := f.Duration("stop", time.Hour, "`time` that a stop waits for the epochs under way")
	if err := parse(f, workUsage, args); err != nil {
		return err
	}
	if *trainings < 1 {
		return fmt.Errorf("-trainings is %d, want 1 or more", *trainings)
	}
	if *stop < 0 {
		return fmt.Errorf("-stop is %v, want 0 or more", *stop)
	}
	b, err := openBucket(ctx, *bucket)
	if err != nil {
		return err
	}
	defer b.Close()
	if *dir == "" {
		home, err := fashion.Home()
		if err != nil {
			return err
		}
		*dir = filepath.Join(home, "cluster", "work")
	}
	own, lock, err := ownFolder(*dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	artifacts, err := cluster.NewArtifacts(ctx, b)
	if err != nil {
		return fmt.Errorf("the bucket: %w", err)
	}
	runs := filepath.Join(own, "runs")
	if err := os.RemoveAll(runs); err != nil { // of a worker that was killed; the bucket has what it trained
		return err
	}
	if err := os.Setenv(run.RootVariable, runs); err != nil { // this process's alone
		return err
	}
	kind, err := kindHere(artifacts)
	if err != nil {
		return err
	}
	c, err := cluster.Connect(*address)
	if err != nil {
		return err
	}
	defer c.Close()
	log.SetFlags(log.Ltime)
	return cluster.Work[recipes.Recipe]{
		Kind: kind, Trainings: *trainings, Stop: *stop, Say: func(text string) { log.Print(text) },
		Searches: cluster.Searches[recipes.Recipe]{Build: cluster.Spec.Search},
		Trials:   newTrainers(*trainings, artifacts, runs).trials(),
	}.Run(ctx, c)
}

// openBucket opens a bucket, "" one in a folder in the project's private one.
func openBucket(ctx context.Context, name string) (*blob.Bucket, error) {
	if name == "" {
		home, err := fashion.Home()
		if err != nil {
			return nil, err
		}
		name = filepath.Join(home, "cluster", "bucket")
	}
	return cluster.OpenBucket(ctx, name)
}

// ownFolder makes a folder below dir that no other process has.
func ownFolder(dir string) (string, *disk.Lock, error) {
	for n := 1; ; n++ {
		own := filepath.Join(dir, fmt.Sprint(n))
		if err := disk.MkdirAll(own); err != nil {
			return "", nil, fmt.Errorf("no folder for trials; name one with -dir: %w", err)
		}
		lock, err := disk.NewLock(own)
		if locked := (*disk.LockedError)(nil); errors.As(err, &locked) {
			continue
		}
		return own, lock, err
	}
}

// kindHere is the kind of a worker on this machine.
func kindHere(a cluster.Artifacts) (k cluster.Kind, err error) {
	backend, err := infer.Backend()
	if err != nil {
		return k, err
	}
	computer := infer.Computer(backend)
	k.Device = computer.Device
	if computer.Driver != "" {
		k.Device += ", driver " + computer.Driver
	}
	k.Backend, k.Revision, k.Bucket = computer.Backend, revision, a.ID
	if path := device.FindCPUPlugin(device.PluginFolders()); path != "" && strings.HasPrefix(k.Backend, "xla:cpu") {
		sum, err := digest(path)
		if err != nil {
			return k, err
		}
		k.Backend += ", " + sum
	}
	k.Modules = map[string]string{"go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return k, errors.New("this program does not know the versions of its modules")
	}
	for _, m := range info.Deps {
		if strings.HasPrefix(m.Path, "github.com/gomlx/") {
			k.Modules[m.Path] = m.Version
		}
	}
	return k, nil
}

// digest is the beginning of a file's SHA-256.
func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return fmt.Sprintf("%x", sum.Sum(nil)[:4]), err
}
