// Package train trains classifiers: it fits a recipe, resumes where a run stopped, extends a finished one, and searches hyperparameters.
//
// # Speed
//
// A training step in ms, the median of 400 steps (of 50 at a batch of 512), data feeding included, and the process's memory. In each row the programs took turns in one
// run of `go run ./kernel-setup bench -peers PYTHON` on 2 cores of an AMD EPYC (Zen 4), without huge pages:
//
//	                                 this project        Keras 3.15, TensorFlow 2.21   PyTorch 2.15, channels last
//	CNN, batch 64                    42.3                46.3                          56.5
//	  with the adopted augmentation  44.0                48.3
//	CNN, batch 512                   307                 343                           444
//	ResNet50, batch 64               236, 1.8 GB         399, 1.7 GB
//	ResNet50, batch 512              1366, 3.1 GB        2199, 2.5 GB
//	ConvNeXt-Tiny, batch 64          325, 2.0 GB                                       529, 1.5 GB (timm 1.0)
//	GAN, both networks, batch 64     65.0                77.2                          102.4
//	GAN of half the width            52.3, huge pages    55.3
//
// Frozen layers cost no backward pass: ConvNeXt-Atto at batch 64 takes 62.7 ms with all layers trained, 44.5 with the last two stages, 25.1 with the last, 19.9 with the
// head alone (`bench -model convnext-transfer -frozen`). Later tables, of three machines, are in testdata/speed. On Zen 5 a prediction of the residual network, from bytes to
// probabilities (`bench -answers`), takes 0.8 ms for one image and 6.1 ms for 16; PyTorch takes 1.1 and 5.3. A search (`bench -search`: KerasTuner's table of R = 9 and eta = 3, 75 epochs of 2,500 images, the CNN) takes 139 s, with
// KerasTuner 1.4.8 195 s: a promoted trial resumes, and a trial whose hyperparameters are other numbers compiles nothing.
//
// What differs from plain GoMLX, for speed: convolutions, pooling and normalization (package layers, see Form), micro-batches of 32 images on the CPU (microbatch.go), several
// steps in an execution on a GPU (package steploop), XLA's flags (infer/flags.go), and memory that is kept (infer/malloc_linux.go). A process compiles equal graphs once (package
// compilecache). The commands and the notebooks' kernel ask the C library for huge pages too: in pairs of runs a step took 0.86 to 0.98 of its time (CNN), 0.80 and 0.92 (residual
// network), 0.91 and 0.97 (GAN of half the width).
package train
