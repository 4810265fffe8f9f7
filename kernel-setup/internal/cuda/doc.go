// Package cuda has programs compute on an NVIDIA GPU where one works: it finds XLA's plugin or installs it, has it compute something in a process of its
// own, and makes the settings that programs need to use it.
//
// The plugin is taken from $PJRT_PLUGIN_LIBRARY_PATH, go-xla's folder, or JAX (0.11.2 or later) in the Python of the user's PATH; else it is installed, pinned and with
// checksums, into the private folder, and the user is told before: for drivers from 580 on with CUDA 13 (1.3 GB to download, 2.6 GB on the disk), from 525 on with CUDA 12
// (1.7 and 2.9 GB). A process of its own then computes a convolution with it; where that fails, the reason is printed and the CPU computes. -gpu off does without, -gpu cuda13
// or cuda12 insists; $GOMLX_BACKEND (xla:cpu, xla:cuda) decides before all of this.
//
// A run records the GPU, its driver and, if it was resumed on another device, which epochs were computed where. The command check compares logits, losses and gradients of every
// network with values recorded on a CPU. -deterministic sets the flags with which XLA promises the same result each time; what they cost has not been measured, and without them
// a resumed training need not end bit for bit as one that was not interrupted.
package cuda
