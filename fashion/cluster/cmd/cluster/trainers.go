package main

import (
	"context"
	"log"
	"path/filepath"

	"fashionlab/fashion/cluster"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// trainers train the study's recipes, so many at once.
type trainers struct {
	idle      chan *train.Trainer
	artifacts cluster.Artifacts
	runs      string // folder of this process's runs
}

func newTrainers(n int, a cluster.Artifacts, runs string) trainers {
	t := trainers{make(chan *train.Trainer, n), a, runs}
	for range n {
		t.idle <- &train.Trainer{}
	}
	return t
}

// trials are what the trainers do for a cluster.
func (t trainers) trials() cluster.Trials[recipes.Recipe] {
	return cluster.Trials[recipes.Recipe]{Train: t.trial, Fit: t.fit, Build: cluster.Spec.Search, Artifacts: t.artifacts, Dir: t.runs}
}

// trial trains a trial of a search in a folder.
func (t trainers) trial(ctx context.Context, dir string, recipe recipes.Recipe, epochs int, progress func(int)) ([]float64, error) {
	trainer := <-t.idle
	defer func() { t.idle <- trainer }()
	if err := t.fitSource(ctx, trainer, recipe, progress); err != nil {
		return nil, err
	}
	return trainer.Trial(ctx, dir, recipe, epochs, func(p run.Progress) { progress(len(p.History)) })
}

// fit trains a run to its end.
func (t trainers) fit(ctx context.Context, name string, recipe recipes.Recipe, progress func(int)) error {
	trainer := <-t.idle
	defer func() { t.idle <- trainer }()
	if err := t.fitSource(ctx, trainer, recipe, progress); err != nil {
		return err
	}
	report := func(p run.Progress) { progress(len(p.History)) }
	if recipe.IsGAN() {
		_, err := gan.FitContext(ctx, name, recipe, report)
		return err
	}
	_, err := trainer.FitContext(ctx, name, recipe, report)
	return err
}

// fitSource trains the run whose weights a recipe starts from, where it is the study's and neither here nor in the bucket. A trial that waits for it has no epochs.
func (t trainers) fitSource(ctx context.Context, trainer *train.Trainer, recipe recipes.Recipe, progress func(int)) error {
	for _, p := range study.Profiles() {
		source, ok := study.SourceOf(recipe, p)
		if !ok {
			continue
		}
		name := recipe.Model.Weights.Run
		if r, err := run.Local().Open(name); err == nil && r.Finished() {
			return nil
		}
		prefix, err := cluster.Run[recipes.Recipe]{Name: name, Epochs: source.Epochs, Recipe: source}.Prefix()
		if err != nil {
			return err
		}
		dir := filepath.Join(t.runs, filepath.FromSlash(name))
		have, err := t.artifacts.Restore(ctx, prefix, dir, func(err error) { log.Print(err) })
		if err != nil {
			return err
		}
		if _, err := trainer.FitContext(ctx, name, source, func(run.Progress) { progress(0) }); err != nil || have == source.Epochs {
			return err
		}
		return t.artifacts.Save(ctx, prefix, dir, source.Epochs)
	}
	return nil
}
