package main

import (
	"context"
	"flag"
	"os"

	"fashionlab/fashion/report"
	"fashionlab/fashion/run"
)

func reportCommand() command {
	return command{
		name: "report", summary: "print the results table",
		text: `Prints what the slides say beside what the runs of this machine and the published runs measured. What was not run is named with the command
that makes it.`,
		example: "report -html report.html",
		define: func(f *flag.FlagSet) prepare {
			asJSON := f.Bool("json", false, "print JSON")
			html := f.String("html", "", "write a page with the figures of each run to this `file` too")
			return func([]string) (work, error) {
				return func(context.Context) error { return printReport(*asJSON, *html) }, nil
			}
		},
	}
}

// printReport prints the results so far, and writes them as a page if a file is named.
func printReport(asJSON bool, html string) error {
	return report.Write(os.Stdout, os.Stderr, report.Stores{Local: run.Local(), Published: run.Published()}, report.Options{JSON: asJSON, HTML: html})
}
