#pragma once

#include <stdlib.h>

// The parts of OpenXLA's pjrt_c_api.h that are needed here, of version 0.104 and later: structs and the table only ever grow at their ends.
typedef struct { size_t size; void *extension; size_t version_size; void *version_extension; int major, minor; void *(*functions[])(void *); } table;
enum { ERROR_DESTROY = 0, ERROR_MESSAGE = 1, CLIENT_DESTROY = 11, CLIENT_COMPILE = 20, EXECUTABLE_DESTROY = 40, EXECUTABLE_SERIALIZE = 49, LOADED_DESTROY = 50, LOADED_GET_EXECUTABLE = 51, EXECUTABLE_LOAD = 56 };
typedef struct { size_t size; void *extension; char *code; size_t code_size; const char *format; size_t format_size; } program;
typedef struct { size_t size; void *extension; void *client; const program *program; const char *options; size_t options_size; void *loaded; } compile_args;
typedef struct { size_t size; void *extension; void *loaded, *executable; } get_args;
typedef struct { size_t size; void *extension; void *object; } destroy_args; // of an error, a client, an executable or one that is loaded
typedef struct { size_t size; void *extension; void *executable; const char *bytes; size_t bytes_size; void *serialized; void (*delete)(void *); } serialize_args;
typedef struct { size_t size; void *extension; void *client; const char *bytes; size_t bytes_size; void *loaded; const char *options; size_t options_size; } load_args;
typedef struct { size_t size; void *extension; void *error; const char *message; size_t message_size; } message_args;

static void *call(const table *t, int i, void *args) { return t->functions[i](args); }
static void delete_serialized(serialize_args *a) { a->delete(a->serialized); }
