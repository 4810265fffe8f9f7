package main

import (
	"context"
	"fmt"
	"os"

	"fashionlab/fashion/cmd/fashionlab/internal/load"
	"fashionlab/fashion/demo"
)

// loadPhotos is how many photos the clients take turns with.
const loadPhotos = 36

// benchLoad holds a load of clients on a demo, that of an address or one in this process with all that the page has.
func benchLoad(ctx context.Context, o benchOptions) error {
	photos, err := load.Photos(loadPhotos)
	if err != nil {
		return err
	}
	held := load.Options{Page: o.url, Clients: o.clients, For: o.duration, Photos: photos, Here: o.url == ""}
	if !held.Here {
		return load.Run(ctx, os.Stdout, held)
	}
	s, err := openDemo(demo.Options{Token: demo.NewToken()})
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.ListenAndServe(serving, "127.0.0.1:0", func(url string) { ready <- url }) }()
	select {
	case held.Page = <-ready:
		fmt.Printf("%d clients and the server in one process, %v each\n", o.clients, o.duration)
		err = load.Run(ctx, os.Stdout, held)
	case err = <-ended:
		ended <- nil // there is nothing to wait for
	}
	stop()
	if failed := <-ended; err == nil {
		err = failed
	}
	return err
}

// openDemo is the demo with all that its page has.
func openDemo(o demo.Options) (*demo.Server, error) {
	ensemble, err := demo.Open(warn)
	if err != nil {
		return nil, err
	}
	s, err := newServer(ensemble, o)
	if err == nil {
		err = addNeighbours(ensemble)
	}
	return s, err
}
