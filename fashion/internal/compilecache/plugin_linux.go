//go:build cgo

package compilecache

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

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

extern void *compileOnce(compile_args *);
extern void *keepIdle(destroy_args *);
extern void *destroyClient(destroy_args *);

static void *compile_once(void *args) { return compileOnce(args); }
static void *keep_idle(void *args) { return keepIdle(args); }
static void *destroy_client(void *args) { return destroyClient(args); }

static table *table_of(const char *path) {
	void *plugin = dlopen(path, RTLD_LAZY);
	table *(*get)(void) = plugin ? dlsym(plugin, "GetPjrtApi") : NULL;
	return get ? get() : NULL;
}

static table *replaced(const table *t) {
	table *copy = malloc(t->size);
	memcpy(copy, t, t->size);
	copy->functions[CLIENT_COMPILE] = compile_once;
	copy->functions[LOADED_DESTROY] = keep_idle;
	copy->functions[CLIENT_DESTROY] = destroy_client;
	return copy;
}

static void *call(const table *t, int i, void *args) { return t->functions[i](args); }
static void delete_serialized(serialize_args *a) { a->delete(a->serialized); }
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/gomlx/go-xla/pjrt"

	"fashionlab/fashion/device"
	"fashionlab/fashion/internal/largeblocks"
	"fashionlab/fashion/internal/winograd"
)

// plugin is the one that is in use: a process has one for the CPU.
var plugin struct {
	functions *C.table
	folder    folder // none for ""
	machine   []byte // what an executable depends on beside its graph
	winograd  bool   // it calls the functions of that package
	blocks    bool   // package largeblocks keeps its large blocks
}

// loaded are the executables of this process.
var loaded = struct {
	sync.Mutex
	of   map[string]unsafe.Pointer // by key
	uses map[unsafe.Pointer]use
	idle []unsafe.Pointer // those without a use, the one whose last use ended first at the beginning
}{of: map[string]unsafe.Pointer{}, uses: map[unsafe.Pointer]use{}}

// use is how often an executable was handed out and not yet destroyed.
type use struct {
	key    string
	client unsafe.Pointer
	size   int // bytes of its graph, constants included
	times  int
}

// mostIdle is how many bytes the graphs of executables without a use may have in all. Those of the CNN's training step have 0.9 MB, for which the process is about 30 MB larger.
const mostIdle = 8 << 20

// Use has each graph that the plugin at a path compiles compiled once, its 3x3 convolutions computed by package winograd, and graphs of the prefix kept if device.ExecutablesVariable names a folder. It is called before a backend is made of
// the plugin, under that name (its path is one), once, when XLA's flags are set. oneDNN is the flag that switches that library on.
func Use(name, path, oneDNN string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	file := C.CString(path)
	defer C.free(unsafe.Pointer(file))
	functions := C.table_of(file)
	if functions == nil {
		return nil // whoever loads it next reports it
	}
	s := device.System{}
	plugin.functions, plugin.folder = functions, folder(os.Getenv(device.ExecutablesVariable))
	plugin.machine = fmt.Appendf(nil, "1 %s %d %d %d.%d %s %s %d %s", path, info.Size(), info.ModTime().UnixNano(), functions.major, functions.minor, s.CPU(), s.Features(), runtime.NumCPU(), os.Getenv("XLA_FLAGS"))
	withoutOneDNN = override(oneDNN)
	plugin.blocks = largeblocks.Serve(path)
	var failed unsafe.Pointer
	if plugin.winograd, failed = winograd.Register(unsafe.Pointer(functions)); failed != nil {
		return fmt.Errorf("plugin %s: %w", path, errorOf(failed))
	}
	return pjrt.RegisterPreloadedPlugin(name, uintptr(unsafe.Pointer(C.replaced(functions))))
}

// CallsWinograd reports whether graphs call the functions of package winograd.
func CallsWinograd() bool { return plugin.winograd }

// KeepsBlocks reports whether package largeblocks keeps the large blocks of memory that are free between two steps.
func KeepsBlocks() bool { return plugin.blocks }

// withoutOneDNN is appended to a graph's options.
var withoutOneDNN []byte

// override is an entry of env_option_overrides, the field 7 of XLA's CompileOptionsProto, that sets a flag to false.
func override(flag string) []byte {
	entry := append([]byte{1<<3 | 2, byte(len(flag))}, flag...)
	entry = append(entry, 2<<3|2, 2, 2<<3, 0) // an OptionOverrideProto whose field 2, a bool, is false
	return append([]byte{7<<3 | 2, byte(len(entry))}, entry...)
}

// compileOnce stands for the plugin's PJRT_Client_Compile, and returns its error. What is compiled and in use is handed out once more.
//
//export compileOnce
func compileOnce(a *C.compile_args) unsafe.Pointer {
	if plugin.winograd && winograd.Concerns(codeOf(a)) {
		defer rewrite(a)()
	}
	code := codeOf(a)
	name, rest, _ := bytes.Cut(code, []byte("\n"))
	options := C.GoBytes(unsafe.Pointer(a.options), C.int(a.options_size))
	kept := plugin.folder != "" && bytes.Contains(name, []byte("@"+Prefix))
	if kept {
		options = append(options, withoutOneDNN...)
	}
	key := keyOf(plugin.machine, fmt.Append(nil, a.client), options, rest)
	if a.loaded = shared(key); a.loaded != nil {
		return nil
	}
	compilations.Add(1)
	if !kept {
		if failed := C.call(plugin.functions, C.CLIENT_COMPILE, unsafe.Pointer(a)); failed != nil {
			return failed
		}
	} else if failed := compileOrLoad(a, options, keyOf(plugin.machine, options, rest)); failed != nil {
		return failed
	}
	share(a.loaded, use{key, a.client, len(code), 1})
	return nil
}

// codeOf is the text of the program that is compiled.
func codeOf(a *C.compile_args) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(a.program.code)), a.program.code_size)
}

// rewrite has a graph call the functions of package winograd, and returns what undoes it.
func rewrite(a *C.compile_args) (undo func()) {
	code := winograd.Rewrite(codeOf(a))
	given, p := a.program, (*C.program)(C.malloc(C.sizeof_program))
	*p = *given
	p.code, p.code_size = (*C.char)(C.CBytes(code)), C.size_t(len(code))
	a.program = p
	return func() {
		a.program = given
		C.free(unsafe.Pointer(p.code))
		C.free(unsafe.Pointer(p))
	}
}

// shared returns the executable of a key, which has one use more; nil if there is none.
func shared(key string) unsafe.Pointer {
	loaded.Lock()
	defer loaded.Unlock()
	executable := loaded.of[key]
	if executable == nil {
		return nil
	}
	u := loaded.uses[executable]
	if u.times == 0 {
		loaded.idle = slices.DeleteFunc(loaded.idle, func(e unsafe.Pointer) bool { return e == executable })
	}
	u.times++
	loaded.uses[executable] = u
	return executable
}

// share has an executable found under its key, unless another was compiled meanwhile.
func share(executable unsafe.Pointer, u use) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.of[u.key] == nil {
		loaded.of[u.key], loaded.uses[executable] = executable, u
	}
}

// keepIdle stands for the plugin's PJRT_LoadedExecutable_Destroy: after its last use an executable stays for the next that compiles its graph, and those that were idle for longest go.
//
//export keepIdle
func keepIdle(a *C.destroy_args) unsafe.Pointer {
	loaded.Lock()
	defer loaded.Unlock()
	u, known := loaded.uses[a.object]
	if u.times--; u.times > 0 {
		loaded.uses[a.object] = u
		return nil
	}
	if !known || loaded.of[u.key] != a.object { // nobody can find it: another was compiled at the same time, or its client has ended
		delete(loaded.uses, a.object)
		return C.call(plugin.functions, C.LOADED_DESTROY, unsafe.Pointer(a))
	}
	loaded.uses[a.object] = u
	loaded.idle = append(loaded.idle, a.object)
	surplus := -mostIdle
	for _, e := range loaded.idle {
		surplus += loaded.uses[e].size
	}
	destroyIdle(func(u use) bool {
		gone := surplus > 0
		surplus -= u.size
		return gone
	})
	return nil
}

// destroyClient stands for the plugin's PJRT_Client_Destroy: a client's idle executables end before it does, and those that are in use are found no more.
//
//export destroyClient
func destroyClient(a *C.destroy_args) unsafe.Pointer {
	loaded.Lock()
	defer loaded.Unlock()
	destroyIdle(func(u use) bool { return u.client == a.object })
	maps.DeleteFunc(loaded.of, func(_ string, e unsafe.Pointer) bool { return loaded.uses[e].client == a.object })
	return C.call(plugin.functions, C.CLIENT_DESTROY, unsafe.Pointer(a))
}

// destroyIdle destroys the idle executables that are chosen. The caller holds the lock.
func destroyIdle(chosen func(use) bool) {
	loaded.idle = slices.DeleteFunc(loaded.idle, func(executable unsafe.Pointer) bool {
		u := loaded.uses[executable]
		if !chosen(u) {
			return false
		}
		delete(loaded.of, u.key)
		delete(loaded.uses, executable)
		destroy(C.LOADED_DESTROY, executable)
		return true
	})
}

// compileOrLoad compiles a graph with options, or reads what another process compiled.
func compileOrLoad(a *C.compile_args, options []byte, key string) unsafe.Pointer {
	executable, err := plugin.folder.read(key)
	if executable != nil {
		if a.loaded, err = load(a.client, executable); err == nil {
			return nil
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "warning: a compiled graph cannot be used and is compiled anew: %v\n", err)
	}
	given, size := a.options, a.options_size
	a.options, a.options_size = (*C.char)(C.CBytes(options)), C.size_t(len(options))
	failed := C.call(plugin.functions, C.CLIENT_COMPILE, unsafe.Pointer(a))
	C.free(unsafe.Pointer(a.options))
	a.options, a.options_size = given, size
	if failed != nil {
		return failed
	}
	executable, err = serialize(a.loaded)
	if err == nil {
		err = plugin.folder.write(key, executable)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "warning: a compiled graph is not kept: %v\n", err)
	}
	return nil
}

// load turns a serialization into an executable for a client.
func load(client unsafe.Pointer, executable []byte) (unsafe.Pointer, error) {
	a := (*C.load_args)(C.calloc(1, C.sizeof_load_args))
	defer C.free(unsafe.Pointer(a))
	a.size, a.client = C.sizeof_load_args, client
	a.bytes, a.bytes_size = (*C.char)(C.CBytes(executable)), C.size_t(len(executable))
	defer C.free(unsafe.Pointer(a.bytes))
	err := errorOf(C.call(plugin.functions, C.EXECUTABLE_LOAD, unsafe.Pointer(a)))
	return a.loaded, err
}

// serialize returns the plugin's serialization of an executable that is loaded.
func serialize(loaded unsafe.Pointer) ([]byte, error) {
	g := (*C.get_args)(C.calloc(1, C.sizeof_get_args))
	defer C.free(unsafe.Pointer(g))
	g.size, g.loaded = C.sizeof_get_args, loaded
	if err := errorOf(C.call(plugin.functions, C.LOADED_GET_EXECUTABLE, unsafe.Pointer(g))); err != nil {
		return nil, err
	}
	defer destroy(C.EXECUTABLE_DESTROY, g.executable)
	s := (*C.serialize_args)(C.calloc(1, C.sizeof_serialize_args))
	defer C.free(unsafe.Pointer(s))
	s.size, s.executable = C.sizeof_serialize_args, g.executable
	if err := errorOf(C.call(plugin.functions, C.EXECUTABLE_SERIALIZE, unsafe.Pointer(s))); err != nil {
		return nil, err
	}
	defer C.delete_serialized(s)
	return C.GoBytes(unsafe.Pointer(s.bytes), C.int(s.bytes_size)), nil
}

// errorOf turns an error of the plugin into one of Go and frees it; nil stays nil.
func errorOf(failed unsafe.Pointer) error {
	if failed == nil {
		return nil
	}
	defer destroy(C.ERROR_DESTROY, failed)
	m := (*C.message_args)(C.calloc(1, C.sizeof_message_args))
	defer C.free(unsafe.Pointer(m))
	m.size, m.error = C.sizeof_message_args, failed
	C.call(plugin.functions, C.ERROR_MESSAGE, unsafe.Pointer(m))
	return errors.New(C.GoStringN(m.message, C.int(m.message_size)))
}

// destroy frees an error or an executable.
func destroy(function C.int, object unsafe.Pointer) {
	a := (*C.destroy_args)(C.calloc(1, C.sizeof_destroy_args))
	defer C.free(unsafe.Pointer(a))
	a.size, a.object = C.sizeof_destroy_args, object
	C.call(plugin.functions, function, unsafe.Pointer(a))
}
