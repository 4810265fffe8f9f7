package demo

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ParseOrigin returns the origin of a URL as browsers write it: scheme, host and, unless it is the scheme's own, port (RFC 6454, section 6.2).
func ParseOrigin(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return "", fmt.Errorf("the origin is %q, want a scheme and a host such as https://demo.example or http://demo.example:8080", address)
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host, nil
}

// hostName is the name in a request's Host or an origin's host, without the port.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.Trim(host, "[]"))
}

// checkHost returns an error for a request whose Host is not an IP address, localhost or the host of one of the server's origins. That defeats DNS rebinding: a name that
// another page had resolved to this machine would let that page read the responses. X-Forwarded-Host counts for nothing: such a page can send it, too.
func (s *Server) checkHost(r *http.Request) error {
	name := hostName(r.Host)
	if name == "localhost" || net.ParseIP(name) != nil {
		return nil
	}
	for _, origin := range s.options.Origins {
		if _, host, _ := strings.Cut(origin, "://"); hostName(host) == name {
			return nil
		}
	}
	origin := r.Header.Get("Origin")
	if known, err := ParseOrigin(origin); err != nil || known != origin {
		origin = "https://" + r.Host
	}
	return fmt.Errorf("the demo is not known by the name %.100q; if users reach it by that name, start it with -origin %.100s", name, origin)
}

var errOtherPage = errors.New("the request comes from another page")

// checkOrigin returns an error for a request of another page than the demo's, by what the browser says of it. A proxy may change the Host to the address it connects to,
// as nginx does, but leaves the Origin.
func (s *Server) checkOrigin(r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return errOtherPage
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "http://"+r.Host || origin == "https://"+r.Host || slices.Contains(s.options.Origins, origin) {
		return nil
	}
	if known, err := ParseOrigin(origin); err != nil || known != origin {
		return errOtherPage
	}
	return fmt.Errorf("%w; if users reach the demo at %.100[2]s, start it with -origin %.100[2]s", errOtherPage, origin)
}
