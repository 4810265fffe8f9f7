package demo_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/demo"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/photo"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
)

// open is the ensemble of a fresh machine: what comes with the project, and nothing else.
func open(t *testing.T) *demo.Ensemble {
	t.Helper()
	t.Setenv(run.RootVariable, t.TempDir())
	p, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var shipped = sync.OnceValues(func() (*demo.Ensemble, error) {
	return demo.Open(func(err error) { fmt.Println("warning:", err) })
})

func items(t *testing.T) fashion.Set {
	t.Helper()
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// file is a photo of an item, as a JPEG.
func file(t *testing.T, item int) []byte {
	t.Helper()
	img, err := scene.Scenes()[0].Render(items(t).Images[item], rand.New(rand.NewPCG(1, uint64(item))))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestShippedModelKnowsTheItemsAndTheirPhotos(t *testing.T) {
	e, set := open(t), items(t)
	accuracy := func(images []fashion.Image) float64 {
		predictions, err := e.Predict(images)
		if err != nil {
			t.Fatal(err)
		}
		predictions.Ensemble.Labels = set.Labels
		return metrics.Accuracy(predictions.Ensemble).Value
	}
	inside, err := e.Predict(set.Images)
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(set.Images); got < 0.92 {
		t.Errorf("%.4f of the 400 test items are classified correctly, want 0.92 or more: its accuracy on all is %v", got, e.Members[0].Test)
	}
	photos, lost, err := scene.Scenes()[0].Photos(set, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := accuracy(photos.Images); got < 0.9 || lost > 0 {
		t.Errorf("%.4f of their photos are classified correctly (%d lost), want 0.9 or more", got, lost)
	}
	digits, err := e.Predict(scene.Digits())
	if err != nil {
		t.Fatal(err)
	}
	if got := metrics.AUROC(demo.Confidence(inside.Ensemble), demo.Confidence(digits.Ensemble)); got < 0.9 {
		t.Errorf("the confidence separates items from digits with an AUROC of %.3f, want 0.9 or more", got)
	}
}

func TestNeighboursAreTheMostSimilarAndThoseOfDigitsAreLessSimilar(t *testing.T) {
	e := open(t)
	set, err := trainingImages()
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.Neighbours(set, 1200)
	if err != nil {
		t.Fatal(err)
	}
	test := items(t)
	features, err := e.Features(append(scene.Digits()[:40], test.Images[:40]...))
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	var digits, garments []float64
	for i, f := range features {
		near := n.Nearest(f, 6)
		for k := 1; k < len(near); k++ {
			if near[k].Similarity > near[k-1].Similarity || near[k].Row == near[k-1].Row {
				t.Fatalf("image %d: the neighbours are not in order: %v after %v", i, near[k].Similarity, near[k-1].Similarity)
			}
		}
		if len(near) != 6 || near[0].Similarity > 1.0001 {
			t.Fatalf("image %d has %d neighbours, the nearest with a similarity of %v", i, len(near), near[0].Similarity)
		}
		if i < 40 {
			digits = append(digits, n.Similarity(f))
			continue
		}
		garments = append(garments, n.Similarity(f))
		if near[0].Label == test.Labels[i-40] {
			same++
		}
	}
	if same < 32 {
		t.Errorf("the nearest neighbour of %d of 40 items is of their class, want 32 or more", same)
	}
	if got := metrics.AUROC(garments, digits); got < 0.9 {
		t.Errorf("the similarity separates items from digits with an AUROC of %.3f, want 0.9 or more", got)
	}
	if _, err := e.Neighbours(fashion.Set{Images: set.Images[:10], Labels: set.Labels[:10]}, 5); err == nil {
		t.Error("neighbours in another set than the model's were accepted")
	}
}

// trainingImages are 60,000, as a model was split from: those of the subset, again and again.
func trainingImages() (fashion.Set, error) {
	small, err := fashion.LoadTrain("../../testdata/fashion-mnist")
	if err != nil {
		return small, err
	}
	all := fashion.Set{Images: make([]fashion.Image, 60_000), Labels: make([]fashion.Label, 60_000)}
	for i := range all.Images {
		all.Images[i], all.Labels[i] = small.Images[i%small.Len()], small.Labels[i%small.Len()]
	}
	return all, nil
}

func post(t *testing.T, url string, body []byte) (status int, response map[string]any) {
	t.Helper()
	r, err := http.Post(url+"/api/predict", "application/octet-stream", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&response); err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, response
}

func serve(t *testing.T, o demo.Options) (*demo.Server, string) {
	t.Helper()
	s := demo.NewServer(open(t), o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { h.Close(); s.Close() })
	return s, h.URL
}

// patience is how long a test waits for what must come at some time. It only keeps a test that fails from hanging.
const patience = 3 * time.Minute

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for guard := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(guard) {
			t.Errorf("%s did not happen", what)
			return
		}
	}
}

// noticed is a body that reports when it is read for the first time.
type noticed struct {
	io.ReadCloser
	read func()
}

func (n noticed) Read(b []byte) (int, error) {
	n.read()
	return n.ReadCloser.Read(b)
}

// A slow upload is given up after a minute, here never. Other clients must not have to wait for that.
func TestUnfinishedUploadsDelayNoOtherClient(t *testing.T) {
	s := demo.NewServer(open(t), demo.Options{})
	var reading atomic.Int64
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = noticed{r.Body, sync.OnceFunc(func() { reading.Add(1) })}
		s.ServeHTTP(struct{ http.ResponseWriter }{w}, r) // which has no deadlines
	}))
	t.Cleanup(func() { h.Close(); s.Close() })
	body := file(t, 0)
	slow := int64(4 * runtime.GOMAXPROCS(0))
	for range slow {
		c, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := fmt.Fprintf(c, "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:100]); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "reading all slow uploads", func() bool { return reading.Load() == slow })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL+"/api/predict", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("a client waits for the slow uploads of others: %v", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d, want 200", response.StatusCode)
	}
}

func TestServerPredictsAPhotoWithItsStepsAndExplanation(t *testing.T) {
	_, url := serve(t, demo.Options{})
	status, a := post(t, url, file(t, 0))
	if status != http.StatusOK {
		t.Fatalf("status %d: %v", status, a)
	}
	probabilities := a["probabilities"].([]any)
	best, sum := 0, 0.0
	for i, p := range probabilities {
		sum += p.(float64)
		if p.(float64) > probabilities[best].(float64) {
			best = i
		}
	}
	if want := items(t).Labels[0]; fashion.Label(best) != want || sum < 0.999 || sum > 1.001 {
		t.Errorf("the prediction is %v with a sum of %v, want %v", fashion.Label(best), sum, want)
	}
	if steps := a["steps"].([]any); len(steps) != 5 || !strings.HasPrefix(steps[4].(map[string]any)["image"].(string), "data:image/png;base64,") {
		t.Errorf("%d steps", len(steps))
	}
	if a["neighbours"] != nil {
		t.Error("there are neighbours, though none were prepared")
	}
}

func TestServerSaysWhatIsWrongWithAnUpload(t *testing.T) {
	_, url := serve(t, demo.Options{Limits: photo.Limits{Bytes: 1 << 20, Pixels: 1_000_000}, Rate: 1e6, Burst: 1e6})
	var bomb bytes.Buffer
	if err := png.Encode(&bomb, image.NewGray(image.Rect(0, 0, 1500, 1500))); err != nil {
		t.Fatal(err)
	}
	good := file(t, 0)
	for _, c := range []struct {
		name   string
		body   []byte
		status int
		want   string
	}{
		{"empty", nil, http.StatusUnprocessableEntity, "empty"},
		{"text", []byte("hello"), http.StatusUnprocessableEntity, "another format"},
		{"half", good[:len(good)/2], http.StatusUnprocessableEntity, "corrupt"},
		{"too many pixels", bomb.Bytes(), http.StatusUnprocessableEntity, "1500x1500"},
		{"too many bytes", make([]byte, 2<<20), http.StatusRequestEntityTooLarge, "1048576"},
		{"nothing on it", flat(t), http.StatusUnprocessableEntity, "stands out"},
	} {
		status, response := post(t, url, c.body)
		if text := fmt.Sprint(response["error"]); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s: status %d, %q; want %d with %q", c.name, status, text, c.status, c.want)
		}
	}
}

// flat is a picture of one colour.
func flat(t *testing.T) []byte {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestServerLimitsTheRateOfAClient(t *testing.T) {
	_, url := serve(t, demo.Options{Rate: 0.001, Burst: 3})
	var statuses []int
	for range 4 {
		status, _ := post(t, url, []byte("x"))
		statuses = append(statuses, status)
	}
	if got := fmt.Sprint(statuses); got != "[422 422 422 429]" {
		t.Errorf("the statuses are %s, want three responses and a 429", got)
	}
}

func TestServerAuthenticatesByTokenOrByTheHostOfTheRequest(t *testing.T) {
	get := func(url, host string, cookies ...*http.Cookie) *http.Response {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		asIs := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		response, err := asIs.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	_, url := serve(t, demo.Options{})
	for host, want := range map[string]int{"": 200, "localhost:99": 200, "[::1]:80": 200, "[::1]": 200, "evil.example": 403, "evil.example:80": 403} {
		if got := get(url+"/", host).StatusCode; got != want {
			t.Errorf("as %q: status %d, want %d", host, got, want)
		}
	}
	token := demo.NewToken()
	_, url = serve(t, demo.Options{Token: token})
	if got := get(url+"/", "").StatusCode; got != 403 {
		t.Errorf("without the token: status %d, want 403", got)
	}
	if got := get(url+"/?token=wrong", "").StatusCode; got != 403 {
		t.Errorf("with another token: status %d, want 403", got)
	}
	first := get(url+"/?token="+token, "demo.example")
	if first.StatusCode != 303 || first.Header.Get("Location") != "./" || len(first.Cookies()) != 1 {
		t.Fatalf("with the token: status %d to %q and %d cookies, want a redirect to the address without it", first.StatusCode, first.Header.Get("Location"), len(first.Cookies()))
	}
	if got := get(url+"/", "", first.Cookies()...).StatusCode; got != 200 {
		t.Errorf("the page with the cookie: status %d, want 200", got)
	}
	if got := get(url+"/api/ensemble", "", first.Cookies()...).StatusCode; got != 200 {
		t.Errorf("with the cookie: status %d, want 200", got)
	}
	for header, value := range map[string]string{"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"} {
		r, err := http.NewRequest("POST", url+"/api/predict?token="+token, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != 403 {
			t.Errorf("a request from another page, by its %s: status %d, want 403", header, response.StatusCode)
		}
	}
}

func TestDemosOnOneHostKeepTheirClientsApart(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Jar: jar}
	get := func(url string) int {
		response, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	first, second := demo.NewToken(), demo.NewToken()
	_, one := serve(t, demo.Options{Token: first})
	_, other := serve(t, demo.Options{Token: second})
	for _, url := range []string{one + "/?token=" + first, other + "/?token=" + second, one, other} {
		if status := get(url); status != http.StatusOK {
			t.Errorf("status %d, want 200: the client of each has its token", status)
		}
	}
}

func TestWrongTokensOfOneDoNotUseUpTheRequestsOfOthersBehindTheSameAddress(t *testing.T) {
	token := demo.NewToken()
	_, url := serve(t, demo.Options{Token: token, Rate: 0.001, Burst: 3})
	for range 5 {
		response, err := http.Get(url + "/?token=wrong")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
	}
	response, err := http.Post(url+"/api/predict?token="+token, "image/png", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422: the picture is none, but the request is read", response.StatusCode)
	}
}

// A request takes what has arrived of it, not what it announces.
func TestAnnouncedUploadsTakeNothing(t *testing.T) {
	s := demo.NewServer(open(t), demo.Options{Burst: 1000})
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(struct{ http.ResponseWriter }{w}, r) // which has no deadlines
	}))
	t.Cleanup(func() { h.Close(); s.Close() })
	for _, path := range []string{"/api/predict", "/api/generate"} {
		for range 40 { // of 16 MiB each, more than all uploads may take
			c, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n{", path, 16<<20); err != nil {
				t.Fatal(err)
			}
		}
	}
	if status, text := post(t, h.URL, file(t, 0)); status != http.StatusOK {
		t.Errorf("beside them the status is %d: %s", status, text)
	}
}

// net/http cancels the request's context when it cannot read on, as if the client were gone. It may still read the answer.
func TestUploadThatEndsEarlyIsAnErrorThatSaysSo(t *testing.T) {
	_, url := serve(t, demo.Options{})
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := fmt.Fprint(c, "POST /api/predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "did not arrive") {
		t.Errorf("status %d, %q (%v); want 400 and what is wrong", r.StatusCode, body, err)
	}
}

// A thousand requests at once, and ten thousand corrupt files: every request gets a response, and no goroutine or memory is left behind.
func TestServerSurvivesLoadAndCorruptFiles(t *testing.T) {
	s, url := serve(t, demo.Options{Rate: 1e6, Burst: 1e6})
	good := file(t, 3)
	post(t, url, good) // compiles
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := inUse()
	var statuses [600]atomic.Int64
	send := func(n, atOnce int, body func(i int) []byte) {
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
		defer client.CloseIdleConnections()
		var wait sync.WaitGroup
		var next atomic.Int64
		for range atOnce {
			wait.Go(func() {
				for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
					r, err := client.Post(url+"/api/predict", "image/jpeg", bytes.NewReader(body(i)))
					if err != nil {
						t.Error(err)
						return
					}
					_, err = io.Copy(io.Discard, r.Body)
					r.Body.Close()
					if err != nil {
						t.Error(err)
					}
					statuses[r.StatusCode].Add(1)
				}
			})
		}
		wait.Wait()
	}
	send(1000, 1000, func(int) []byte { return good })
	if got := statuses[http.StatusOK].Load(); got != 1000 {
		t.Errorf("%d of 1,000 photos at once were classified", got)
	}
	send(10_000, 64, func(i int) []byte {
		r := rand.New(rand.NewPCG(9, uint64(i)))
		bad := bytes.Clone(good)[:1+r.IntN(len(good)-1)]
		for range 1 + r.IntN(8) {
			bad[r.IntN(len(bad))] ^= byte(1 + r.IntN(255))
		}
		return bad
	})
	said := int64(0)
	for status := range statuses {
		if n := statuses[status].Load(); n > 0 {
			said += n
			t.Logf("status %d: %d", status, n)
			if status != 200 && status != 422 {
				t.Errorf("%d responses have the status %d", n, status)
			}
		}
	}
	if said != 11_000 {
		t.Errorf("%d responses, want 11,000", said)
	}
	await(t, fmt.Sprintf("going back to about %d goroutines and %d MiB", before.goroutines, before.heap>>20), func() bool {
		now := inUse()
		return now.goroutines <= before.goroutines+5 && now.heap <= before.heap+64<<20
	})
	s.Close()
	if status, _ := post(t, url, good); status != http.StatusServiceUnavailable {
		t.Errorf("after Close the status is %d, want 503", status)
	}
}

type used struct {
	goroutines int
	heap       uint64 // bytes
}

// inUse is what is in use after garbage collection.
func inUse() used {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return used{runtime.NumGoroutine(), m.HeapAlloc}
}

func TestServerFinishesRequestsBeforeItStops(t *testing.T) {
	s := demo.NewServer(open(t), demo.Options{})
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.ListenAndServe(ctx, "127.0.0.1:0", func(url string) { ready <- url }) }()
	url := strings.TrimSuffix(<-ready, "/")
	data := file(t, 1)
	if status, a := post(t, url, data); status != http.StatusOK { // compiles, so that the second response takes no time
		t.Fatalf("status %d: %v", status, a)
	}
	// The file comes in two halves; between them the server is stopped. The client sends the first when the server requests it.
	reader, writer := io.Pipe()
	go func() {
		defer writer.Close()
		writer.Write(data[:len(data)/2]) // an error shows in the response
		stop()
		await(t, "closing the address", func() bool {
			c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
			if err == nil {
				c.Close()
			}
			return err != nil
		})
		writer.Write(data[len(data)/2:])
	}()
	request, err := http.NewRequest(http.MethodPost, url+"/api/predict", reader)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Expect", "100-continue")
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}
	defer client.CloseIdleConnections()
	r, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("status %d", r.StatusCode)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("it still responds")
	}
	taken := demo.NewServer(open(t), demo.Options{})
	defer taken.Close()
	if err := taken.ListenAndServe(t.Context(), "127.0.0.1:99999", func(string) {}); err == nil || !strings.Contains(err.Error(), "-listen") {
		t.Errorf("an impossible address: %v", err)
	}
}

func TestEnsembleWithoutAnyModelSaysHowToTrainOne(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	t.Setenv(run.PublishedVariable, t.TempDir())
	if _, err := demo.Open(func(err error) { t.Errorf("a warning: %v", err) }); err == nil || !strings.Contains(err.Error(), "train -recipe") {
		t.Errorf("the error is %v", err)
	}
}

func TestCorruptRunIsReportedAndThePublishedOneIsUsed(t *testing.T) {
	root := t.TempDir()
	t.Setenv(run.RootVariable, root)
	if err := os.MkdirAll(filepath.Join(root, "full", "residual"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "full", "residual", "recipe.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	p, err := demo.Open(func(err error) { warnings = append(warnings, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Members {
		if !m.Run.Published {
			t.Errorf("the %s is of %s, want the published one", m.Title, m.Run.Dir)
		}
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "recipe.json") {
		t.Errorf("the warnings are %q, want one that names the file", warnings)
	}
}

func TestRankingHasTheMostProbableClassFirst(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 40, 40))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	var e *photo.Error
	if _, err := photo.Prepare(img); !errors.As(err, &e) {
		t.Errorf("an empty picture: %v", err)
	}
	for x := 12; x < 28; x++ { // trousers
		for y := 4; y < 36; y++ {
			if x < 19 || x > 20 || y < 9 {
				img.SetGray(x, y, color.Gray{60})
			}
		}
	}
	prepared, err := photo.Prepare(img)
	if err != nil {
		t.Fatal(err)
	}
	explained, err := open(t).Explain([]photo.Prepared{prepared})
	if err != nil {
		t.Fatal(err)
	}
	probabilities := explained[0].Probabilities
	ranking := demo.Ranking(probabilities)
	for i := 1; i < len(ranking); i++ {
		if probabilities[ranking[i]] > probabilities[ranking[i-1]] {
			t.Errorf("class %v comes after a less probable one", ranking[i])
		}
	}
	if ranking[0] != 1 {
		t.Errorf("two legs are predicted as %v", ranking[0])
	}
	if got := explained[0].GradCAMClass; got != ranking[0] {
		t.Errorf("the heat map is for %v, want the predicted class", got)
	}
}

func TestEachSampleHasAPredictionOrAReason(t *testing.T) {
	e, set := open(t), items(t)
	paths, err := demo.Samples(t.TempDir(), set)
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe.png")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := e.PredictFiles(append(paths, "/no/such/file.png", pipe))
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{"half.jpg": "corrupt", "one-pixel.png": "1x1", "huge.png": "60000x60000", "letter.jpg": "another format", "empty.webp": "empty file",
		"wall.png": "stands out", "file.png": "no such file", "pipe.png": "no regular file"}
	predicted := 0
	for _, f := range files {
		name := filepath.Base(f.Path)
		if want, bad := reasons[name]; bad {
			if f.Err == nil || !strings.Contains(f.Err.Error(), want) {
				t.Errorf("%s: the error is %v, want one with %q", name, f.Err, want)
			}
			continue
		}
		if f.Err != nil {
			t.Errorf("%s: %v", name, f.Err)
			continue
		}
		predicted++
		if item := []int{0, 1, 2, 4, 5}[predicted-1]; demo.Ranking(f.Probabilities)[0] != set.Labels[item] {
			t.Errorf("%s is predicted as %v, want %v", name, demo.Ranking(f.Probabilities)[0], set.Labels[item])
		}
	}
	if predicted != 5 {
		t.Errorf("%d files have a prediction, want 5", predicted)
	}
}
