#include <string.h>

#include "winograd.h"

// How many tiles are transformed and multiplied at a time: few enough for the caches, many enough that the kernels are read seldom.
#define TILES 32
// The floats of one of 36 matrices [TILES, c]. The last 16 keep the matrices from beginning in the same lines of the cache.
#define MATRIX(c) ((long)TILES * (c) + 16)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#define JOIN(a, b) a##b

INLINE int tiles(int side) { return (side + 3) / 4; }

static int all_tiles(const convolution *s) { return s->images * tiles(s->height) * tiles(s->width); }

// from is the first tile of a part. Parts begin with a block of TILES.
static int from(const convolution *s, int part, int parts) {
	int blocks = (all_tiles(s) + TILES - 1) / TILES, tile = (int)((long)blocks * part / parts) * TILES;
	return tile < all_tiles(s) ? tile : all_tiles(s);
}

int winograd_parts(const convolution *s) { return (all_tiles(s) + TILES - 1) / TILES; }

long winograd_scratch(const convolution *s) { return 36 * (MATRIX(s->in) + MATRIX(s->out)); }

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,fma,prefer-vector-width=512")
#define W 16
#define ROWS 8
#define NAME(x) JOIN(x, _avx512)
#include "transform.h"
#undef W
#undef ROWS
#undef NAME
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define W 8
#define ROWS 4
#define NAME(x) JOIN(x, _avx2)
#include "transform.h"
#undef W
#undef ROWS
#undef NAME
#pragma GCC pop_options

// Go's own linker runs no constructors, so that what is known of the processor must be asked for.
static int has_avx512(void) {
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

static int has_avx2(void) {
	__builtin_cpu_init();
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const winograd_instructions winograd_sets[] = {{"AVX-512", has_avx512, convolve_avx512, kernel_gradient_avx512}, {"AVX2", has_avx2, convolve_avx2, kernel_gradient_avx2}, {NULL}};

#elif defined(__aarch64__)

#define W 4
#define ROWS 8
#define NAME(x) JOIN(x, _neon)
#include "transform.h"

static int always(void) { return 1; }

const winograd_instructions winograd_sets[] = {{"NEON", always, convolve_neon, kernel_gradient_neon}, {NULL}};

#else

const winograd_instructions winograd_sets[] = {{NULL}};

#endif

const winograd_instructions *winograd_best(void) {
	const winograd_instructions *s = winograd_sets;
	while (s->name && !s->supported()) s++;
	return s->name ? s : NULL;
}
