//go:build !cgo

package winograd

// Instructions names the instruction set that the functions use on this processor, "" if there is none for which they are written: without a C compiler there is none.
func Instructions() string { return "" }
