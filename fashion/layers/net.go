// Package layers builds the layers of the study's models as GoMLX graphs, in the form that is fastest on the backend at hand. Tensors are
// [batch, height, width, channels], written [B, H, W, C].
//
// Form lists what is written differently for a CPU and for a GPU, and why. The tests compare each form with a slow, obvious one.
//
// Graph-building functions panic on impossible shapes, as GoMLX's do; Catch turns panics into errors.
package layers

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Net builds one graph of a model. It makes the parameters and records the layers. Each layer needs a name of its own, also one without parameters; a name may have parts, as in
// "block1/conv1".
type Net struct {
	graph  *Graph
	store  *model.Store
	seed   uint64
	step   *Step // nil when not training
	form   Form
	params map[string]*Node
	layers []Layer
	frozen func(layer string) bool // which layers are not trained; nil for none

	spectral bool // divide kernels by their largest singular value

	outputs []Output
	updates []Update
	drawn   map[string]bool // names under which Uniform has drawn
	head    *Node           // see HeadInput
}

// Update is the new value that a training step computes for a variable that is not trained, such as a running mean.
type Update struct {
	Path  string
	Value *Node
	Batch *Node // of a running statistic, the batch's own; else nil
}

// Updates lists the variables that a training step changes besides the trained parameters.
func (n *Net) Updates() []Update { return n.updates }

// Layer is a layer's entry in the record.
type Layer struct {
	Name, Type string // the type is Keras's name of it, such as "Conv2D"
	Shape      []int  // of its output, without the batch
	Parameters int
	Fixed      int // of the parameters, those that are not trained
}

// Step holds the inputs of a training step that decide its random draws. They are uint32 scalars of the graph, so that one compiled program serves all steps.
type Step struct {
	Key     *Node // different for each step, see StepKey
	First   *Node // position in the batch of the graph's first image, which is not 0 for a later micro-batch
	Dropout *Node // the dropout rate, as Fraction returns it; nil for none
}

// Training starts the graph of a training step. The seed decides the initial parameters.
func Training(g *Graph, store *model.Store, seed uint64, step Step) *Net {
	n := Inference(g, store, seed)
	n.step = &step
	return n
}

// Inference starts a graph in which nothing is random.
func Inference(g *Graph, store *model.Store, seed uint64) *Net {
	return &Net{graph: g, store: store, seed: seed, form: FormOf(g.Backend()), params: map[string]*Node{}, drawn: map[string]bool{}}
}

// PreferReference writes the layers that follow in the form Reference instead of ForCPU. It suits graphs that run on few images or for few steps: they compile
// several times as fast. On a GPU it changes nothing, because ForGPU compiles as fast.
func (n *Net) PreferReference() *Net {
	if n.form == ForCPU {
		n.form = Reference
	}
	return n
}

// WithForm writes the layers that follow in a given form instead of the backend's, so that forms can be compared on one backend.
func (n *Net) WithForm(form Form) *Net {
	n.form = form
	return n
}

// Graph returns the graph.
func (n *Net) Graph() *Graph { return n.graph }

// IsTraining reports whether this is the graph of a training step.
func (n *Net) IsTraining() bool { return n.step != nil }

// Layers lists the layers in the order in which they were built.
func (n *Net) Layers() []Layer { return n.layers }

// Output is the output of a layer, or of a step between layers that Keep recorded.
type Output struct {
	Name  string
	Value *Node
}

// Outputs lists the outputs of the layers and those that Keep recorded, in the order in which they were built.
func (n *Net) Outputs() []Output { return n.outputs }

// HeadInput returns what the last dense layer or convolution so far reads, nil if there is none: the features of a classifier that is built.
func (n *Net) HeadInput() *Node { return n.head }

// Keep records a value that is not the output of a layer, such as the sum of two branches, among the outputs, and returns it.
func (n *Net) Keep(name string, x *Node) *Node {
	n.outputs = append(n.outputs, Output{name, x})
	return x
}

// Freeze excludes layers, by their names, from training: they get no gradients and no optimizer state. Call it before the first layer.
func (n *Net) Freeze(frozen func(layer string) bool) { n.frozen = frozen }

func (n *Net) add(name, kind string, y *Node, parameters int) {
	l := Layer{Name: name, Type: kind, Shape: y.Shape().Dimensions[1:], Parameters: parameters}
	if n.frozen != nil && n.frozen(name) {
		l.Fixed = parameters
	}
	n.layers = append(n.layers, l)
	n.Keep(name, y)
}

// Initializer draws the initial value of one element of a parameter.
type Initializer func(r *rand.Rand) float64

// Constant gives each element the value v.
func Constant(v float64) Initializer { return func(*rand.Rand) float64 { return v } }

// GlorotUniform draws from the uniform distribution of Glorot and Bengio, "Understanding the difficulty of training
// deep feedforward neural networks" (2010): variance 2/(fanIn+fanOut).
func GlorotUniform(fanIn, fanOut int) Initializer {
	limit := math.Sqrt(6 / float64(fanIn+fanOut))
	return func(r *rand.Rand) float64 { return (2*r.Float64() - 1) * limit }
}

// TruncatedNormal draws from the normal distribution with mean 0 and that standard deviation; values beyond two standard deviations are drawn again.
func TruncatedNormal(deviation float64) Initializer {
	return func(r *rand.Rand) float64 {
		for {
			if v := r.NormFloat64(); math.Abs(v) <= 2 {
				return v * deviation
			}
		}
	}
}

// Use takes a parameter from a node instead of the store, such as its exponential moving average.
func (n *Net) Use(name string, value *Node) { n.params[name] = value }

// Param returns the parameter of that name as a node, such as "mine/scale" of the layer "mine". Its initial value is drawn on the host and depends on the seed and the name alone: it is the same on every
// backend, and for any order in which parameters are made.
func (n *Net) Param(name string, init Initializer, dims ...int) *Node {
	return n.variable(name, init, n.frozen == nil || !n.frozen(layerOf(name)), dims)
}

// state returns a variable that is stored with the parameters but not trained.
func (n *Net) state(name string, init Initializer, dims ...int) *Node {
	return n.variable(name, init, false, dims)
}

// layerOf is the layer that a parameter's name begins with: all before the last "/", since a layer's own name may have one.
func layerOf(parameter string) string {
	if i := strings.LastIndexByte(parameter, '/'); i >= 0 {
		return parameter[:i]
	}
	return parameter
}

func (n *Net) variable(name string, init Initializer, trainable bool, dims []int) *Node {
	if p, ok := n.params[name]; ok {
		if got := p.Shape().Dimensions; !slices.Equal(got, dims) {
			panic(fmt.Errorf("two layers are named %q, but the parameter %s has the shape %v in one and %v in the other: name them differently", layerOf(name), name, got, dims))
		}
		return p
	}
	if init == nil {
		panic(fmt.Errorf("the parameter %q has no initializer", name))
	}
	path := Path(name)
	v := n.store.GetVariable(path)
	if v == nil {
		size := 1
		for _, d := range dims {
			size *= d
		}
		h := fnv.New64a()
		fmt.Fprint(h, name)
		r := rand.New(rand.NewPCG(n.seed, h.Sum64()))
		values := make([]float32, size)
		for i := range values {
			values[i] = float32(init(r))
		}
		v = n.store.VariableWithValue(path, tensors.FromFlatDataAndDimensions(values, dims...)).SetTrainable(trainable)
	}
	if got := v.Shape().Dimensions; !slices.Equal(got, dims) {
		panic(fmt.Errorf("parameter %s has the shape %v, want %v", name, got, dims))
	}
	p := v.NodeValue(n.graph)
	n.params[name] = p
	return p
}

// scope holds all parameters in a GoMLX store.
const scope = "/model/"

// Path returns the path of a parameter in a GoMLX store.
func Path(name string) string { return scope + name }

// ParameterAt is the inverse of Path; ok is false for a path that is no parameter's.
func ParameterAt(path string) (name string, ok bool) { return strings.CutPrefix(path, scope) }

// addBias adds a vector to the last axis.
func addBias(x, bias *Node, form Form) *Node {
	return customGradient1(bias,
		func(bias *Node) *Node { return Add(x, ExpandLeftToRank(bias, x.Rank())) },
		func(dy *Node) *Node { return channelSum(dy, form) })
}

func zero(x *Node) *Node { return ScalarZero(x.Graph(), x.DType()) }

// size returns a tensor's batch, height, width and channels.
func size(x *Node) (b, h, w, c int) {
	x.AssertRank(4)
	d := x.Shape().Dimensions
	return d[0], d[1], d[2], d[3]
}
