//go:build cgo

// Package winogradtest calls the functions of package winograd without XLA, in tests.
package winogradtest

/*
#include <stdlib.h>
#include "../winograd.h"

static const winograd_instructions *set(int i) { return winograd_sets + i; }
static int supported(int i) { return winograd_sets[i].name ? winograd_sets[i].supported() : -1; }
static void convolve(int i, const convolution *c, int part, int parts, const float *x, const float *kernels, float *y, float *scratch) {
	winograd_sets[i].convolve(c, part, parts, x, kernels, y, scratch);
}
static void kernel_gradient(int i, const convolution *c, int part, int parts, const float *x, const float *dy, float *kernels, float *scratch) {
	winograd_sets[i].kernel_gradient(c, part, parts, x, dy, kernels, scratch);
}
*/
import "C"

import (
	"math/rand/v2"
	"unsafe"

	_ "fashionlab/fashion/internal/winograd" // whose functions are linked
)

// Set is an instruction set.
type Set struct {
	Name  string
	index C.int
}

// Sets are the instruction sets that this processor supports, the fastest first.
func Sets() (list []Set) {
	for i := C.int(0); C.supported(i) >= 0; i++ {
		if C.supported(i) > 0 {
			list = append(list, Set{C.GoString(C.set(i).name), i})
		}
	}
	return list
}

// Normal draws so many normal numbers.
func Normal(n int, seed uint64) []float32 {
	random, values := rand.New(rand.NewPCG(seed, 1)), make([]float32, n)
	for i := range values {
		values[i] = float32(random.NormFloat64())
	}
	return values
}

// Shape is that of a convolution.
type Shape struct{ Images, Height, Width, In, Out int }

func (s Shape) c() C.convolution {
	return C.convolution{C.int(s.Images), C.int(s.Height), C.int(s.Width), C.int(s.In), C.int(s.Out)}
}

func pointer(values []float32) *C.float { return (*C.float)(unsafe.SliceData(values)) }

func scratch(c *C.convolution) *C.float { return pointer(make([]float32, C.winograd_scratch(c))) }

// Convolve computes y, [images, height, width, out], of x and transformed kernels, [36, in, out], in so many parts.
func (set Set) Convolve(s Shape, parts int, x, kernels []float32) (y []float32) {
	c := s.c()
	y = make([]float32, s.Images*s.Height*s.Width*s.Out)
	for part := range parts {
		C.convolve(set.index, &c, C.int(part), C.int(parts), pointer(x), pointer(kernels), pointer(y), scratch(&c))
	}
	return y
}

// KernelGradient computes the gradient of the transformed kernels from one part of x and dy, 0 for the first of so many.
func (set Set) KernelGradient(s Shape, part, parts int, x, dy []float32) (kernels []float32) {
	c := s.c()
	kernels = make([]float32, 36*s.In*s.Out)
	C.kernel_gradient(set.index, &c, C.int(part), C.int(parts), pointer(x), pointer(dy), pointer(kernels), scratch(&c))
	return kernels
}
