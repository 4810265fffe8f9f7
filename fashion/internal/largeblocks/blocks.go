//go:build linux && cgo

// Package largeblocks keeps the large blocks of memory that XLA's plugin for the CPU frees, and hands them out again.
//
// XLA allocates all that a graph computes in between as one block and frees it after each execution. For residual networks it has 100 MB or more. glibc, whose heaps of threads end at 64 MB, maps
// such a block anew for each step, whatever its settings, and the kernel must fill it with zeros: an eighth of the time of a step.
package largeblocks

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "blocks.h"
*/
import "C"

import "unsafe"

// Minimum is how many bytes a block must have to be kept.
const Minimum = C.LARGE_BLOCK

// Kept is how many blocks are kept at most that have no use, and KeptBytes how many bytes more than one of them may have.
const (
	Kept      = C.KEPT_BLOCKS
	KeptBytes = C.KEPT_BYTES
)

// Serve has the library at a path, which is loaded, allocate and free its large blocks here. It reports whether the library did so with posix_memalign and free before; otherwise it does nothing.
func Serve(path string) bool {
	library := C.CString(path)
	defer C.free(unsafe.Pointer(library))
	return C.large_blocks_serve(library) == 2
}

// Allocate returns a block of a size in bytes, aligned to 64, and Free ends its use.
func Allocate(size int) unsafe.Pointer {
	var block unsafe.Pointer
	if C.large_blocks_allocate(&block, 64, C.size_t(size)) != 0 {
		return nil
	}
	return block
}

// Free ends the use of a block. Nil is none.
func Free(block unsafe.Pointer) { C.large_blocks_free(block) }

// idle is how many blocks have no use.
func idle() int { return int(C.large_blocks_idle()) }
