package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// client gives up on a server that does not answer; proxies come from the environment.
var client = &http.Client{Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
	ResponseHeaderTimeout: 20 * time.Second,
}}

// fetch downloads a file to path unless a right one is there. It goes on where an earlier attempt stopped, checks the
// whole with verify, and gives it its name only then.
func fetch(ctx context.Context, address, path string, verify func(path string) error) error {
	if _, err := os.Stat(path); err == nil && verify(path) == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	partial := path + ".part"
	if err := download(ctx, address, partial); err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	if err := verify(partial); err != nil {
		return errors.Join(fmt.Errorf("what came from %s is wrong and was removed: %w", address, err), os.Remove(partial))
	}
	return os.Rename(partial, path)
}

// download appends to the file what it lacks.
func download(ctx context.Context, address, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable: // it was whole already; verify decides
		return nil
	case http.StatusOK: // the server sends all of it
		if err := f.Truncate(0); err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	default:
		return fmt.Errorf("the server answered %s", response.Status)
	}
	if _, err := io.Copy(f, response.Body); err != nil {
		return fmt.Errorf("cut off; the next attempt goes on from here: %w", err)
	}
	return nil
}
