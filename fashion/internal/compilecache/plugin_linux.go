//go:build cgo

package compilecache

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <string.h>
#include "pjrt.h"

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
*/
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
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
