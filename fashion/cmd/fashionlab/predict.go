package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"fashionlab/fashion/cmd/fashionlab/internal/answers"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/pictures"
)

func predictCommand() command {
	return command{
		name: "predict", summary: "say what garments photos show", arguments: "FILE|DIR...",
		text: `Says what garment each photo shows, with the probabilities of the three likeliest classes: a class, or "not sure", or "none of these" if nothing among the
training images is similar, each with the reason. In a folder it classifies all pictures, those of its subfolders too. Files that cannot be used are named, and the exit code
is then 1.`,
		example: "predict testdata/photos/boot-on-wood.png -json",
		define: func(f *flag.FlagSet) prepare {
			asJSON := f.Bool("json", false, "print JSON")
			asCSV := f.Bool("csv", false, "print CSV, a line for each file")
			name := addRun(f)
			return func(files []string) (work, error) {
				if len(files) == 0 {
					return nil, errors.New("name one photo or more")
				}
				print := answers.Print
				switch {
				case *asJSON && *asCSV:
					return nil, errors.New("prints JSON or CSV, not both")
				case *asJSON:
					print = func(_ io.Writer, list []answers.Answer) error { return writeJSON(list) }
				case *asCSV:
					print = answers.CSV
				}
				return func(context.Context) error { return predict(files, *name, print) }, nil
			}
		},
	}
}

func warn(err error) { fmt.Fprintln(os.Stderr, "warning:", err) }

// predict prints the predictions of files, and of those in folders. A file that cannot be used is reported in its place, and is the error at the end.
func predict(named []string, name string, print func(io.Writer, []answers.Answer) error) error {
	files, bad := inFolders(named)
	all := len(files) + bad
	ensemble, err := openEnsemble(name)
	if err != nil {
		return err
	}
	training, err := dataset.Train(ensemble.Data)
	if err == nil {
		err = ensemble.AddNeighbours(training, 2000) // fewer than the page's, which has time: a decision close to a threshold may differ
	}
	if err != nil {
		warn(fmt.Errorf("it is not checked whether training images are similar: %w", err))
	}
	var list []answers.Answer
	for some := range slices.Chunk(files, 64) { // their pictures take memory
		predictions, err := ensemble.PredictFiles(some)
		if err != nil {
			return err
		}
		for _, p := range predictions {
			if p.Err != nil {
				bad++
			}
			for _, text := range p.Warnings {
				warn(fmt.Errorf("%s: %s", p.Path, text))
			}
			list = append(list, answers.Of(ensemble, p))
		}
	}
	if err = print(os.Stdout, list); err == nil && bad > 0 {
		return fmt.Errorf("%d of %d files and folders could not be used", bad, all)
	}
	return err
}

// inFolders lists files, and in place of each folder the pictures in it. It warns of folders without any and of what else it leaves out, and counts that.
func inFolders(named []string) (files []string, bad int) {
	for _, path := range named {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			files = append(files, path) // one that is not there is named in its place
			continue
		}
		list, left := pictures.Find(path)
		for _, err := range left {
			warn(err)
		}
		files, bad = append(files, list...), bad+len(left)
	}
	return files, bad
}
