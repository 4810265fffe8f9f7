package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/photo"
)

// predicted is a file with what the panel says about it.
type predicted struct {
	File    string             `json:"file"`
	Error   string             `json:"error,omitempty"` // why there is no answer
	Class   string             `json:"class,omitempty"`
	Unsure  bool               `json:"unsure,omitempty"`
	Top     []chance           `json:"top,omitempty"` // the three most probable classes
	Members map[string]float64 `json:"members,omitempty"`
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
	panel, err := demo.Open()
	if err != nil {
		return err
	}
	list, bad := make([]predicted, len(files)), 0
	var images []fashion.Image
	var rows []int // of the images, in list
	for i, file := range files {
		list[i].File = file
		p, err := prepare(file)
		if err != nil {
			list[i].Error = err.Error()
			bad++
			continue
		}
		images, rows = append(images, p.Image), append(rows, i)
	}
	votes, err := panel.Vote(images)
	if err != nil {
		return err
	}
	for k, i := range rows {
		a := demo.Answer{Vote: votes.Vote.Probabilities[k]}
		ranking := a.Ranking()
		list[i].Class, list[i].Unsure = ranking[0].String(), panel.IsUnsure(a.Vote)
		for _, class := range ranking[:3] {
			list[i].Top = append(list[i].Top, chance{class.String(), float64(a.Vote[class])})
		}
		list[i].Members = map[string]float64{}
		for m, p := range votes.Members {
			list[i].Members[panel.Members[m].Title] = float64(p.Probabilities[k][ranking[0]])
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

func prepare(file string) (photo.Prepared, error) {
	f, err := os.Open(file)
	if err != nil {
		return photo.Prepared{}, errors.Unwrap(err) // the file is named beside it
	}
	defer f.Close()
	return demo.Read(f, photo.Usual)
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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("-listen is %q, want an address and a port such as 127.0.0.1:8080: %w", address, err)
	}
	if ip := net.ParseIP(host); token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		token = demo.NewToken()
	}
	panel, err := demo.Open()
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
	go func() {
		if err := showNeighbours(s); err != nil {
			fmt.Fprintln(os.Stderr, "no training images will be shown beside an answer:", err)
		}
	}()
	return s.ListenAndServe(ctx, address, func(url string) { fmt.Printf("open %s in a browser; Ctrl-C stops\n", url) })
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
