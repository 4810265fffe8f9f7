package hyperband

import "io"

// SetWarnings changes where warnings go, and returns what brings them back.
func SetWarnings(w io.Writer) (restore func()) {
	before := warnings
	warnings = w
	return func() { warnings = before }
}
