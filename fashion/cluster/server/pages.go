package main

import (
	"fmt"
	"net"

	pages "github.com/temporalio/ui-server/v2/server"
	"github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// checkPages reports a port that the web pages cannot have: they would end the process.
func checkPages(port int) error {
	if port == 0 {
		return nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort(loopback, fmt.Sprint(port)))
	if err != nil {
		return fmt.Errorf("-ui %d: %w; name another port, or 0 for no web pages", port, err)
	}
	return l.Close()
}

// startPages serves Temporal's web pages on this machine, and returns their address. They show what is under way and cannot change it, and fetch nothing from elsewhere.
func startPages(address netAddress, port int) string {
	s := pages.NewServer(server_options.WithConfigProvider(&config.Config{
		TemporalGRPCAddress: address.front(), Host: loopback, Port: port, EnableUI: true, DefaultNamespace: namespace,
		DisableWriteActions: true, DisableNewsFetch: true, HideLogs: true, CORS: config.CORS{CookieInsecure: true},
	}))
	go func() { _ = s.Start() }() // until the process ends
	return fmt.Sprintf("http://%s/namespaces/%s/workflows", net.JoinHostPort(loopback, fmt.Sprint(port)), namespace)
}
