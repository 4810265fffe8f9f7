// Package download fetches files over HTTP. What came before an interruption is kept, and the next attempt asks for the rest by a Range header
// (RFC 9110, section 14). A server that sends nothing for a while is an error; how long a file takes as a whole has no limit.
package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// usualSilence is how long a server may send nothing.
const usualSilence = 30 * time.Second

// usualTransport gives up early on an address where nobody listens; proxies come from the environment.
var usualTransport = &http.Transport{
	Proxy:             http.ProxyFromEnvironment,
	DialContext:       (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	ForceAttemptHTTP2: true,
}

// Client fetches. The zero value is ready.
type Client struct {
	Silence   time.Duration     // the longest time without a byte; 0 means 30 s
	Transport http.RoundTripper // nil means one with the proxies of the environment
}

// SilentError is a server that has sent nothing for too long.
type SilentError struct{ After time.Duration }

func (e *SilentError) Error() string { return fmt.Sprintf("the server sent nothing for %v", e.After) }

// StatusError is an answer of another status than one that brings the file.
type StatusError struct {
	Code   int
	Status string // such as "404 Not Found"
}

func (e *StatusError) Error() string { return "the server answered " + e.Status }

// CutOffError is a download that ended early. What came is in the partial file.
type CutOffError struct {
	Have, Want int64 // bytes; Want is -1 where the server did not tell
	Err        error
}

func (e *CutOffError) Error() string {
	of := ""
	if e.Want >= 0 {
		of = fmt.Sprintf(" of %d", e.Want)
	}
	return fmt.Sprintf("cut off after %d%s bytes; they are kept, and the next attempt resumes there: %v", e.Have, of, e.Err)
}

func (e *CutOffError) Unwrap() error { return e.Err }

// File appends to the file at path, which need not exist, what it lacks of the request's answer. Where the server cannot send a part, the file
// begins anew. The content is not checked: a partial file of another content is completed to a wrong one.
//
// Its errors are a *StatusError, a *CutOffError where some bytes are at hand, and those of the network, the file and the request's context. A
// *SilentError is among what they wrap.
func (c Client) File(request *http.Request, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	request = request.Clone(request.Context())
	request.Header.Set("Accept-Encoding", "identity") // the bytes of the file, of which offsets have a meaning
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	a, err := c.send(request)
	if err != nil {
		return cutOff(have, -1, err)
	}
	defer a.close()
	switch a.response.StatusCode {
	case http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable: // there is no more
		return nil
	case http.StatusOK: // all of it comes
		have = 0
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	default:
		return a.refused()
	}
	want := a.response.ContentLength
	if want >= 0 {
		want += have
	}
	n, err := io.Copy(f, a)
	if err != nil {
		return cutOff(have+n, want, err)
	}
	return nil
}

// Get returns the whole answer of a request, of at most that many bytes.
func (c Client) Get(request *http.Request, most int64) ([]byte, error) {
	a, err := c.send(request)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if a.response.StatusCode != http.StatusOK {
		return nil, a.refused()
	}
	data, err := io.ReadAll(io.LimitReader(a, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("the server sent more than %d bytes", most)
	}
	return data, err
}

// cutOff is an error that tells what is at hand, if anything is.
func cutOff(have, want int64, err error) error {
	if have == 0 {
		return err
	}
	return &CutOffError{have, want, err}
}

// answer is what a server sends to a request. Reading from it fails when the server is silent for too long.
type answer struct {
	response *http.Response
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	silence  time.Duration
}

// send sends a request and waits for the header of the answer.
func (c Client) send(request *http.Request) (*answer, error) {
	a := &answer{silence: c.Silence}
	if a.silence == 0 {
		a.silence = usualSilence
	}
	transport := c.Transport
	if transport == nil {
		transport = usualTransport
	}
	a.ctx, a.cancel = context.WithCancelCause(request.Context())
	a.timer = time.AfterFunc(a.silence, func() { a.cancel(&SilentError{a.silence}) })
	response, err := (&http.Client{Transport: transport}).Do(request.WithContext(a.ctx))
	a.timer.Stop()
	if err != nil {
		err = a.reason(err)
		a.cancel(nil)
		return nil, err
	}
	a.response = response
	return a, nil
}

// Read reads from the answer's body.
func (a *answer) Read(b []byte) (int, error) {
	a.timer.Reset(a.silence)
	n, err := a.response.Body.Read(b)
	a.timer.Stop()
	if err != nil && err != io.EOF {
		err = a.reason(err)
	}
	return n, err
}

// reason is why the request was ended, where that is why it failed.
func (a *answer) reason(err error) error {
	if cause := context.Cause(a.ctx); cause != nil {
		return cause
	}
	return err
}

func (a *answer) refused() error {
	return &StatusError{a.response.StatusCode, a.response.Status}
}

func (a *answer) close() {
	a.response.Body.Close() // nothing of it is wanted any more
	a.cancel(nil)
}
