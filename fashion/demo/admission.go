package demo

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// CheckToken reports a token that a cookie cannot hold or that can be guessed.
func CheckToken(token string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{12,}$`).MatchString(token) {
		return errors.New("the token must have 12 or more letters, digits, - or _")
	}
	return nil
}

// NewToken draws a token that nobody guesses.
func NewToken() string { return rand.Text() }

const tokenCookie = "fashionlab"

// admits reports whether a visitor brings the token, now or in a cookie from before. Without a token the page must be asked for by an address or as
// localhost: a foreign name that leads here would let another page read the answers.
func (s *Server) admits(w http.ResponseWriter, r *http.Request) bool {
	token := s.options.Token
	if token == "" {
		name, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			name = r.Host
		}
		return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")) != nil
	}
	same := func(v string) bool { return subtle.ConstantTimeCompare([]byte(v), []byte(token)) == 1 }
	if same(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: tokenCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		return true
	}
	c, err := r.Cookie(tokenCookie)
	return err == nil && same(c.Value)
}
