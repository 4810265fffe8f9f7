package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/cmd/fashionlab/internal/searchplan"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/notebook"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func searchCommand() command {
	return command{
		name: "search", summary: "search hyperparameters with Hyperband", heeds: true,
		text: `Searches the hyperparameters that the slides searched, with Hyperband, and prints the best trials. What was measured is kept: the same command
resumes an interrupted search, and Ctrl-C stops between two steps. With -plan it only says which trials there are and what they cost. With -curves every
configuration is trained to the end, and its accuracy measured on validation images that the search does not use. From these learning curves notebook 7 simulates other searches.
The recording continues that which comes with the project.`,
		example: "search -model cnn -profile smoke -plan",
		define: func(f *flag.FlagSet) prepare {
			var o searchOptions
			f.StringVar(&o.model, "model", "cnn", "`name` of the recipe whose hyperparameters are searched")
			profile := addProfile(f)
			f.IntVar(&o.budget.R, "R", 0, "maximum number of epochs of a configuration (default the profile's)")
			f.IntVar(&o.budget.Eta, "eta", 0, "reduction factor: each rung keeps 1 of eta configurations (default the profile's)")
			rounding := f.String("rounding", "", "`rule` of the brackets' table: algorithm1, table1 or kerastuner (default algorithm1)")
			f.IntVar(&o.workers, "workers", 1, "trainings at once")
			f.BoolVar(&o.curves, "curves", false, "train every trial to the end instead, see above")
			f.BoolVar(&o.publish, "publish", false, "with -curves: put what was measured into notebooks/published, to come with the project")
			o.limit.Define(f, "stop after this `time`, such as 2h30m; the next call resumes (default: search to the end)")
			o.cluster.define(f, "")
			f.BoolVar(&o.plan, "plan", false, "say what the search costs, and do not begin")
			f.BoolVar(&o.json, "json", false, "print JSON")
			return func([]string) (work, error) {
				var err error
				if o.profile, err = study.ParseProfile(*profile); err != nil {
					return nil, err
				}
				switch given, onCluster := o.budget != (study.Budget{}) || *rounding != "", o.cluster.address != ""; {
				case o.workers < 1:
					return nil, fmt.Errorf("-workers is %d, want 1 or more", o.workers)
				case o.cluster.kind != "" && !onCluster:
					return nil, errors.New("-kind belongs to -cluster")
				case onCluster && o.curves:
					return nil, errors.New("-curves measures the trained models here: leave out -cluster")
				case onCluster && o.workers != 1:
					return nil, errors.New("-workers is for a search on this machine; a cluster has as many as there are")
				case o.curves && given:
					return nil, errors.New("-curves has trials and epochs of its own: leave out -R, -eta and -rounding")
				case o.publish && !(o.curves && o.profile == study.Full):
					return nil, fmt.Errorf("-publish is for -curves at profile %s", study.Full)
				case o.curves:
					s, err := study.LearningCurves(o.model, o.profile)
					o.budget = study.Budget{R: s.Base.Epochs, Eta: 1}
					return func(ctx context.Context) error { return search(ctx, s, o) }, err
				}
				o.budget.Rounding = hyperband.Rounding(*rounding)
				o.budget = withDefaults(o.budget, study.SearchBudget(o.profile))
				s, err := study.Search(o.model, o.profile, o.budget)
				return func(ctx context.Context) error { return search(ctx, s, o) }, err
			}
		},
	}
}

// searchOptions are the flags of search.
type searchOptions struct {
	model           string
	profile         study.Profile
	budget          study.Budget
	workers         int
	limit           flags.TimeLimit
	curves, publish bool
	plan, json      bool
	cluster         clusterOptions
}

// withDefaults is a budget with another's values where it has none.
func withDefaults(b, usual study.Budget) study.Budget {
	return study.Budget{R: cmp.Or(b.R, usual.R), Eta: cmp.Or(b.Eta, usual.Eta), Rounding: cmp.Or(b.Rounding, usual.Rounding)}
}

// search plans a search, or does it.
func search(ctx context.Context, s hyperband.Search[recipes.Recipe], o searchOptions) error {
	if o.plan {
		p := searchplan.New(s, o.model, o.budget)
		if o.json {
			return writeJSON(p)
		}
		return p.Print(os.Stdout)
	}
	limited, cancel := o.limit.Context(ctx)
	defer cancel()
	found, err := o.find(limited, s)
	switch {
	case limited.Err() != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		fmt.Fprintf(os.Stderr, "%v\nThe time of -for %v is over; the same command resumes.\n", err, o.limit)
		found, err = s.Read()
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		if kept, unreadable := s.Read(); unreadable == nil && kept.Epochs > 0 {
			err = fmt.Errorf("%w\nwhat was measured is kept; the same command resumes the search", err)
		}
		return err
	}
	if err == nil && o.curves {
		err = train.MeasureFinals(ctx, s, found)
		if err == nil && o.publish {
			err = study.PublishCurves(s, o.model, o.profile)
		}
	}
	switch {
	case err != nil:
		return err
	case o.json:
		return writeJSON(ranked(found))
	}
	return printRanking(os.Stdout, found, s.Base.Model.Name)
}

// find does a search, here or on a cluster.
func (o searchOptions) find(ctx context.Context, s hyperband.Search[recipes.Recipe]) (hyperband.State[recipes.Recipe], error) {
	if o.cluster.address != "" {
		return o.cluster.search(ctx, s, o)
	}
	if o.curves {
		if err := study.ContinueCurves(s, o.model, o.profile); err != nil {
			return hyperband.State[recipes.Recipe]{}, err
		}
	}
	if err := fitSources(ctx, s.Base, o.profile); err != nil {
		return hyperband.State[recipes.Recipe]{}, err
	}
	return train.SearchContext(ctx, s, o.workers, progress())
}

func writeJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progress reports on standard error: in one line that changes where a person reads it, else in a line per training.
func progress() func(hyperband.State[recipes.Recipe]) {
	info, err := os.Stderr.Stat()
	start, end := "", "\n"
	if err == nil && info.Mode()&os.ModeCharDevice != 0 {
		start, end = "\r\x1b[K", ""
	}
	return func(s hyperband.State[recipes.Recipe]) {
		fmt.Fprint(os.Stderr, start, notebook.SearchLine(s), end)
		if s.Done {
			fmt.Fprintln(os.Stderr)
		}
	}
}

// rankedTrial is a line of a ranking.
type rankedTrial struct {
	Trial      int               `json:"trial"`
	Accuracy   float64           `json:"validation_accuracy"`
	Epochs     int               `json:"epochs"`
	Parameters map[string]string `json:"parameters"`
	Recipe     recipes.Recipe    `json:"recipe"`
}

func ranked(s hyperband.State[recipes.Recipe]) []rankedTrial {
	list := []rankedTrial{} // not null as JSON
	for _, t := range s.Ranking() {
		p := rankedTrial{Trial: t.ID, Accuracy: t.Score(0), Epochs: len(t.Scores), Parameters: map[string]string{}, Recipe: t.Config}
		for i, parameter := range s.Space {
			p.Parameters[parameter.Name] = parameter.Format(t.Values[i])
		}
		list = append(list, p)
	}
	return list
}

// printRanking prints the best trials, and the slide's parameters under them.
func printRanking(w io.Writer, s hyperband.State[recipes.Recipe], model string) error {
	header, rows := s.Table(10, "validation accuracy")
	slide := append([]string{"slide", "", ""}, study.SlideOf(model).Parameters...)
	return text.Table(w, slices.Concat([][]string{header}, rows, [][]string{slide}))
}
