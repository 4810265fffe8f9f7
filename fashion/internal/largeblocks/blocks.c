#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocks.h"

enum { HUGE_PAGE = 2 << 20, MOST_BLOCKS = 256 };

// block is memory that was mapped: begin is NULL where there is none. idle is when it was freed, 0 while it is in use.
typedef struct { void *begin; size_t size; unsigned long idle; } block;

static block blocks[MOST_BLOCKS];
static unsigned long frees;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// map returns memory that begins at a huge page and may consist of such pages, or NULL.
static void *map(size_t size) {
	char *memory = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) return NULL;
	size_t before = -(uintptr_t)memory & (HUGE_PAGE - 1);
	if (before) munmap(memory, before);
	munmap(memory + before + size, HUGE_PAGE - before);
	madvise(memory + before, size, MADV_HUGEPAGE); // a kernel without them serves small pages
	return memory + before;
}

// reuse finds the smallest idle block that is large enough and at most half as large again.
static block *reuse(size_t size) {
	block *best = NULL;
	for (block *b = blocks; b < blocks + MOST_BLOCKS; b++)
		if (b->begin && b->idle && b->size >= size && b->size <= size + size / 2 && (!best || b->size < best->size)) best = b;
	return best;
}

// add maps one block more; NULL if there is no memory or no place in the list.
static block *add(size_t size) {
	for (block *b = blocks; b < blocks + MOST_BLOCKS; b++)
		if (!b->begin) {
			b->begin = map(size);
			b->size = size;
			return b->begin ? b : NULL;
		}
	return NULL;
}

int large_blocks_allocate(void **out, size_t alignment, size_t size) {
	if (size < LARGE_BLOCK || size > PTRDIFF_MAX / 2 || alignment > HUGE_PAGE) return posix_memalign(out, alignment, size);
	size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	pthread_mutex_lock(&lock);
	block *b = reuse(size);
	if (!b) b = add(size);
	if (b) {
		b->idle = 0;
		*out = b->begin;
	}
	pthread_mutex_unlock(&lock);
	return b ? 0 : posix_memalign(out, alignment, size);
}

// unmap_surplus gives blocks back to the kernel, first what was idle for longest, until few and not too large ones are left. The last one stays, whatever its size.
static void unmap_surplus(void) {
	for (;;) {
		block *oldest = NULL;
		int n = 0;
		size_t bytes = 0;
		for (block *b = blocks; b < blocks + MOST_BLOCKS; b++)
			if (b->begin && b->idle) {
				n++;
				bytes += b->size;
				if (!oldest || b->idle < oldest->idle) oldest = b;
			}
		if (n <= 1 || (n <= KEPT_BLOCKS && bytes <= KEPT_BYTES)) return;
		munmap(oldest->begin, oldest->size);
		oldest->begin = NULL;
	}
}

void large_blocks_free(void *memory) {
	block *b = NULL;
	if (memory && (uintptr_t)memory % HUGE_PAGE == 0) { // as few of malloc's are
		pthread_mutex_lock(&lock);
		for (b = blocks; b < blocks + MOST_BLOCKS && b->begin != memory;) b++;
		if (b < blocks + MOST_BLOCKS) {
			b->idle = ++frees;
			unmap_surplus();
		} else b = NULL;
		pthread_mutex_unlock(&lock);
	}
	if (!b) free(memory);
}

int large_blocks_idle(void) {
	int n = 0;
	pthread_mutex_lock(&lock);
	for (block *b = blocks; b < blocks + MOST_BLOCKS; b++) n += b->begin && b->idle;
	pthread_mutex_unlock(&lock);
	return n;
}

#ifdef __GLIBC__

#ifdef __x86_64__
enum { CALLED = R_X86_64_JUMP_SLOT, REFERRED_TO = R_X86_64_GLOB_DAT };
#elif defined(__aarch64__)
enum { CALLED = R_AARCH64_JUMP_SLOT, REFERRED_TO = R_AARCH64_GLOB_DAT };
#else
enum { CALLED = -1, REFERRED_TO = -1 };
#endif

// put writes the address of a function to a library's table of those of other libraries, whose page the loader may have made read-only; it stays writable.
static int put(void **entry, void *function) {
	size_t page = sysconf(_SC_PAGESIZE);
	char *begin = (char *)((uintptr_t)entry & -page);
	if (mprotect(begin, page, PROT_READ | PROT_WRITE)) return 0;
	*entry = function;
	return 1;
}

// redirect has a library call another function instead of the one of a name. It reports whether the library called it.
static int redirect(const struct link_map *library, const char *name, void *function) {
	const ElfW(Sym) *symbols = NULL;
	const char *names = NULL, *tables[2] = {NULL, NULL};
	size_t sizes[2] = {0, 0};
	for (const ElfW(Dyn) *d = library->l_ld; d->d_tag != DT_NULL; d++) switch (d->d_tag) {
		case DT_SYMTAB: symbols = (void *)d->d_un.d_ptr; break;
		case DT_STRTAB: names = (void *)d->d_un.d_ptr; break;
		case DT_JMPREL: tables[0] = (void *)d->d_un.d_ptr; break;
		case DT_PLTRELSZ: sizes[0] = d->d_un.d_val; break;
		case DT_RELA: tables[1] = (void *)d->d_un.d_ptr; break;
		case DT_RELASZ: sizes[1] = d->d_un.d_val; break;
		}
	int found = 0;
	for (int i = 0; i < 2; i++)
		for (const ElfW(Rela) *r = (void *)tables[i]; (char *)r < tables[i] + sizes[i]; r++) {
			int type = ELF64_R_TYPE(r->r_info);
			if ((type == CALLED || type == REFERRED_TO) && !strcmp(names + symbols[ELF64_R_SYM(r->r_info)].st_name, name))
				found |= put((void **)(library->l_addr + r->r_offset), function);
		}
	return found;
}

int large_blocks_serve(const char *library) {
	void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
	struct link_map *map;
	if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &map)) return 0;
	// In this order: what is allocated here must be freed here.
	int frees = redirect(map, "free", large_blocks_free);
	return frees ? 1 + redirect(map, "posix_memalign", large_blocks_allocate) : 0;
}

#else

int large_blocks_serve(const char *library) { return 0; }

#endif
