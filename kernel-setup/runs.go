package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/run"
	"fashionlab/kernel-setup/internal/layout"
	"fashionlab/kernel-setup/internal/process"
)

// doctorRuns reads every file of this machine's runs and searches and of the published runs, and prints a line for each problem.
func doctorRuns(l layout.Layout, out io.Writer) error {
	root, err := l.Runs()
	if err != nil {
		return err
	}
	published := run.Published()
	if os.Getenv(run.PublishedVariable) == "" {
		published = run.StoreAt(l.Published(), true)
	}
	problems := 0
	for _, store := range []run.Store{run.StoreAt(root, false), published} {
		found, err := checkStore(store, out)
		if err != nil {
			return err
		}
		problems += found
	}
	if problems > 0 {
		return &process.ExitError{Code: 1}
	}
	return nil
}

// checkStore prints a line for each problem of a store, and one that sums up. It returns how many problems there are.
func checkStore(store run.Store, out io.Writer) (problems int, err error) {
	root, err := store.Root()
	if err != nil {
		return 0, err
	}
	report := func(err error) {
		problems++
		fmt.Fprintf(out, "corrupt  %s\n", strings.ReplaceAll(err.Error(), "\n", "\n         "))
	}
	runs, err := store.List()
	if unreadable, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range unreadable.Unwrap() {
			report(err)
		}
	} else if err != nil {
		return 0, err
	}
	unchecked := 0
	for _, r := range runs {
		for _, problem := range r.Check() {
			report(problem)
		}
		if r.Unchecked() {
			unchecked++
			fmt.Fprintf(out, "-        %s is readable and otherwise unchecked: it was finished before runs had manifests\n", r.Dir)
		}
	}
	journals, err := checkJournals(root, report)
	if err != nil {
		return problems, err
	}
	status := "ok"
	if problems > 0 {
		status = "corrupt"
	}
	fmt.Fprintf(out, "%-8s %s: %d runs and %d searches, %d problems; %d runs have no manifest to be checked with\n", status, root, len(runs), journals, problems, unchecked)
	return problems, nil
}

// checkJournals checks the journals of all searches in a folder.
func checkJournals(root string, report func(error)) (journals int, err error) {
	err = disk.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "journal.jsonl" {
			return err
		}
		journals++
		if err := hyperband.CheckJournal(path); err != nil {
			report(err)
		}
		return nil
	})
	return journals, err
}
