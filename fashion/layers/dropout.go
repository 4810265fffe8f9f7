package layers

import (
	"fmt"
	"hash/fnv"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Dropout zeroes a fraction of the activations in training, which Step.Dropout gives, and divides the others by one minus that fraction (Srivastava et
// al. 2014). The step's key, the layer's name and the position in the batch alone decide which are zeroed: they are the same on every backend, for any
// division of the batch into micro-batches, and after a resume.
func (n *Net) Dropout(name string, x *Node) *Node {
	y := x
	if n.IsTraining() && n.step.Dropout != nil {
		kept := GreaterOrEqual(n.random(name, x), n.step.Dropout)
		fraction := MulScalar(ConvertDType(n.step.Dropout, x.DType()), 1.0/(1<<32))
		y = Where(kept, Mul(x, Inverse(OneMinus(fraction))), ZerosLike(x))
	}
	n.add(name, "Dropout", y, 0)
	return y
}

// Uniform returns a random number in [0, 1) for each element of x, [B, ...], for a random layer of one's own; x gives the shape alone. The numbers are others for each name and in each training step, and depend
// on what those of Dropout depend on, so that the layer is resumed bit for bit too. It panics outside of a training step: see IsTraining.
func (n *Net) Uniform(name string, x *Node) *Node {
	if !n.IsTraining() {
		panic(fmt.Errorf("the layer %q draws random numbers where nothing is trained: build what it does in training only if IsTraining", name))
	}
	if n.step.Key == nil {
		panic(fmt.Errorf("the layer %q draws random numbers, which a GAN has in its latents alone", name))
	}
	if n.drawn[name] {
		panic(fmt.Errorf("random numbers are drawn twice under the name %q and would be the same; name them differently", name))
	}
	n.drawn[name] = true
	return MulScalar(ConvertDType(BitwiseShiftRightLogicalScalar(n.random(name, x), 8), x.DType()), 1.0/(1<<24)) // 24 bits, which a float32 has
}

// Fraction returns a fraction in [0, 1) as a threshold for random uint32 values: a value is below it with that probability.
func Fraction(f float64) uint32 { return uint32(f * (1 << 32)) }

// random returns a random uint32 for each element of x.
func (n *Net) random(name string, x *Node) *Node {
	h := fnv.New32a()
	h.Write([]byte(name)) // a hash never fails
	dims := x.Shape().Dimensions
	perImage := x.Shape().Size() / dims[0]
	i := Iota(n.graph, shapes.Make(dtypes.Uint32, x.Shape().Size()), 0)
	i = Add(i, MulScalar(n.step.First, uint32(perImage)))
	key := Mix(BitwiseXor(n.step.Key, Scalar(n.graph, dtypes.Uint32, h.Sum32())))
	return Reshape(Mix(BitwiseXor(MulScalar(i, uint32(0x9e3779b9)), key)), dims...)
}

// Mix is an invertible hash of uint32 in which each bit of the input changes each bit of the output with a probability near one half: C. Wellons's
// "lowbias32" (2018), which alternates xor-shift and multiplication.
func Mix(x *Node) *Node {
	shift := func(x *Node, bits uint32) *Node { return BitwiseXor(x, BitwiseShiftRightLogicalScalar(x, bits)) }
	x = MulScalar(shift(x, 16), uint32(0x7feb352d))
	x = MulScalar(shift(x, 15), uint32(0x846ca68b))
	return shift(x, 16)
}

// MixHost is Mix on the host.
func MixHost(x uint32) uint32 {
	x = (x ^ x>>16) * 0x7feb352d
	x = (x ^ x>>15) * 0x846ca68b
	return x ^ x>>16
}

// StepKey returns the key of a training step, different for each step of each seed.
func StepKey(seed uint64, step int) uint32 {
	return MixHost(uint32(step) ^ MixHost(uint32(seed)^MixHost(uint32(seed>>32)+1)))
}
