package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/demo/review"
	"fashionlab/fashion/demo/static"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

func demoCommand() command {
	return command{
		name: "demo", summary: "say what garments photos show, as a web page", heeds: true,
		text: `Serves a web page that classifies the garment on a photo and explains why. It generates items with the published GAN, too. At an address that other
machines can reach it requires a token. Behind a proxy, use -origin to name the address that users open; everyone whom the proxy lets in can use the
page, unless -token is set. Ctrl-C stops it.

With -review it also serves the page /review, on which you correct the model's labels of a folder of pictures by keyboard, the least certain first. The labels become
the folder -out, with a subfolder for each class, which train -data learns.

With -static it writes a page without a server instead, into a folder that any web server can give out: the network is computed in the browser, and similar training images,
explanations and generated items are left out.`,
		example: "demo -listen 127.0.0.1:8080",
		define: func(f *flag.FlagSet) prepare {
			listen := f.String("listen", "127.0.0.1:8080", "`address` of the page")
			name, labels := addRun(f), labelOptions{}
			f.StringVar(&labels.dir, "review", "", "`folder` of pictures whose labels are reviewed")
			f.StringVar(&labels.out, "out", "", "new or empty `folder` for the reviewed pictures, or that of an earlier review of the same ones, which is continued")
			folder := f.String("static", "", "write a page that computes in the browser into this `folder`, and serve nothing")
			token := f.String("token", "", "`token` that clients must send (default: none on a loopback address, otherwise a new one)")
			var origins []string
			f.Func("origin", "`URL` under which users reach the page through a proxy, such as https://demo.example; may be repeated", func(v string) error {
				for part := range strings.SplitSeq(v, ",") {
					origin, err := demo.ParseOrigin(strings.TrimSpace(part))
					if err != nil {
						return err
					}
					origins = append(origins, origin)
				}
				return nil
			})
			return func([]string) (work, error) {
				if *folder != "" {
					if flags.IsSet(f, "listen", "token", "origin", "review", "out") {
						return nil, errors.New("-static serves nothing: leave out -listen, -token, -origin, -review and -out")
					}
					if err := static.Check(*folder); err != nil {
						return nil, fmt.Errorf("-static: %w", err)
					}
					return func(ctx context.Context) error { return writeStatic(ctx, *folder, *name) }, nil
				}
				checked, err := checkAddress(*listen, *token)
				if err == nil {
					err = labels.check()
				}
				return func(ctx context.Context) error {
					return serve(ctx, *listen, *name, labels, demo.Options{Token: checked, Origins: origins})
				}, err
			}
		},
	}
}

// neighbourImages is how many training images are searched for those most similar to a photo.
const neighbourImages = 10_000

// checkAddress checks an address and its token, which it returns: an address that other machines can reach gets a new one if it has none.
func checkAddress(address, token string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
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

// labelOptions are the folders of a review of labels; none without one.
type labelOptions struct{ dir, out string }

func (l labelOptions) check() error {
	if (l.dir == "") != (l.out == "") {
		return errors.New("-review names the folder of the pictures and -out another one for the labels; name both")
	}
	if l.dir == "" {
		return nil
	}
	return flags.CheckFolder("review", l.dir, "a folder of pictures")
}

// mount adds the page of the review to a server, if there is one.
func (l labelOptions) mount(s *demo.Server, e *demo.Ensemble) error {
	if l.dir == "" {
		return nil
	}
	predicted, err := review.Predict(e, l.dir)
	if err != nil {
		return err
	}
	r, err := review.New(e.Classes.Names(), predicted, l.dir, l.out)
	if err != nil {
		return err
	}
	for _, f := range r.Left {
		warn(fmt.Errorf("%s: %w", f.Path, f.Err))
	}
	r.Mount(s)
	fmt.Printf("%d pictures to review\n", r.Len())
	return nil
}

// serve serves the demo's page until the context ends.
func serve(ctx context.Context, address, name string, labels labelOptions, options demo.Options) error {
	ensemble, err := openEnsemble(name)
	if err != nil {
		return err
	}
	s, err := newServer(ensemble, options)
	if err != nil {
		return err
	}
	if err := labels.mount(s, ensemble); err != nil {
		return err
	}
	go func() {
		if err := addNeighbours(ensemble); err != nil {
			s.OmitNeighbours()
			fmt.Fprintln(os.Stderr, "predictions are shown without similar training images:", err)
		}
	}()
	return s.ListenAndServe(ctx, address, func(url string) {
		fmt.Printf("open %s in a browser; Ctrl-C stops\n", url)
		if labels.dir != "" {
			page, token, _ := strings.Cut(url, "?")
			fmt.Printf("the labels are reviewed at %s\n", strings.TrimSuffix(page, "/")+"/review"+strings.TrimSuffix("?"+token, "?"))
		}
	})
}

// writeStatic writes the page without a server.
func writeStatic(ctx context.Context, folder, name string) error {
	ensemble, err := openEnsemble(name)
	if err != nil {
		return err
	}
	if err := static.Write(ctx, folder, ensemble); err != nil {
		return err
	}
	fmt.Printf("wrote %s; `python3 -m http.server -d %s` shows it, and so does any other web server\n", folder, folder)
	return nil
}

// newServer is the demo's server, without neighbours.
func newServer(ensemble *demo.Ensemble, options demo.Options) (*demo.Server, error) {
	for _, m := range ensemble.Members {
		fmt.Printf("%s, %s, weight %.2f, test accuracy %v\n", m.Title, m.Name(), m.Weight, m.Test)
	}
	if err := ensemble.Warm(); err != nil {
		return nil, err
	}
	s := demo.NewServer(ensemble, options)
	if ensemble.Data.Set != "" {
		return s, nil // the published GAN generates other things
	}
	if err := addGenerator(s); err != nil {
		fmt.Fprintln(os.Stderr, "the page generates no items:", err)
	}
	return s, nil
}

// addGenerator adds the published GAN to the page.
func addGenerator(s *demo.Server) error {
	r, err := run.Published().Open(study.Full.Run("gan"))
	if err != nil {
		return err
	}
	g, err := gan.Load(r)
	if err != nil {
		return err
	}
	return s.AddGenerator(g)
}

func addNeighbours(ensemble *demo.Ensemble) error {
	set, err := dataset.Train(ensemble.Data)
	if err != nil {
		return err
	}
	return ensemble.AddNeighbours(set, neighbourImages)
}
