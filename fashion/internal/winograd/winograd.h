// A convolution with a 3x3 kernel, stride 1 and zero padding.
typedef struct {
	int images, height, width, in, out; // in and out are channels, multiples of 16
} convolution;

// The functions for an instruction set. Each does a part, 0 for the first of so many, and works in so many floats of scratch.
typedef struct {
	const char *name;
	// supported says whether this processor has the instructions.
	int (*supported)(void);
	// convolve computes y, [images, height, width, out], of x, [images, height, width, in], and transformed kernels, [36, in, out].
	void (*convolve)(const convolution *, int part, int parts, const float *x, const float *kernels, float *y, float *scratch);
	// kernel_gradient computes the gradient of the transformed kernels, [36, in, out], from a part of x and of the gradient of the output.
	void (*kernel_gradient)(const convolution *, int part, int parts, const float *x, const float *dy, float *kernels, float *scratch);
} winograd_instructions;

// sets are the instruction sets for which the functions are written, the fastest first; the last has no name.
extern const winograd_instructions winograd_sets[];

// best is the fastest set that this processor supports, or NULL.
const winograd_instructions *winograd_best(void);

// scratch is how many floats the functions need to work in.
long winograd_scratch(const convolution *);

// parts is in how many a convolution is best divided.
int winograd_parts(const convolution *);
