//go:build cgo

package winograd

/*
#cgo CFLAGS: -O3
#include <stdlib.h>
#include "winograd.h"

extern void *winograd_register(void *plugin, const char *convolution, const char *gradient, int *possible);
*/
import "C"

import "unsafe"

// Register makes the functions known to a plugin, given its PJRT API. It returns whether it did, and the plugin's error. Without a processor for which they are written, and for a plugin that calls no
// functions of others, it does nothing.
func Register(api unsafe.Pointer) (registered bool, failed unsafe.Pointer) {
	convolution, gradient := C.CString(Convolution), C.CString(KernelGradient) // which the plugin may keep
	var possible C.int
	failed = C.winograd_register(api, convolution, gradient, &possible)
	return possible != 0 && failed == nil, failed
}

// Instructions names the instruction set that the functions use on this processor, "" if there is none for which they are written.
func Instructions() string {
	best := C.winograd_best()
	if best == nil {
		return ""
	}
	return C.GoString(best.name)
}
