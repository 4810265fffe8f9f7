//go:build cgo

package train

/*
#include <malloc.h>

// XLA allocates and frees large buffers in each step. glibc gives such memory back to the kernel at once, and each
// step then pays for the page faults of getting it again. With these settings the pages are kept.
static void keep_pages(void) {
#ifdef __GLIBC__
	mallopt(M_MMAP_MAX, 0); // no block comes from mmap, which would be unmapped when freed
	mallopt(M_TRIM_THRESHOLD, 2147483647);
	mallopt(M_TOP_PAD, 64 << 20);
#endif
}
*/
import "C"

func init() { C.keep_pages() }
