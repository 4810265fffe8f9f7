//go:build !linux || !cgo

package compilecache

// Use does nothing here.
func Use(path, oneDNN string) error { return nil }
