package run

import "errors"

// Find opens the run of a name, of this machine or else a published one. The error of one that is in neither store wraps ErrNotFound.
func Find(name string) (*Run, error) {
	r, err := Local().Open(name)
	if errors.Is(err, ErrNotFound) {
		if published, errPublished := Published().Open(name); !errors.Is(errPublished, ErrNotFound) {
			return published, errPublished
		}
	}
	return r, err
}
