// A compiler for a GPU that is not there: "aot PLUGIN TARGET PROGRAM" has XLA's CUDA plugin compile a program, StableHLO, for the GPU that the file TARGET describes, a
// GpuTargetConfigProto as text, and exits with 0 if that succeeded. Neither a GPU nor a driver is needed, but ptxas and libdevice are.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pjrt_c_api.h"

static const PJRT_Api *open_plugin(const char *path) {
	void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	const PJRT_Api *(*get)(void) = library ? dlsym(library, "GetPjrtApi") : NULL;
	if (!get) {
		fprintf(stderr, "%s: %s\n", path ? path : "no plugin is named", dlerror());
		exit(2);
	}
	return get();
}

static char *read_file(const char *path, size_t *size) {
	FILE *file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END)) {
		perror(path);
		exit(2);
	}
	*size = ftell(file);
	rewind(file);
	char *data = malloc(*size + 1);
	if (!data || fread(data, 1, *size, file) != *size) {
		perror(path);
		exit(2);
	}
	fclose(file);
	return data;
}

static void check(const PJRT_Api *a, const char *what, PJRT_Error *error) {
	if (!error) return;
	PJRT_Error_Message_Args m = {.struct_size = PJRT_Error_Message_Args_STRUCT_SIZE, .error = error};
	a->PJRT_Error_Message(&m);
	fprintf(stderr, "%s: %.*s\n", what, (int)m.message_size, m.message);
	exit(1);
}

/* A CompileOptionsProto: executable_build_options (field 3, 15 bytes) with device_ordinal (1) -1, num_replicas (4) 1 and num_partitions (5) 1;
compile_portable_executable (4) true. */
static const char compile_options[] = {0x1a, 15, 0x08, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0x01, 0x20, 0x01, 0x28, 0x01, 0x20, 0x01};

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "usage: aot PLUGIN TARGET PROGRAM\n");
		return 2;
	}
	const PJRT_Api *a = open_plugin(argv[1]);
	size_t target_size, program_size;
	char *target = read_file(argv[2], &target_size), *program = read_file(argv[3], &program_size);

	PJRT_Plugin_Initialize_Args init = {.struct_size = PJRT_Plugin_Initialize_Args_STRUCT_SIZE};
	check(a, "initialize", a->PJRT_Plugin_Initialize(&init));
	PJRT_NamedValue options[] = {
			{.struct_size = PJRT_NamedValue_STRUCT_SIZE, .name = "target_config", .name_size = 13, .type = PJRT_NamedValue_kString, .string_value = target, .value_size = target_size},
			{.struct_size = PJRT_NamedValue_STRUCT_SIZE, .name = "topology", .name_size = 8, .type = PJRT_NamedValue_kString, .string_value = "1x1x1", .value_size = 5}};
	PJRT_TopologyDescription_Create_Args topology = {
			.struct_size = PJRT_TopologyDescription_Create_Args_STRUCT_SIZE, .topology_name = "1x1x1", .topology_name_size = 5, .create_options = options, .num_options = 2};
	check(a, "topology", a->PJRT_TopologyDescription_Create(&topology));
	PJRT_Program code = {.struct_size = PJRT_Program_STRUCT_SIZE, .code = program, .code_size = program_size, .format = "mlir", .format_size = 4};
	PJRT_Compile_Args compile = {.struct_size = PJRT_Compile_Args_STRUCT_SIZE, .topology = topology.topology, .program = &code,
															 .compile_options = compile_options, .compile_options_size = sizeof compile_options};
	check(a, "compile", a->PJRT_Compile(&compile));
	fflush(NULL);
	_exit(0); /* without the plugin's destructors, which may wait for a device */
}
