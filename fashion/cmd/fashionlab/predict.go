package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

func warn(err error) { fmt.Fprintln(os.Stderr, "warning:", err) }

// predicted is a file with what the panel says about it.
type predicted struct {
	File    string             `json:"file"`
	Error   string             `json:"error,omitempty"` // why there is no answer
	Class   string             `json:"class,omitempty"`
	Unsure  bool               `json:"unsure,omitempty"`
	Top     []chance           `json:"top,omitempty"`     // the three most probable classes
	Members map[string]float64 `json:"members,omitempty"` // what each says of the first class
}

type chance struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// predict prints what the panel says about files. A file that cannot be used is reported in its place, and is the error at the end.
func predict(files []string, asJSON bool) error {
	if len(files) == 0 {
		return errors.New("usage: predict FILE...: name one photo or more")
	}
	panel, err := demo.Open(warn)
	if err != nil {
		return err
	}
	var list []predicted
	bad := 0
	for some := range slices.Chunk(files, 64) { // their pictures take memory
		answers, err := panel.Ask(some)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.Err != nil {
				bad++
			}
			list = append(list, newPredicted(panel, a))
		}
	}
	if asJSON {
		err = writeJSON(list)
	} else {
		err = printPredicted(os.Stdout, list)
	}
	if err == nil && bad > 0 {
		return fmt.Errorf("%d of %d files could not be used", bad, len(files))
	}
	return err
}

// newPredicted puts an answer into words.
func newPredicted(panel *demo.Panel, f demo.File) predicted {
	p := predicted{File: f.Path}
	if f.Err != nil {
		p.Error = f.Err.Error()
		return p
	}
	ranking := demo.Ranking(f.Vote)
	p.Class, p.Unsure, p.Members = ranking[0].String(), f.Unsure, map[string]float64{}
	for _, class := range ranking[:3] {
		p.Top = append(p.Top, chance{class.String(), float64(f.Vote[class])})
	}
	for i, m := range f.Members {
		p.Members[panel.Members[i].Title] = float64(m[ranking[0]])
	}
	return p
}

// printPredicted prints a line for each file: its class, or why there is none, and the next two classes.
func printPredicted(w io.Writer, list []predicted) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "file\tclass\tprobability\tthen\t")
	for _, p := range list {
		if p.Error != "" {
			fmt.Fprintf(t, "%s\t-\t\t%s\t\n", p.File, p.Error)
			continue
		}
		class := p.Class
		if p.Unsure {
			class += "?"
		}
		var then []string
		for _, c := range p.Top[1:] {
			then = append(then, fmt.Sprintf("%s %.3f", c.Class, c.Probability))
		}
		fmt.Fprintf(t, "%s\t%s\t%.3f\t%s\t\n", p.File, class, p.Top[0].Probability, strings.Join(then, ", "))
	}
	return t.Flush()
}

// neighbourImages is how many training images are searched for those that look most like a photo.
const neighbourImages = 10_000

// serve serves the demo's page until it is interrupted. An address that others can reach asks for a token.
func serve(address, token string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("-listen is %q, want an address and a port such as 127.0.0.1:8080: %w", address, err)
	}
	if ip := net.ParseIP(host); token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		token = demo.NewToken()
	}
	if token != "" {
		if err := demo.CheckToken(token); err != nil {
			return err
		}
	}
	panel, err := demo.Open(warn)
	if err != nil {
		return err
	}
	for _, m := range panel.Members {
		fmt.Printf("%s, %s, weight %.2f, test accuracy %v\n", m.Title, m.Name(), m.Weight, m.Test)
	}
	if err := panel.Warm(); err != nil {
		return err
	}
	s := demo.NewServer(panel, demo.Options{Token: token})
	if err := makeItems(s); err != nil {
		fmt.Fprintln(os.Stderr, "the page makes no items:", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		if err := showNeighbours(s); err != nil {
			s.WithoutNeighbours()
			fmt.Fprintln(os.Stderr, "no training images will be shown beside an answer:", err)
		}
	}()
	return s.ListenAndServe(ctx, address, func(url string) { fmt.Printf("open %s in a browser; Ctrl-C stops\n", url) })
}

// makeItems has the page make items with the published GAN.
func makeItems(s *demo.Server) error {
	r, err := run.OpenPublished(recipes.Full.Run("gan"))
	if err != nil {
		return err
	}
	g, err := train.LoadGenerator(r)
	if err != nil {
		return err
	}
	return s.MakeItems(g)
}

func showNeighbours(s *demo.Server) error {
	dir, err := fashion.FindDir()
	if err != nil {
		return err
	}
	set, err := fashion.LoadTrain(dir)
	if err != nil {
		return err
	}
	return s.ShowNeighbours(set, neighbourImages)
}
