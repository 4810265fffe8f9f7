//go:build cgo

package compilecache

/*
#include "pjrt.h"
*/
import "C"

import (
	"maps"
	"slices"
	"sync"
	"unsafe"
)

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
