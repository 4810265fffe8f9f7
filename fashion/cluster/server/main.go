// Command server is the development server of the cluster: Temporal with its database in one SQLite file. It is a module and a program of its own, because it takes minutes to
// compile and neither workers nor clients need it. It serves whoever reaches its address: there is no authentication, so that it listens on this machine alone unless told otherwise.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	if err := serve(os.Args[1:], os.Stdout, stop); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "cluster serve:", err)
		os.Exit(1)
	}
}

// usage is what the command does.
const usage = `usage: go run ./kernel-setup cluster serve [flags]

Serves searches and trainings to workers and clients: Temporal's server with a SQLite file. Whatever ends it, the file has all that was decided, and
the next call resumes. It has no authentication: who reaches it can read and run everything. Its web pages, on this machine alone, only show.

Flags:

`

// serve runs a server as the arguments say, until a signal.
func serve(args []string, out io.Writer, stop <-chan os.Signal) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are returned
	listen := f.String("listen", "127.0.0.1:7233", "`address` to listen on, an IP address and a port")
	open := f.Bool("open", false, "listen on an address that other machines reach, although there is no authentication: only in a network where you trust everybody")
	dir := f.String("dir", "", "`folder` of the database (default the project's private folder)")
	pages := f.Int("ui", 8233, "`port` of the web pages on 127.0.0.1; 0 for none")
	verbose := f.Bool("verbose", false, "log what the server does, on standard error")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			f.SetOutput(out)
			f.PrintDefaults()
		}
		return err
	}
	address, err := parseAddress(*listen, *open)
	if err != nil {
		return err
	}
	if err := checkPages(*pages); err != nil {
		return err
	}
	folder, err := databaseFolder(*dir)
	if err != nil {
		return err
	}
	s, err := newServer(address, folder, *verbose)
	if err != nil {
		return err
	}
	if err := s.Start(); err != nil {
		return err
	}
	fmt.Fprintf(out, "serving on %s, database in %s; workers on this machine: go run ./kernel-setup cluster work -cluster %[1]s\n", address, folder)
	if *pages != 0 {
		fmt.Fprintf(out, "what is under way: %s\n", startPages(address, *pages))
	}
	<-stop
	return s.Stop()
}

// parseAddress reads an address to listen on, and refuses one beyond this machine unless that is asked for.
func parseAddress(listen string, open bool) (netAddress, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return netAddress{}, fmt.Errorf("-listen is %q, want an address such as 127.0.0.1:7233: %w", listen, err)
	}
	ip := net.ParseIP(cmp.Or(host, "0.0.0.0"))
	if host == "localhost" {
		ip = net.IPv4(127, 0, 0, 1)
	}
	number, err := net.LookupPort("tcp", port)
	if ip == nil || err != nil || number == 0 {
		return netAddress{}, fmt.Errorf("-listen is %q, want an IP address and a port, such as 127.0.0.1:7233", listen)
	}
	if !ip.IsLoopback() && !open {
		return netAddress{}, fmt.Errorf("-listen %s can be reached from other machines, and whoever reaches it can read and run everything; with -open it listens there all the same. "+
			"Safer: leave it on 127.0.0.1 and let each worker's machine forward the port, ssh -N -L %s:127.0.0.1:%[2]s HOST", listen, port)
	}
	return netAddress{ip, number}, nil
}

// netAddress is an IP address and a port.
type netAddress struct {
	ip   net.IP
	port int
}

func (a netAddress) String() string { return net.JoinHostPort(a.ip.String(), fmt.Sprint(a.port)) }

// front is the address under which this machine reaches the server.
func (a netAddress) front() string {
	if a.ip.IsUnspecified() {
		a.ip = net.ParseIP(loopback)
	}
	return a.String()
}
