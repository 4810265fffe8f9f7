//go:build cgo

package infer

/*
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// XLA allocates and frees large buffers in each step. glibc gives such memory back to the kernel at once, and each
// step then pays for the page faults of getting it again. With these settings the pages are kept. They must be made
// before another thread allocates, so that this runs when the program is loaded. Where a GPU computes, the buffers are
// there, and one heap for all threads would make XLA's parallel compiling slower.
#ifdef __GLIBC__
__attribute__((constructor)) static void keep_pages(void) {
	const char *backend = getenv("GOMLX_BACKEND");
	if (backend && strstr(backend, "cuda")) return;
	mallopt(M_MMAP_MAX, 0);        // no block comes from mmap, which would be unmapped when freed
	mallopt(M_ARENA_MAX, 1);       // nor from a thread's own heap, which is unmapped when all of it is free
	mallopt(M_TRIM_THRESHOLD, -1); // the heap never shrinks
	mallopt(M_TOP_PAD, 64 << 20);
}
#endif
*/
import "C"
