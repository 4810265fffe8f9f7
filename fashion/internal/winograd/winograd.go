// Package winograd computes 3x3 convolutions and the gradients of their kernels on a CPU by F(4x4, 3x3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): in C,
// some tiles at a time, so that what lies between the transforms and the products stays in the processor's caches. XLA, which computes one operation after the other, takes 2 to 2.5 times as long.
//
// A graph has a function of a name with one of the prefixes for each convolution, written in XLA's own operations. Where the plugin can call ours, Rewrite replaces the functions' bodies.
package winograd

// Functions of a graph whose names have these prefixes have the arguments x, [B, H, W, C] in float32, and transformed kernels, [36, C, K], and return [B, H, W, K]; or x and the gradient of the
// output, [B, H, W, K], and return that of the transformed kernels, [36, C, K].
const (
	Prefix         = "winograd_" // of both
	Convolution    = Prefix + "convolution_"
	KernelGradient = Prefix + "kernel_gradient_"
)

// Multiple divides the channels of arguments and results.
const Multiple = 16
