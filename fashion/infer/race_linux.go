//go:build cgo && race

package infer

/*
#include <stdio.h>
#include <unistd.h>

// Go ends a program by the system call, without C's destructors. Under the race detector it does not: the runtime's racefini calls __tsan_fini,
// which calls exit, and that runs the destructors of XLA's plugin while the plugin's threads still use what they free. Tests that had passed could
// end with a double free. The detector's call is linked to this exit, which ends the program as Go does, with the detector's status.
__attribute__((noreturn)) void exit(int status) {
	fflush(NULL);
	_exit(status);
}
*/
import "C"
