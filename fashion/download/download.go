// Package download downloads files over HTTP. It keeps a partial file after an interruption, and the next attempt requests the rest by a Range header (RFC 9110,
// section 14). A server that sends nothing for a while is an error, and so is one that sends more than the caller allows; the total time is not limited. From https no
// redirect leads to http.
package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// defaultSilence is the longest time without a byte.
const defaultSilence = 30 * time.Second

// Client downloads files. The zero value is ready to use.
type Client struct {
	Silence   time.Duration     // the longest time without a byte; 0 means 30 s
	Transport http.RoundTripper // nil means http.DefaultTransport
}

// SilentError is a server that sent nothing for too long.
type SilentError struct{ After time.Duration }

func (e *SilentError) Error() string { return fmt.Sprintf("the server sent nothing for %v", e.After) }

// StatusError is a response whose status is not that of a file's content.
type StatusError struct {
	Code   int
	Status string // such as "404 Not Found"
}

func (e *StatusError) Error() string { return "the server answered " + e.Status }

// TooLongError is a response with more bytes than allowed.
type TooLongError struct{ Limit int64 }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("the server sent more than %d bytes", e.Limit)
}

// CutOffError is a download that ended early. The partial file is kept.
type CutOffError struct {
	Have, Want int64 // bytes; Want is -1 if unknown
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

// File downloads the response of a request to the file at path. If the file exists, it requests and appends only the rest; if the server does not support that, it
// restarts. The content is not checked: a partial file of another content becomes a wrong file. More than maxBytes bytes are a *TooLongError, and the file is removed.
//
// Any other error is a *StatusError, a *CutOffError if some bytes were received, or one of the network, the file or the request's context. It wraps a *SilentError if
// the server sent nothing for too long.
func (c Client) File(request *http.Request, path string, maxBytes int64) (err error) {
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
	request.Header.Set("Accept-Encoding", "identity") // no compression, so that offsets are those of the file
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
	case http.StatusRequestedRangeNotSatisfiable: // the file is complete
		return nil
	case http.StatusOK: // the server sends the complete file
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
	if want > maxBytes {
		return errors.Join(&TooLongError{maxBytes}, os.Remove(path))
	}
	n, err := io.Copy(f, io.LimitReader(a, maxBytes-have+1))
	switch {
	case have+n > maxBytes:
		return errors.Join(&TooLongError{maxBytes}, os.Remove(path))
	case err != nil:
		return cutOff(have+n, want, err)
	}
	return nil
}

// Get returns the body of a request's response. More than maxBytes bytes are a *TooLongError.
func (c Client) Get(request *http.Request, maxBytes int64) ([]byte, error) {
	a, err := c.send(request)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if a.response.StatusCode != http.StatusOK {
		return nil, a.refused()
	}
	data, err := io.ReadAll(io.LimitReader(a, maxBytes+1))
	if err == nil && int64(len(data)) > maxBytes {
		err = &TooLongError{maxBytes}
	}
	return data, err
}

// cutOff returns a *CutOffError if some bytes were received, else err.
func cutOff(have, want int64, err error) error {
	if have == 0 {
		return err
	}
	return &CutOffError{have, want, err}
}

// answer is a server's response. Reading from it fails if the server sends nothing for too long.
type answer struct {
	response *http.Response
	ctx      context.Context
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	silence  time.Duration
}

// send sends a request and waits for the header of the response.
func (c Client) send(request *http.Request) (*answer, error) {
	a := &answer{silence: cmp.Or(c.Silence, defaultSilence)}
	a.ctx, a.cancel = context.WithCancelCause(request.Context())
	a.timer = time.AfterFunc(a.silence, func() { a.cancel(&SilentError{a.silence}) })
	response, err := (&http.Client{Transport: c.Transport, CheckRedirect: checkRedirect}).Do(request.WithContext(a.ctx))
	a.timer.Stop()
	if err != nil {
		err = a.reason(err)
		a.cancel(nil)
		return nil, err
	}
	a.response = response
	return a, nil
}

// checkRedirect refuses to leave https, and to follow more than 10 redirects.
func checkRedirect(next *http.Request, earlier []*http.Request) error {
	if earlier[len(earlier)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return fmt.Errorf("the server leads from https to %s", next.URL)
	}
	if len(earlier) >= 10 {
		return errors.New("the server leads to too many addresses")
	}
	return nil
}

// Read reads from the response's body.
func (a *answer) Read(b []byte) (int, error) {
	a.timer.Reset(a.silence)
	n, err := a.response.Body.Read(b)
	a.timer.Stop()
	if err != nil && err != io.EOF {
		err = a.reason(err)
	}
	return n, err
}

// reason returns the cause of the cancellation, if the request was cancelled, else err.
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
	a.response.Body.Close() // its error does not matter: the body has been read, or is not needed
	a.cancel(nil)
}
