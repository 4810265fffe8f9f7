//go:build cgo

package infer

/*
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// XLA allocates and frees large buffers in each step. glibc gives such memory back to the kernel at once, and each
// step then pays for the page faults of getting it again. With these settings the pages are kept. They must be made
// before another thread allocates, so that this runs when the program is loaded. device.Tunables says what each is for, and makes them where Go's own
// linker leaves this out. Where a GPU computes, the buffers are there, and so few heaps would make XLA's parallel compiling slower.
#ifdef __GLIBC__
__attribute__((constructor)) static void keep_pages(void) {
	const char *backend = getenv("GOMLX_BACKEND");
	if (backend && strstr(backend, "cuda")) return;
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_ARENA_MAX, 4);
	mallopt(M_TRIM_THRESHOLD, -1);
	mallopt(M_TOP_PAD, 64 << 20);
}
#endif
*/
import "C"
