// Package train trains classifiers. Fit trains a recipe into a named run, resumes one that was interrupted, or reads one that is finished; Extend adds epochs to it; Search tunes
// hyperparameters by Hyperband; FindRate is a learning-rate range test. User-defined networks, transforms, losses, schedules and update rules are passed as
// the last arguments.
//
// Images are uint8 on the host and float32 [B, H, W, C] in [0, 1] in a graph. Losses are means over images, in nats; accuracies are fractions.
//
// What differs from plain GoMLX, for speed: convolutions, pooling and normalization (package layers, see Form), micro-batches of 32 images on the CPU (microbatch.go), several
// steps in an execution on a GPU (package steploop), XLA's flags (infer/flags.go), and memory that is kept (infer/malloc_linux.go). A process compiles equal graphs once (package
// compilecache); frozen layers cost no backward pass. testdata/speed has the times of a step beside those of Keras, PyTorch and JAX on several machines.
package train
