//go:build cgo

package compilecache

/*
#include "pjrt.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

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
