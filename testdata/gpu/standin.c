// A PJRT plugin for machines without a GPU: XLA's CPU plugin, named by $FASHIONLAB_STANDIN, under another name. It takes the options that go-xla gives to a plugin
// for GPUs, which the CPU's does not know, and writes each program that it compiles, StableHLO, to the folder $FASHIONLAB_PROGRAMS if that is set. Compiled with -DAPI_MINOR=80 it says that it is as old as that; with -DCRASH it ends the process when it is opened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pjrt_c_api.h"

static PJRT_Api api;
static const PJRT_Api *real;

static PJRT_Error *create_client(PJRT_Client_Create_Args *args) {
	PJRT_NamedValue devices;
	memset(&devices, 0, sizeof devices);
	devices.struct_size = PJRT_NamedValue_STRUCT_SIZE;
	devices.name = "cpu_device_count";
	devices.name_size = strlen(devices.name);
	devices.type = PJRT_NamedValue_kInt64;
	devices.int64_value = 1;
	devices.value_size = 1;
	args->create_options = &devices;
	args->num_options = 1;
	return real->PJRT_Client_Create(args);
}

static PJRT_Error *compile(PJRT_Client_Compile_Args *args) {
	static atomic_int programs;
	const char *folder = getenv("FASHIONLAB_PROGRAMS");
	if (folder) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%02d.mlir", folder, atomic_fetch_add(&programs, 1));
		FILE *file = fopen(path, "wb");
		if (!file || fwrite(args->program->code, 1, args->program->code_size, file) != args->program->code_size || fclose(file)) {
			perror(path);
			abort();
		}
	}
	return real->PJRT_Client_Compile(args);
}

const PJRT_Api *GetPjrtApi(void) {
#ifdef CRASH
	fprintf(stderr, "CUDA_ERROR_STAND_IN: this plugin ends here\n");
	abort();
#endif
	if (real) return &api;
	const char *path = getenv("FASHIONLAB_STANDIN");
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!handle) {
		fprintf(stderr, "stand-in: %s\n", path ? dlerror() : "$FASHIONLAB_STANDIN is not set");
		return NULL;
	}
	const PJRT_Api *(*get)(void) = (const PJRT_Api *(*)(void))dlsym(handle, "GetPjrtApi");
	real = get();
	memcpy(&api, real, real->struct_size < sizeof api ? real->struct_size : sizeof api);
	api.PJRT_Client_Create = create_client;
	api.PJRT_Client_Compile = compile;
#ifdef API_MINOR
	api.pjrt_api_version.minor_version = API_MINOR;
#endif
	return &api;
}
