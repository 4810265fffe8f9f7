package main

import (
	"context"
	"flag"

	"fashionlab/fashion/cmd/fashionlab/internal/clusterprogram"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// clusterOptions are the flags of search and train that are about a cluster.
type clusterOptions struct {
	address, kind string
	bucket        string // of train
}

func (c *clusterOptions) define(f *flag.FlagSet, prefix string) {
	f.StringVar(&c.address, "cluster", "", prefix+"have the workers of a cluster train; the `address` of its server, such as 127.0.0.1:7233")
	f.StringVar(&c.kind, "kind", "", "with -cluster: the kind of workers, as its first `letters`, where there are several")
}

// search has a cluster do a search, in whose journal it then finds what was measured.
func (c clusterOptions) search(ctx context.Context, s hyperband.Search[recipes.Recipe], o searchOptions) (none hyperband.State[recipes.Recipe], err error) {
	err = c.call(ctx, "search", map[string]any{"spec": map[string]any{"model": o.model, "profile": o.profile, "budget": o.budget}, "journal": s.Journal})
	if err != nil {
		return none, err
	}
	return s.Read()
}

// train has a cluster train runs, and fetches them.
func (c clusterOptions) train(ctx context.Context, list []study.Variant) error {
	type run struct {
		Name   string         `json:"name"`
		Epochs int            `json:"epochs"`
		Recipe recipes.Recipe `json:"recipe"`
	}
	runs := []run{}
	for _, v := range list {
		runs = append(runs, run{v.Run, v.Recipe.Epochs, v.Recipe})
	}
	return c.call(ctx, "train", map[string]any{"runs": runs, "bucket": c.bucket})
}

// call has the cluster's program do something.
func (c clusterOptions) call(ctx context.Context, what string, request map[string]any) error {
	request["address"], request["kind"] = c.address, c.kind
	return clusterprogram.Call(ctx, what, request)
}
