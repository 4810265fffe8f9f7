package cluster_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"fashionlab/fashion/cluster"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// The command search with -cluster: a search of the study is done by the workers of a server on this machine.
func ExampleClient_Follow() {
	ctx := context.Background()
	spec := cluster.Spec{Model: "cnn", Profile: study.Quick, Budget: study.SearchBudget(study.Quick)}
	search, err := spec.Search()
	if err != nil {
		log.Fatal(err)
	}
	server, err := cluster.Connect("127.0.0.1:7233")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	client := cluster.Client[recipes.Recipe]{
		Temporal: server, Revision: "digest of the source code, as the workers have it", Say: func(text string) { log.Print(text) },
		Doing: func(list []cluster.Doing) { fmt.Println(list) },
	}
	found, err := client.Follow(ctx, spec, search)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found.Ranking()[0].Config)
}

// A trial's folder goes to the bucket after each epoch, and is restored where the trial resumes.
func ExampleArtifacts() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	bucket, err := cluster.OpenBucket(ctx, filepath.Join(dir, "bucket"))
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	artifacts, err := cluster.NewArtifacts(ctx, bucket)
	if err != nil {
		log.Fatal(err)
	}
	here, there := filepath.Join(dir, "here"), filepath.Join(dir, "there")
	if err := os.Mkdir(here, 0o777); err != nil {
		log.Fatal(err)
	}
	for epoch := 1; epoch <= 3; epoch++ {
		if err := os.WriteFile(filepath.Join(here, "weights"), fmt.Append(nil, "weights of epoch ", epoch), 0o666); err != nil {
			log.Fatal(err)
		}
		if err := artifacts.Save(ctx, "trial", here, epoch); err != nil {
			log.Fatal(err)
		}
	}
	epochs, err := artifacts.Restore(ctx, "trial", there, func(err error) { log.Print(err) })
	if err != nil {
		log.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(there, "weights"))
	fmt.Printf("%d epochs, %s, %v\n", epochs, weights, err)
	// Output: 3 epochs, weights of epoch 3, <nil>
}
