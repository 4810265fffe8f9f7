package demo_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"fashionlab/fashion/demo"
)

// behind serves a demo behind a proxy, which returns the proxy's address.
func behind(t *testing.T, o demo.Options, rewrite func(*httputil.ProxyRequest)) string {
	t.Helper()
	_, address := serve(t, o)
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); rewrite(r) }})
	t.Cleanup(p.Close)
	return p.URL
}

// Both kinds of proxies leave the Origin as the browser sends it.
func TestPageBehindAProxyIsServedUnderTheOriginsItIsGiven(t *testing.T) {
	const origin = "https://demo.example"
	proxies := map[string]func(*httputil.ProxyRequest){
		"nginx by default": func(r *httputil.ProxyRequest) { r.Out.Host = r.Out.URL.Host }, // proxy_pass: Host is $proxy_host
		"Host kept":        func(r *httputil.ProxyRequest) { r.Out.Host = r.In.Host },
		"Codespaces":       func(r *httputil.ProxyRequest) { r.Out.Host = "localhost:8080"; r.SetXForwarded() },
	}
	photo := file(t, 0)
	do := func(t *testing.T, method, address, host, origin string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, address, bytes.NewReader(photo))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if origin != "" {
			r.Header.Set("Origin", origin)
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var answer struct {
			Error string `json:"error"`
		}
		if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
			if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
		}
		return response.StatusCode, answer.Error
	}
	for name, rewrite := range proxies {
		t.Run(name, func(t *testing.T) {
			with := behind(t, demo.Options{Origins: []string{"https://other.example", origin}}, rewrite)
			without := behind(t, demo.Options{}, rewrite)
			if status, text := do(t, http.MethodGet, with+"/", "demo.example", ""); status != http.StatusOK {
				t.Errorf("the page has the status %d: %s", status, text)
			}
			if status, text := do(t, http.MethodPost, with+"/api/predict", "demo.example", origin); status != http.StatusOK {
				t.Errorf("a photo has the status %d: %s", status, text)
			}
			if status, text := do(t, http.MethodPost, with+"/api/predict", "demo.example", "https://evil.example"); status != http.StatusForbidden || !strings.Contains(text, "-origin https://evil.example") {
				t.Errorf("from another page: status %d, %q; want 403", status, text)
			}
			if status, text := do(t, http.MethodPost, with+"/api/predict", "demo.example", "null"); status != http.StatusForbidden || strings.Contains(text, "-origin") {
				t.Errorf("from a page without origin: status %d, %q; want 403 and no flag", status, text)
			}
			wantHelp := name == "Host kept" // there Host and Origin agree, but the name is not known
			if status, text := do(t, http.MethodPost, without+"/api/predict", "demo.example", origin); status != http.StatusForbidden || !strings.Contains(text, "-origin "+origin) {
				t.Errorf("without -origin: status %d, %q; want 403 with the flag that allows it", status, text)
			}
			if status, text := do(t, http.MethodGet, without+"/", "demo.example", ""); (status == http.StatusForbidden) != wantHelp || wantHelp && !strings.Contains(text, "-origin https://demo.example") {
				t.Errorf("the page without -origin: status %d, %q", status, text)
			}
		})
	}
}

func TestHostThatAProxyForwardsIsNotBelieved(t *testing.T) {
	_, address := serve(t, demo.Options{Origins: []string{"https://demo.example"}})
	r, err := http.NewRequest(http.MethodPost, address+"/api/predict", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	r.Header.Set("X-Forwarded-Host", "demo.example")
	r.Header.Set("Origin", "http://evil.example")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", response.StatusCode)
	}
}

func TestOriginIsWrittenAsBrowsersWriteIt(t *testing.T) {
	for address, want := range map[string]string{
		"https://Demo.Example/": "https://demo.example", "https://demo.example:443/page?x": "https://demo.example", "http://demo.example:80": "http://demo.example",
		"http://demo.example:8080": "http://demo.example:8080", "https://[2001:db8::1]:443": "https://[2001:db8::1]", "https://demo.example:80": "https://demo.example:80",
		"https://demo.example:": "https://demo.example",
	} {
		if got, err := demo.ParseOrigin(address); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", address, got, err, want)
		} else if again, err := demo.ParseOrigin(got); again != got || err != nil {
			t.Errorf("%s: %q, %v; want it as it is", got, again, err)
		}
	}
	for _, address := range []string{"", "demo.example", "demo.example:80", "ftp://demo.example", "https://", "https://user@demo.example", "null", "https://demo.example:x", "https://a b"} {
		if got, err := demo.ParseOrigin(address); err == nil {
			t.Errorf("%q is taken as %q, want an error", address, got)
		}
	}
}
