package layers

import (
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Form is the way in which a layer's operations are written. All forms compute the same function and gradients, up to rounding; they differ in how
// fast they compile and run:
//
//	                          ForCPU                           ForGPU                Reference
//	convolution               Winograd or a matrix product     GoMLX's               GoMLX's
//	depthwise convolution     matrix product or multiply-adds  multiply-adds         GoMLX's, grouped
//	upsampling, convolution   one convolution, not upsampled   GoMLX's               GoMLX's
//	modulation                gradient written out             GoMLX's gradient      GoMLX's gradient
//	max pooling               maximum of four slices           as for a CPU          GoMLX's
//	sums and means            matrix products                  reductions            matrix products
//
// ForExport is Reference with reductions, and with one operation of the backend for each batch and layer normalization, max pooling and convolution of patches. It
// has no gradients.
type Form int

const (
	// Reference uses GoMLX's own operations. On XLA's CPU backend they compile several times as fast as ForCPU, and for a few images they run no slower.
	// Sums are nevertheless matrix products, because XLA's reductions are slow on the CPU.
	Reference Form = iota
	// ForCPU avoids what is slow on XLA's CPU backend, where the gradient of a convolution with respect to its kernel takes two to five times as long
	// as the forward pass, and a reduction five times as long as a matrix product with ones.
	ForCPU
	// ForGPU leaves convolutions to cuDNN and sums to XLA, which fuses reductions with the operations before them. It only avoids GoMLX's grouped
	// convolution, whose gradient is one convolution for each channel: 3,692 of them in a training step of ConvNeXt-Atto.
	ForGPU
	// ForExport suits a backend that writes the graph to a file for other programs (see package onnx).
	ForExport
)

// String returns the form's name.
func (f Form) String() string {
	return [...]string{"reference", "for CPU", "for GPU", "for export"}[f]
}

// FormOf returns a backend's form: ForCPU for XLA's CPU plugin, ForGPU for XLA's other plugins, Reference for GoMLX's backend in pure Go.
func FormOf(b compute.Backend) Form {
	switch {
	case OnCPU(b):
		return ForCPU
	case plugin(b) != "":
		return ForGPU
	}
	return Reference
}

// OnCPU reports whether a backend is XLA's CPU plugin. GoMLX's backend in pure Go is not.
func OnCPU(b compute.Backend) bool { return strings.Contains(plugin(b), "cpu") }

// plugin returns the name of a backend's PJRT plugin, or of its file without the folder, in lower case: "cpu", "cuda" or "pjrt_c_api_cpu_plugin.so". It
// is empty for a backend that is not XLA's.
func plugin(b compute.Backend) string {
	xla, ok := b.(interface{ PluginName() string })
	if !ok {
		return ""
	}
	return strings.ToLower(filepath.Base(xla.PluginName()))
}

// channelSum is the sum over all axes but the last: [..., C] to [C].
func channelSum(x *Node, form Form) *Node {
	rows := Reshape(x, -1, x.Shape().Dimensions[x.Rank()-1])
	if form == ForGPU || form == ForExport {
		return ReduceSum(rows, 0)
	}
	ones := Ones(x.Graph(), shapes.Make(x.DType(), 1, rows.Shape().Dimensions[0]))
	return Reshape(Dot(ones, rows).Product(), -1)
}

// channelMean is the mean over all axes but the last: [..., C] to [C].
func channelMean(x *Node, form Form) *Node {
	return DivScalar(channelSum(x, form), float64(x.Shape().Size()/x.Shape().Dimensions[x.Rank()-1]))
}

// positionMean is the mean over the channels of each position: [..., C] to [..., 1].
func positionMean(x *Node, form Form) *Node {
	if form == ForGPU || form == ForExport {
		return ReduceAndKeep(x, ReduceMean, -1)
	}
	d := x.Shape().Dimensions
	c := d[len(d)-1]
	ones := DivScalar(Ones(x.Graph(), shapes.Make(x.DType(), c, 1)), float64(c))
	kept := append(append([]int{}, d[:len(d)-1]...), 1)
	return Reshape(Dot(Reshape(x, -1, c), ones).Product(), kept...)
}
