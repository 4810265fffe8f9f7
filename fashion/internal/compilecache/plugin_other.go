//go:build !linux || !cgo

package compilecache

// Use does nothing here.
func Use(name, path, oneDNN string) error { return nil }
