#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winograd.h"

// The parts of OpenXLA's xla/ffi/api/c_api.h that are needed here, of version 0.1 and later (structs and the table only ever grow at their ends), and of pjrt_c_api_ffi_extension.h, of its version 3.
typedef struct extension { size_t size; int type; struct extension *next; } extension;
typedef struct { size_t size; extension *extension; int type; float *data; int64_t rank, *dims; } buffer;
typedef struct { size_t size; extension *extension; int64_t n; int *types; buffer **buffers; } buffers;
typedef struct { size_t size; extension *extension; int major, minor; } version;
typedef struct { size_t size; extension *extension; const char *message; int code; } error_args;
typedef struct { size_t size; extension *extension; void *context; void (*task)(void *); void *data; } schedule_args;
typedef struct { size_t size; extension *extension; void *context; int64_t *threads; } threads_args;
typedef struct { size_t size; extension *extension; void *error; } destroy_args;
typedef struct {
	size_t size;
	extension *extension;
	version version;
	const void *internal;
	void *(*error)(error_args *), *message;
	void (*destroy)(destroy_args *);
	void *others[8];
	void *(*schedule)(schedule_args *), *(*threads)(threads_args *);
} api;
typedef struct { size_t size; extension *extension; const api *api; void *context; int stage; buffers arguments, results; } frame;
typedef struct { extension base; struct { size_t size; version version; uint32_t traits; } *metadata; } metadata_extension;
enum { METADATA = 1, EXECUTE = 3, F32 = 11, INVALID_ARGUMENT = 3, RESOURCE_EXHAUSTED = 8 };

typedef struct { size_t size; const char *name; size_t name_size; void *handler; const char *platform; size_t platform_size; int traits; } register_args;
typedef struct { extension base; void *type, *user_data; void *(*handler)(register_args *); } ffi_extension;
typedef struct { size_t size; extension *extension; } pjrt_api;
enum { FFI_EXTENSION = 5 };

static void *failed(const frame *f, int code, const char *message) {
	error_args a = {sizeof a, NULL, message, code};
	return f->api->error(&a);
}

// described answers XLA's question for which version a handler was written.
static int described(const frame *f) {
	if (!f->extension || f->extension->type != METADATA) return 0;
	version *v = &((metadata_extension *)f->extension)->metadata->version;
	v->major = 0, v->minor = 1;
	return 1;
}

static int is(const buffer *b, int rank, const int64_t *dims) {
	if (b->type != F32 || b->rank != rank) return 0;
	for (int i = 0; i < rank; i++)
		if (b->dims[i] != dims[i]) return 0;
	return 1;
}

static pthread_key_t kept; // of each thread: a block of memory, which begins with its size

static void make_key(void) { pthread_key_create(&kept, free); }

// scratch is memory of the calling thread, which keeps it for its next call.
static float *scratch(long floats) {
	enum { HEAD = 64 };
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_key);
	long *block = pthread_getspecific(kept);
	if (!block || *block < floats) {
		free(block);
		block = aligned_alloc(64, (HEAD + floats * sizeof(float) + 63) / 64 * 64);
		if (block) *block = floats;
		if (pthread_setspecific(kept, block)) {
			free(block);
			return NULL;
		}
	}
	return block ? (float *)((char *)block + HEAD) : NULL;
}

// job is a convolution or a gradient of kernels, in parts that threads take one after the other.
typedef struct {
	convolution shape;
	const float *x, *second;
	float *result, *partial; // partial is the second half's gradient
	int parts;
	_Atomic int next, done, owners, failed;
} job;

// HALVES is in how many parts the tiles are divided whose kernels' gradients are added up: always as many, so that the number of threads does not change the result.
enum { HALVES = 2 };

static const winograd_instructions *best;

static void work(job *j) {
	const convolution *s = &j->shape;
	for (int part; (part = j->next++) < j->parts; j->done++) {
		float *memory = scratch(winograd_scratch(s));
		if (!memory) j->failed = 1;
		else if (j->partial) best->kernel_gradient(s, part, HALVES, j->x, j->second, part ? j->partial : j->result, memory);
		else best->convolve(s, part, j->parts, j->x, j->second, j->result, memory);
	}
}

static void leave(job *j) {
	if (--j->owners == 0) free(j);
}

static void help(void *j) {
	work(j);
	leave(j);
}

// together has XLA's threads help with a job, and returns when it is done.
static void together(const frame *f, job *j) {
	int64_t threads = 1;
	threads_args t = {sizeof t, NULL, f->context, &threads};
	void *error = f->api->threads(&t);
	int helpers = error ? 0 : (threads < j->parts ? threads : j->parts) - 1;
	j->owners = 1 + helpers;
	for (int i = 0; i < helpers && !error; i++) {
		schedule_args a = {sizeof a, NULL, f->context, help, j};
		error = f->api->schedule(&a);
		if (error) j->owners -= helpers - i;
	}
	if (error) f->api->destroy(&(destroy_args){sizeof(destroy_args), NULL, error}); // without help it takes longer
	work(j);
	while (j->done < j->parts) sched_yield();
}

// run does a job for x, [b, h, w, in], and a second argument, with a result. One of both is the transformed kernels, [36, in, out], and the other is of the output's shape.
static void *run(const frame *f, int kernels_are_result) {
	if (described(f)) return NULL;
	if (f->arguments.n != 2 || f->results.n != 1) return failed(f, INVALID_ARGUMENT, "winograd: want 2 arguments and 1 result");
	const buffer *x = f->arguments.buffers[0], *second = f->arguments.buffers[1], *result = f->results.buffers[0];
	const buffer *kernels = kernels_are_result ? result : second, *y = kernels_are_result ? second : result;
	if (x->rank != 4 || y->rank != 4) return failed(f, INVALID_ARGUMENT, "winograd: want maps of 4 axes");
	int64_t b = x->dims[0], h = x->dims[1], w = x->dims[2], in = x->dims[3], out = y->dims[3];
	if (!is(x, 4, (int64_t[]){b, h, w, in}) || !is(y, 4, (int64_t[]){b, h, w, out}) || !is(kernels, 3, (int64_t[]){36, in, out}) || in % 16 || out % 16)
		return failed(f, INVALID_ARGUMENT, "winograd: want float32 maps [b, h, w, in] and [b, h, w, out] and kernels [36, in, out], with multiples of 16 channels");
	job *j = calloc(1, sizeof *j);
	long values = kernels_are_result ? 36L * in * out : 0;
	float *partial = kernels_are_result ? aligned_alloc(64, values * sizeof(float)) : NULL;
	if (!j || (kernels_are_result && !partial)) {
		free(j);
		free(partial);
		return failed(f, RESOURCE_EXHAUSTED, "winograd: no memory to work in");
	}
	j->shape = (convolution){b, h, w, in, out}, j->x = x->data, j->second = second->data, j->result = result->data, j->partial = partial;
	j->parts = kernels_are_result ? HALVES : winograd_parts(&j->shape);
	together(f, j);
	for (long i = 0; i < values; i++) result->data[i] += partial[i];
	int no_memory = j->failed;
	free(partial);
	leave(j);
	return no_memory ? failed(f, RESOURCE_EXHAUSTED, "winograd: no memory to work in") : NULL;
}

static void *convolve(const frame *f) { return run(f, 0); }
static void *kernel_gradient(const frame *f) { return run(f, 1); }

// winograd_register makes the functions known to the plugin of a PJRT API under names. It returns the plugin's error, and says whether it can have functions at all.
void *winograd_register(void *plugin, const char *convolution, const char *gradient, int *possible) {
	extension *e = ((pjrt_api *)plugin)->extension;
	while (e && e->type != FFI_EXTENSION) e = e->next;
	best = winograd_best();
	*possible = e && best;
	if (!*possible) return NULL;
	register_args a = {sizeof a, convolution, strlen(convolution), convolve, "Host", 4, 0};
	void *error = ((ffi_extension *)e)->handler(&a);
	if (error) return error;
	a.name = gradient, a.name_size = strlen(gradient), a.handler = kernel_gradient;
	return ((ffi_extension *)e)->handler(&a);
}
