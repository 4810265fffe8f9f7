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

// fetch downloads a file of at most maxBytes bytes to path unless a right one is there. It resumes where an earlier attempt stopped, checks the
// complete file with verify, and gives it its name only then. Where the beginning came from another file than the rest, it downloads the file once more.
func fetch(ctx context.Context, address, path string, maxBytes int64, verify func(path string) error) error {
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
	partial := path + partSuffix
	for {
		begun, err := os.Stat(partial)
		resumed := err == nil && begun.Size() > 0
		if err := client.File(request, partial, maxBytes); err != nil {
			return fmt.Errorf("%s: %w", address, err)
		}
		err = verify(partial)
		if err == nil {
			return os.Rename(partial, path)
		}
		if err := errors.Join(err, os.Remove(partial)); !resumed {
			return fmt.Errorf("the file from %s failed its check and was removed: %w", address, err)
		}
	}
}

// partSuffix ends the name of a file that is not complete.
const partSuffix = ".part"
