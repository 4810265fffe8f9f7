package device

import (
	"path/filepath"
	"strings"
)

// BackendVariable chooses the backend of programs with GoMLX: "xla:cpu", "xla:cuda", "xla:" and a plugin's absolute path, or another of GoMLX's.
const BackendVariable = "GOMLX_BACKEND"

// ExecutablesVariable names the folder in which programs with XLA's plugin for the CPU keep what they compiled for other processes. Without it nothing is kept.
const ExecutablesVariable = "FASHION_EXECUTABLES"

// OnGPU reports whether a value of BackendVariable names XLA's plugin for NVIDIA GPUs, by its name or by its path.
func OnGPU(backend string) bool {
	plugin, isXLA := strings.CutPrefix(backend, "xla:")
	plugin, _, _ = strings.Cut(plugin, ",") // go-xla's options
	return isXLA && strings.Contains(filepath.Base(plugin), "cuda")
}

// TunablesVariable holds settings of the C library glibc ("Memory Allocation Tunables" in its manual); other libraries ignore it.
const TunablesVariable = "GLIBC_TUNABLES"

// Tunables has glibc keep the memory that a program frees, which XLA wants again in each step; otherwise each step pays for the page faults of getting
// it back from the kernel. With huge pages, the last setting, a step takes about nine tenths of its time.
//
// The package infer makes all of these settings but the last itself in a C constructor, which Go's own linker leaves out.
const Tunables = "glibc.malloc.mmap_max=0" + // no block that fits a heap comes from mmap, which would be unmapped when freed; package largeblocks keeps the others
	":glibc.malloc.arena_max=4" + // threads that share one heap wait for each other, for a third of the time in which XLA compiles; more heaps take more memory
	":glibc.malloc.trim_threshold=0xffffffffffffffff" + // the heap never shrinks
	":glibc.malloc.top_pad=0x4000000" +
	":glibc.malloc.hugetlb=1"
