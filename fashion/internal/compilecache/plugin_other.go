//go:build !linux || !cgo

package compilecache

// Use does nothing here.
func Use(name, path, oneDNN string) error { return nil }

// CallsWinograd reports whether graphs call the functions of package winograd.
func CallsWinograd() bool { return false }

// KeepsBlocks reports whether the large blocks of memory that are free between two steps are kept.
func KeepsBlocks() bool { return false }
