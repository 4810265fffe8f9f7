package parts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"fashionlab/fashion/download"
)

// client gives up on a server that sends nothing for 30 seconds.
var client download.Client

// fetch downloads a file to path unless a right one is there. It resumes where an earlier attempt stopped, checks the
// complete file with verify, and gives it its name only then.
func fetch(ctx context.Context, address, path string, verify func(path string) error) error {
	if _, err := os.Stat(path); err == nil && verify(path) == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	partial := path + ".part"
	if err := client.File(request, partial); err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	if err := verify(partial); err != nil {
		return errors.Join(fmt.Errorf("the file from %s failed its check and was removed: %w", address, err), os.Remove(partial))
	}
	return os.Rename(partial, path)
}
