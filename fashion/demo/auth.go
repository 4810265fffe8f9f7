package demo

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

// CheckToken reports a token that does not fit in a cookie or is easy to guess.
func CheckToken(token string) error {
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{12,}$`).MatchString(token) {
		return errors.New("the token must have 12 or more letters, digits, - or _")
	}
	return nil
}

// NewToken returns a random token of at least 128 bits.
func NewToken() string { return rand.Text() }

// tokenCookie names the cookie of a token. Each has its own: a browser sends a host's cookies to all of its ports, where other demos may be.
func tokenCookie(token string) string {
	sum := sha256.Sum256([]byte(token))
	return fmt.Sprintf("fashionlab-%x", sum[:4])
}

// authenticated reports whether a request carries the token, in its address or in a cookie from before.
func (s *Server) authenticated(w http.ResponseWriter, r *http.Request) bool {
	token := s.options.Token
	// Lax, so that the page opens from a link in a message too; requests that change or compute anything are refused from other sites, see admit.
	same := func(v string) bool { return subtle.ConstantTimeCompare([]byte(v), []byte(token)) == 1 }
	if same(r.URL.Query().Get("token")) {
		http.SetCookie(w, &http.Cookie{Name: tokenCookie(token), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return true
	}
	c, err := r.Cookie(tokenCookie(token))
	return err == nil && same(c.Value)
}
