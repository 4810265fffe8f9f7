// How large a block of memory must be to be kept here, and how many without a use are, of how many bytes in all. glibc's heaps of threads end at 64 MB.
enum { LARGE_BLOCK = 32 << 20, KEPT_BLOCKS = 3, KEPT_BYTES = 1 << 30 };

// large_blocks_allocate and large_blocks_free do what posix_memalign and free do.
int large_blocks_allocate(void **block, size_t alignment, size_t size);
void large_blocks_free(void *block);

// large_blocks_idle is how many blocks have no use.
int large_blocks_idle(void);

// large_blocks_serve has a loaded library allocate and free with them. It returns how many of both functions the library called before.
int large_blocks_serve(const char *library);
