package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func demoCommand() command {
	return command{
		name: "demo", summary: "say what garments photos show, as a web page", heeds: true,
		text: `Serves a web page that says what the garment on a photo is, and why. It makes items with the published GAN, too. On this machine it asks for no
token; at an address that others can reach it does. Ctrl-C stops it.`,
		example: "demo -listen 127.0.0.1:8080",
		define: func(f *flag.FlagSet) prepare {
			listen := f.String("listen", "127.0.0.1:8080", "`address` of the page")
			token := f.String("token", "", "that visitors must bring (default none on this machine, elsewhere a new one)")
			return func([]string) (work, error) {
				checked, err := checkAddress(*listen, *token)
				return func(ctx context.Context) error { return serve(ctx, *listen, checked) }, err
			}
		},
	}
}

// neighbourImages is how many training images are searched for those that look most like a photo.
const neighbourImages = 10_000

// checkAddress checks an address and the token that its visitors must bring, which it returns: an address that others can reach asks for one.
func checkAddress(address, token string) (string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("-listen is %q, want an address and a port such as 127.0.0.1:8080: %w", address, err)
	}
	if ip := net.ParseIP(host); token == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		token = demo.NewToken()
	}
	if token == "" {
		return "", nil
	}
	return token, demo.CheckToken(token)
}

// serve serves the demo's page until the context ends.
func serve(ctx context.Context, address, token string) error {
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
	r, err := run.Published().Open(study.Full.Run("gan"))
	if err != nil {
		return err
	}
	g, err := gan.Load(r)
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
