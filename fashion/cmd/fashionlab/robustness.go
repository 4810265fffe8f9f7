package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"text/tabwriter"
	"time"

	"fashionlab/fashion/corruption"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

func robustnessCommand() command {
	return command{
		name: "robustness", summary: "measure finished runs on corrupted images", arguments: "RUN...", heeds: true,
		text: `Classifies the validation images, or the test images, after six kinds of corruption at five strengths each, with the networks of finished runs, and prints the
accuracies. The results are saved in the runs; what is there is only read. The first run is what the others are compared with: the mean corruption error is the sum of a network's errors as
a fraction of the first's.`,
		example: "robustness quick/cnn quick/cnn-augmented",
		define: func(f *flag.FlagSet) prepare {
			test := f.Bool("test", false, "the test images; each run records that they were opened")
			publish := f.Bool("publish", false, "copy the runs to notebooks/published, for others to see")
			return func(names []string) (work, error) {
				if len(names) == 0 {
					return nil, errors.New("wants the name of a finished run, such as quick/cnn")
				}
				split := map[bool]string{false: run.Validation, true: run.Test}[*test]
				return func(ctx context.Context) error { return robustness(ctx, names, split, *publish) }, nil
			}
		},
	}
}

// robustness measures the runs of those names on a split, prints what each comes to, and publishes them if asked to.
func robustness(ctx context.Context, names []string, split string, publish bool) error {
	var first run.Robustness
	for i, name := range names {
		r, err := run.Local().Open(name)
		if errors.Is(err, run.ErrNotFound) {
			if _, elsewhere := run.Published().Open(name); elsewhere == nil {
				return fmt.Errorf("%s is a published run, into which nothing is written; train its recipe on this machine to measure it", name)
			}
		}
		if err != nil {
			return err
		}
		measured, err := measureRobustness(ctx, r, split)
		if err != nil {
			return err
		}
		if i == 0 {
			first = measured
		}
		if err := printRobustness(name, measured, first); err != nil {
			return err
		}
		if err := share(r, name, publish, false); err != nil {
			return err
		}
	}
	return nil
}

// measureRobustness measures a run on a split and says how far it is.
func measureRobustness(ctx context.Context, r *run.Run, split string) (run.Robustness, error) {
	said := time.Now()
	measured, err := infer.Robustness(ctx, r, split, func(done float64) {
		if time.Since(said) > 10*time.Second {
			said = time.Now()
			fmt.Printf("%s: %.0f%% of the corrupted %s images\n", r.Dir, 100*done, split)
		}
	})
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("interrupted; the same command measures this run from the start, and reads those before: %w", err)
	}
	return measured, err
}

// printRobustness prints the accuracy at each strength and the corruption errors relative to those of the first.
func printRobustness(name string, measured, first run.Robustness) error {
	errs, err := metrics.CorruptionErrors([]run.Robustness{measured}, []run.Robustness{first})
	if err != nil {
		return err
	}
	fmt.Printf("%s: %v without corruption, of %d images\n", name, metrics.Wilson(measured.Clean.Correct(measured.Images), measured.Images), measured.Images)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for i, c := range measured.Corruptions {
		fmt.Fprintf(w, "%s", c.Name)
		for level := range corruption.Levels {
			fmt.Fprintf(w, "\t%.4f", float64(c.Correct[level].Correct(measured.Images))/float64(measured.Images))
		}
		fmt.Fprintf(w, "\trelative error %s\n", relative(errs.Each[i]))
	}
	fmt.Fprintf(w, "mean corruption error\t\t\t\t\t\t%s\n", relative(errs.Mean))
	return w.Flush()
}

// relative is a relative error as text: there is none where the first run makes no errors.
func relative(i metrics.Interval) string {
	if math.IsNaN(i.Value) || math.IsInf(i.Value, 0) {
		return "none: the first run makes no errors"
	}
	return i.String()
}
