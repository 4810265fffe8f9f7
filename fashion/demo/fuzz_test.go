package demo

import (
	"bufio"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// A request to generate that is accepted is within all bounds, and is read the same as it is written.
func FuzzGenerateRequest(f *testing.F) {
	for _, body := range []string{`{}`, `{"class": 8, "seed": 3, "target_class": 9, "target_seed": 4, "fraction": 0.5, "steps": [0, -6, 6]}`, `{"CLASS": 3}`, `{"class": 1e0}`,
		`{"seed": 18446744073709551615}`, `{"fraction": 1e999}`, `{"steps": [1e400]}`, `{"steps": null}`, `{} {}`, `[`, `null`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r generateRequest
		if decodeRequest(body, &r) != nil || r.check(shownDirections) != nil {
			return
		}
		if r.Class < 0 || r.Class >= fashion.NumClasses || r.TargetClass < 0 || r.TargetClass >= fashion.NumClasses || r.Seed > maxSeed || r.TargetSeed > maxSeed ||
			!(r.Fraction >= 0 && r.Fraction <= 1) || len(r.Steps) > shownDirections {
			t.Errorf("%+v is accepted", r)
		}
		for _, step := range r.Steps {
			if !(math.Abs(step) <= maxStep) {
				t.Errorf("a step of %v is accepted", step)
			}
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var again generateRequest
		if err := decodeRequest(written, &again); err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v is read as %+v (%v)", r, again, err)
		}
	})
}

// A request counts for the same client whatever port it comes from, and so does one from another address of a block of IPv6.
func FuzzClientOf(f *testing.F) {
	for _, host := range []string{"127.0.0.1", "::1", "fe80::1%eth0", "2001:db8::1", "::ffff:10.0.0.1", "", "[::1]", "a:b", "@"} {
		f.Add(host, "80", "8080")
	}
	f.Fuzz(func(t *testing.T, host, port, other string) {
		if strings.ContainsAny(port+other, ":[]") || strings.ContainsAny(host, "[]") {
			t.Skip("no address")
		}
		a, b := clientOf(net.JoinHostPort(host, port)), clientOf(net.JoinHostPort(host, other))
		if a != b {
			t.Errorf("%q is the client %q at port %q and %q at %q", host, a, port, b, other)
		}
		if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
			ip[15] ^= 1
			if c := clientOf(net.JoinHostPort(ip.String(), port)); c != a {
				t.Errorf("%q is the client %q, and %v beside it is %q", host, a, ip, c)
			}
		}
	})
}

const fuzzToken = "AAAA-AAAA-AAAA"

// handle has a server answer a request as it comes over the network, and returns the status; 0 if it is no request.
func handle(s *Server, data string) (status int, answer *httptest.ResponseRecorder) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(data)))
	if err != nil {
		return 0, nil
	}
	r.RemoteAddr = "192.0.2.1:1234"
	answer = httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	return answer.Code, answer
}

// Requests of any form are answered, in JSON where they are refused; none without the token gets further than that, and none is an error of the server.
func FuzzRequest(f *testing.F) {
	for _, request := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /?token=" + fuzzToken + " HTTP/1.1\r\nHost: x\r\n\r\n", "GET /?token=%41AAA-AAAA-AAAA;&token HTTP/1.0\r\n\r\n",
		"GET /api/ensemble HTTP/1.1\r\nHost: [::1]:80\r\nCookie: " + tokenCookie(fuzzToken) + "=" + fuzzToken + "\r\n\r\n",
		"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Length: 5\r\nCookie: " + tokenCookie(fuzzToken) + "=" + fuzzToken + "\r\n\r\nphoto",
		"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nCookie: " + tokenCookie(fuzzToken) + "=" + fuzzToken + "\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nSec-Fetch-Site: cross-site\r\n\r\n{}",
		"PUT //api/../predict HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET * HTTP/1.1\r\nHost:\r\n\r\n", "CONNECT localhost:80 HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		f.Add(request)
	}
	e := &Ensemble{} // which has no model: what reads a photo must not get as far as that
	limits := photo.Limits{Bytes: 1 << 12, Pixels: 1, Memory: 1 << 20}
	open := NewServer(e, Options{Limits: limits, Rate: 1e9, Burst: 1e9})
	closed := NewServer(e, Options{Limits: limits, Rate: 1e9, Burst: 1e9, Token: fuzzToken})
	f.Cleanup(func() { open.Close(); closed.Close() })
	f.Fuzz(func(t *testing.T, data string) {
		status, answer := handle(open, data)
		if status >= 500 {
			t.Errorf("status %d: %s", status, answer.Body)
		}
		status, answer = handle(closed, data)
		if status == 0 {
			return
		}
		if status >= 500 {
			t.Errorf("with a token, status %d: %s", status, answer.Body)
		}
		// A token may be written with escapes in the address, but its letters are the letters of nothing else.
		if told := strings.Contains(data, fuzzToken) || strings.Contains(data, "%"); !told && status != http.StatusForbidden {
			t.Errorf("without the token, status %d", status)
		}
		if status == http.StatusForbidden {
			var refusal struct{ Error string }
			if err := json.Unmarshal(answer.Body.Bytes(), &refusal); err != nil || refusal.Error == "" {
				t.Errorf("a refusal is %q (%v)", answer.Body, err)
			}
		}
	})
}

// A token that is accepted reaches the server unchanged, in an address and in a cookie.
func FuzzToken(f *testing.F) {
	for _, token := range []string{fuzzToken, "short", "with spaces in it", "quotes\"in;the=cookie", "new\nline-in-token", strings.Repeat("x", 4096), "äöüäöüäöüäöü"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if CheckToken(token) != nil {
			return
		}
		s := &Server{options: Options{Token: token}}
		r := httptest.NewRequest(http.MethodGet, "/?token="+token, nil)
		w := httptest.NewRecorder()
		if !s.authenticated(w, r) {
			t.Fatalf("%q is refused in the address", token)
		}
		r = httptest.NewRequest(http.MethodGet, "/", nil)
		for _, c := range w.Result().Cookies() {
			r.AddCookie(c)
		}
		if !s.authenticated(httptest.NewRecorder(), r) {
			t.Errorf("%q is refused in a cookie", token)
		}
	})
}
