package main

import (
	"context"
	"flag"
	"os"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
)

func reportCommand() command {
	return command{
		name: "report", summary: "print the results table",
		text: `Prints what the slides say beside what the runs of this machine and the published runs measured. What was not run is named with the command
that makes it. The histories are written as CSV, which other programs plot; no Go library that writes TensorBoard's event files is kept up.`,
		example: "report -html report.html",
		define: func(f *flag.FlagSet) prepare {
			var o report.Options
			f.BoolVar(&o.JSON, "json", false, "print JSON")
			f.StringVar(&o.HTML, "html", "", "write a page with the figures of each run to this `file` too, and model cards of the published runs into the folder cards beside it")
			f.StringVar(&o.CSV, "csv", "", "write the history of each run, a row for each epoch, to this `file` too")
			return func([]string) (work, error) {
				if err := flags.CheckOutputs(o.HTML, o.CSV); err != nil {
					return nil, err
				}
				return func(context.Context) error {
					return report.Write(os.Stdout, os.Stderr, report.Stores{Local: run.Local(), Published: run.Published()}, o)
				}, nil
			}
		},
	}
}
