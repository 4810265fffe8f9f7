package layers

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

var allForms = []Form{Reference, ForCPU, ForGPU}

// pluginBackend stands for XLA's backend with a plugin of that name.
type pluginBackend struct {
	compute.Backend
	name string
}

func (b pluginBackend) PluginName() string { return b.name }

func TestFormDependsOnThePluginsFileAndNotOnItsFolder(t *testing.T) {
	for name, want := range map[string]Form{
		"cpu":         ForCPU,
		"cpu_v0.83.1": ForCPU,
		"/home/nvidia/lib/go-xla/pjrt_c_api_cpu_plugin.so": ForCPU,
		"cuda": ForGPU,
		"/home/cpu/jax_plugins/xla_cuda13/xla_cuda_plugin.so":         ForGPU,
		"/home/cpu/lib/go-xla/nvidia/pjrt_c_api_cuda_plugin.so":       ForGPU,
		"/opt/rocm/lib/python/jax_plugins/xla_rocm/pjrt_c_api_gpu.so": ForGPU,
	} {
		b := pluginBackend{name: name}
		if got := FormOf(b); got != want {
			t.Errorf("the form of %s is %q, want %q", name, got, want)
		}
		if got := OnCPU(b); got != (want == ForCPU) {
			t.Errorf("OnCPU of %s is %v", name, got)
		}
	}
	if b := backend(t); FormOf(b) != Reference || OnCPU(b) {
		t.Errorf("the form of the backend in pure Go is %q, want %q; OnCPU %v, want false", FormOf(b), Reference, OnCPU(b))
	}
}

func TestPreferReferenceChangesTheFormOfACPUOnly(t *testing.T) {
	for form, want := range map[Form]Form{Reference: Reference, ForCPU: Reference, ForGPU: ForGPU} {
		if got := (&Net{}).WithForm(form).PreferReference().form; got != want {
			t.Errorf("PreferReference makes %q of %q, want %q", got, form, want)
		}
	}
}

func TestSumsOfEveryFormAreTheReductions(t *testing.T) {
	x := draw(1, 3, 4, 5, 2)
	out, err := ExecOnceN(backend(t), func(x *Node) (nodes []*Node) {
		for _, form := range allForms {
			nodes = append(nodes, channelSum(x, form), channelMean(x, form), positionMean(x, form))
		}
		return append(nodes, ReduceSum(x, 0, 1, 2), ReduceMean(x, 0, 1, 2), ReduceAndKeep(x, ReduceMean, -1))
	}, x)
	if err != nil {
		t.Fatal(err)
	}
	want := out[len(out)-3:]
	for i, form := range allForms {
		for j, what := range []string{"channelSum", "channelMean", "positionMean"} {
			same(t, fmt.Sprintf("%s %s", what, form), out[3*i+j], want[j], 1e-12)
		}
	}
}

// On a GPU sums must not become matrix products, which run in TF32 there, nor a depthwise convolution a grouped one, whose gradient is one convolution for
// each channel.
func TestTheGPUsFormHasNoProductsForSumsAndNoGroupedConvolution(t *testing.T) {
	count := func(form Form) (products, convolutions int) {
		g := NewGraph(backend(t), "block")
		defer g.Finalize()
		n := Inference(g, model.NewStore(), 1).WithForm(form)
		x := n.LayerScale("scale", IotaFull(g, shapes.Make(dtypes.Float32, 2, 8, 8, 3)), 1)
		y := n.LayerNorm("layer_norm", n.DepthwiseConv("depthwise", x, 3), 1e-6)
		y, _, _ = batchNorm(y, n.Param("batch_norm/gamma", Constant(1), 3), n.Param("batch_norm/beta", Constant(0), 3), form)
		Gradient(ReduceAllSum(Square(y)), slices.Collect(maps.Values(n.params))...)
		for _, node := range g.Nodes() {
			switch node.Type() {
			case NodeTypeDotGeneral:
				products++
			case NodeTypeConvGeneral:
				convolutions++
			}
		}
		return products, convolutions
	}
	if products, convolutions := count(ForGPU); products != 0 || convolutions != 0 {
		t.Errorf("the form for a GPU has %d matrix products and %d convolutions, want none", products, convolutions)
	}
	if products, convolutions := count(Reference); products == 0 || convolutions == 0 {
		t.Errorf("the reference form has %d matrix products and %d convolutions, want some of both: nothing is tested", products, convolutions)
	}
}
