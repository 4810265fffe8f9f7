// Package cuda has programs compute on an NVIDIA GPU where one works: it finds XLA's plugin or installs it, has it compute something in a process of its
// own, and makes the settings that programs need to use it.
//
// The plugin is taken from $PJRT_PLUGIN_LIBRARY_PATH, go-xla's folder, or JAX (0.11.2 or later) in the Python of the user's PATH; else it is installed, pinned and with
// checksums, into the private folder, and the user is told before: for drivers from 580 on with CUDA 13 (1.3 GB to download, 2.6 GB on the disk), from 525 on with CUDA 12
// (1.7 and 2.9 GB). A process of its own then computes a convolution with it; where that fails, the reason is printed and the CPU computes. -gpu off does without, -gpu cuda13
// or cuda12 insists; $GOMLX_BACKEND (xla:cpu, xla:cuda) decides before all of this.
//
// A run records the GPU, its driver and, if it was resumed on another device, which epochs were computed where. The command check compares logits, losses and gradients of every
// network with values recorded on a CPU. -deterministic has XLA leave out what gives another result each time, and look for no fastest kernels. Without it a resumed training need not end
// bit for bit as one that was not interrupted.
//
// On an NVIDIA H200 (driver 580.159, plugin 0.11.2) the CNN, the residual network, the GAN and ResNet50 with a small stem computed the recorded values (the other networks were not
// checked): in float32 inference within 1.3e-6 and training within 3.4e-6 (ResNet50 9e-5), relative; in TF32, in which networks train, within 1e-3. A training of the CNN gave the same
// predictions to the bit three times with -deterministic, and others each time without.
package cuda
