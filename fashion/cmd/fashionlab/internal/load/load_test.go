package load

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// demo is a server that answers photos at once, and counts wrong tokens and other files.
type demo struct{ wrong, hostile atomic.Int64 }

func (d *demo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	body, err := io.ReadAll(r.Body)
	switch {
	case r.FormValue("token") != "right":
		d.wrong.Add(1)
		status = http.StatusForbidden
	case err != nil:
		status = http.StatusBadRequest
	case r.URL.Path != "/api/predict":
		status = http.StatusNotFound
	case string(body) != "photo":
		d.hostile.Add(1)
		status = http.StatusUnprocessableEntity
	}
	w.WriteHeader(status)
	io.WriteString(w, "{}") // an error means that the client is gone
}

func TestTableHasALineForEachSituation(t *testing.T) {
	d := &demo{}
	h := httptest.NewServer(d)
	defer h.Close()
	var out strings.Builder
	o := Options{Page: h.URL + "/?token=right", Clients: 3, For: 300 * time.Millisecond, Photos: [][]byte{[]byte("photo")}, Here: true}
	if err := Run(t.Context(), &out, o); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 1+len(situations) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), 1+len(situations), &out)
	}
	for i, s := range situations {
		if line := lines[1+i]; !strings.HasPrefix(line, s.name) || !strings.Contains(line, "good") {
			t.Errorf("the line of %q is %q", s.name, line)
		}
	}
	if !strings.Contains(lines[3], "status 422") || !strings.Contains(lines[4], "status 403") || d.hostile.Load() == 0 || d.wrong.Load() == 0 {
		t.Errorf("the hostile visitor posted %d pictures and tried %d tokens:\n%s", d.hostile.Load(), d.wrong.Load(), &out)
	}
}

func TestServerThatAnswersNobodyIsAnError(t *testing.T) {
	h := httptest.NewServer(http.NotFoundHandler())
	defer h.Close()
	o := Options{Page: h.URL, Clients: 2, For: 100 * time.Millisecond, Photos: [][]byte{nil}}
	if err := Run(t.Context(), io.Discard, o); err == nil || !strings.Contains(err.Error(), "status 404") {
		t.Errorf("the error is %v, want one with the status", err)
	}
	o.Page = "127.0.0.1"
	if err := Run(t.Context(), io.Discard, o); err == nil || !strings.Contains(err.Error(), "http://") {
		t.Errorf("the error is %v, want one that shows an address", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.Page = h.URL
	if err := Run(ctx, io.Discard, o); err == nil {
		t.Error("no error after an interruption")
	}
}

func TestQuantileIsTheValueBelowWhichTheFractionLies(t *testing.T) {
	list := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for fraction, want := range map[float64]float64{0: 1, 0.5: 6, 0.99: 10, 1: 10} {
		if got := quantile(list, fraction); got != want {
			t.Errorf("of %v it is %v, want %v", fraction, got, want)
		}
	}
}
