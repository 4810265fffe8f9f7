package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/estimate"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// queueOptions are the flags of train that are about the queue of all trainings.
type queueOptions struct {
	all, plan    bool
	claim, match string
	limit        flags.TimeLimit
	cluster      clusterOptions
}

func (o *queueOptions) define(f *flag.FlagSet) {
	f.BoolVar(&o.all, "all", false, "train whatever the study's claims need and is missing, one after the other")
	f.StringVar(&o.claim, "claim", "", "with -all: only for the claim of this `name`")
	f.StringVar(&o.match, "match", "", "with -all: only runs whose names match this regular `expression`, such as ingredients/mixup")
	o.limit.Define(f, "with -all: stop after this `time`, such as 2h30m; the next call resumes (default: train everything)")
	o.cluster.define(f, "with -all: ")
	f.StringVar(&o.cluster.bucket, "bucket", "", "with -cluster: the `bucket` of its workers, from which the runs are fetched (default the one of a worker on this machine)")
	f.BoolVar(&o.plan, "plan", false, "with -all: only print what is missing and how long it takes")
}

// queue is the trainings that claims need, of which each call makes some of those that are missing.
type queue struct {
	queueOptions
	options   trainOptions // of each training
	trainings []study.Variant
}

// newQueue checks the flags of train for a queue.
func newQueue(q queueOptions, o trainOptions) (queue, error) {
	switch {
	case !q.all:
		return queue{}, errors.New("-claim, -match, -for, -plan and -cluster belong to -all")
	case q.cluster.address == "" && (q.cluster.kind != "" || q.cluster.bucket != ""):
		return queue{}, errors.New("-kind and -bucket belong to -cluster")
	case o.recipe != "cnn" || o.name != "" || o.epochs != 0 || o.seed != 0 || o.weights:
		return queue{}, errors.New("-all has recipes, names, epochs and seeds of its own, and publishes no weights")
	case o.publish && o.profile != study.Full:
		return queue{}, fmt.Errorf("-publish is for the claims at profile %s; at %s they show large effects only", study.Full, o.profile)
	}
	asked := claims.All()
	if q.claim != "" {
		c, err := claims.ByName(q.claim)
		if err != nil {
			return queue{}, fmt.Errorf("-claim: %w", err)
		}
		asked = []claims.Claim{c}
	}
	match, err := regexp.Compile(q.match)
	if err != nil {
		return queue{}, fmt.Errorf("-match: %w", err)
	}
	list := slices.DeleteFunc(claims.Queue(o.profile, asked...), func(v study.Variant) bool { return !match.MatchString(v.Run) })
	if len(list) == 0 {
		return queue{}, fmt.Errorf("-match is %q, and no run that the claims need has that in its name; -plan lists them", q.match)
	}
	return queue{q, o, list}, nil
}

// do trains what is missing until all is there or the time limit is reached, which is not an error. A training that fails does not keep the others waiting; its error comes last. What another
// process trains is left to it, so that two may work at once, and what a cluster failed to train is left to the next call.
func (q queue) do(ctx context.Context) error {
	missing, err := q.print()
	if q.plan {
		return err
	}
	limited, cancel := q.limit.Context(ctx)
	defer cancel()
	failed := []error{err}
	if q.cluster.address != "" {
		if err := q.trainOnCluster(limited, missing); err != nil && limited.Err() == nil {
			failed = append(failed, err)
			missing = slices.DeleteFunc(missing, forCluster)
		}
	}
	t := training{trainOptions: q.options}
	for i, v := range missing {
		fmt.Printf("%d of %d: %s, seed %d, into %s\n", i+1, len(missing), v.Name, v.Recipe.Seed, v.Run)
		t.name, t.trained, t.robustness = v.Run, v.Recipe, study.NeedsRobustness(q.options.profile, v)
		if i == 0 || !differInSeed(missing[i-1], v) { // the same graphs; all that a queue compiles needs much memory
			t.trainer = &train.Trainer{Own: synthesizers}
		}
		var elsewhere *disk.LockedError
		switch err := t.do(limited); {
		case ctx.Err() != nil:
			if err == nil { // it had ended all the same
				i, err = i+1, ctx.Err()
			}
			return errors.Join(append(failed, fmt.Errorf("interrupted with %d of %d trainings to do; the same command resumes: %w", len(missing)-i, len(q.trainings), err))...)
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Printf("%v\nThe time of -for %v is over with %d of %d trainings to do; the same command resumes.\n", err, q.limit, len(missing)-i, len(q.trainings))
			return errors.Join(failed...)
		case errors.As(err, &elsewhere):
			fmt.Printf("%s is trained by %s; the same command says later whether it is finished\n", v.Run, elsewhere.Owner)
		case err != nil:
			failed = append(failed, err)
			fmt.Fprintln(os.Stderr, err)
		}
	}
	return errors.Join(failed...)
}

// differInSeed reports whether two trainings differ in nothing but their seeds and names. With -match such are neighbours.
func differInSeed(a, b study.Variant) bool { return a.WithSeed(b.Recipe.Seed).Recipe == b.Recipe }

// forCluster reports whether a cluster is to do a training. What mixes in synthetic images or has teachers is left to this machine, which makes them.
func forCluster(v study.Variant) bool {
	s, err := v.Standing()
	return err == nil && !s.Finished && !s.Corrupt && v.Recipe.Data.Synthetic.Fraction == 0 && v.Recipe.Regularization.Distillation.Weight == 0
}

// trainOnCluster has a cluster train what is missing, all at once.
func (q queue) trainOnCluster(ctx context.Context, missing []study.Variant) error {
	list := slices.DeleteFunc(slices.Clone(missing), func(v study.Variant) bool { return !forCluster(v) })
	if len(list) == 0 {
		return nil
	}
	fmt.Printf("%d of %d trainings on the cluster\n", len(list), len(missing))
	return q.cluster.train(ctx, list)
}

// print writes what is there and what is missing, with an estimate, and returns the latter. The error is of published runs that cannot be read, and of runs of another recipe.
func (q queue) print() (missing []study.Variant, failed error) {
	speeds, unreadable := estimate.Measure(run.Local(), run.Published(), device.OnGPU(os.Getenv(device.BackendVariable)))
	if unreadable != nil {
		fmt.Fprintln(os.Stderr, "left out:", unreadable)
	}
	var rows [][]string
	total := 0.0
	for _, v := range q.trainings {
		state, epochs, err := claims.Standing(v, q.options.profile, q.options.publish)
		if err != nil {
			failed = errors.Join(failed, err)
			state, epochs = "cannot be used, see below", -1
		}
		about := ""
		if epochs >= 0 {
			missing = append(missing, v)
			seconds := speeds.For(v.Recipe).Seconds(v.Recipe, epochs)
			total, about = total+seconds, fmt.Sprint("about ", text.Seconds(seconds))
		}
		rows = append(rows, []string{v.Name, fmt.Sprint("seed ", v.Recipe.Seed), v.Run, state, about})
	}
	if err := text.Table(os.Stdout, rows); err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		fmt.Printf("%d of %d trainings are missing, about %v, estimated by %s\n", len(missing), len(q.trainings), text.Seconds(total), speeds.For(missing[0].Recipe).Source)
	}
	return missing, failed
}
