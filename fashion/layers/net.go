// Package layers builds the layers of the study's models as GoMLX graphs, in the form that XLA compiles to the
// fastest code for the backend at hand. Tensors are [batch, height, width, channels], written [B, H, W, C].
//
// What is written differently for a CPU and for a GPU, and why, is listed at Form. Each form has a slow, obvious twin in the tests.
//
// Graph-building functions panic on impossible shapes, as GoMLX's do; Catch turns panics into errors.
package layers

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Net is the building of one graph of a model: its parameters, its mode and a record of its layers.
type Net struct {
	graph  *Graph
	store  *model.Store
	seed   uint64
	step   *Step // nil when not training
	form   Form
	params map[string]*Node
	layers []Layer
	bound  bool                    // divide kernels by their largest singular value
	frozen func(layer string) bool // which layers are not trained; nil for none

	outputs []Output
	updates []Update
}

// Update is a new value that a training step gives to something that is not trained, such as a running mean.
type Update struct {
	Path  string
	Value *Node
}

// Updates lists what the step changes beside the trained parameters.
func (n *Net) Updates() []Update { return n.updates }

// Layer describes a layer to a reader.
type Layer struct {
	Name, Type string
	Shape      []int // of its output, the batch left out
	Parameters int
	Fixed      int // of the parameters, those that are not trained
}

// Step is what a training step's random draws follow from: uint32 scalars of its graph, so that none of them compiles anything anew.
type Step struct {
	Key     *Node // different for each step, see StepKey
	First   *Node // place in the step's batch of the graph's first image: a graph may work on a part of the batch
	Dropout *Node // what Dropout zeroes, as Fraction gives it; nil if nothing
}

// Training starts the graph of a training step. The seed decides the initial parameters.
func Training(g *Graph, store *model.Store, seed uint64, step Step) *Net {
	n := Inference(g, store, seed)
	n.step = &step
	return n
}

// Inference starts a graph in which nothing is random.
func Inference(g *Graph, store *model.Store, seed uint64) *Net {
	return &Net{graph: g, store: store, seed: seed, form: FormOf(g.Backend()), params: map[string]*Node{}}
}

// Plain has the layers that follow written in the form Reference on a CPU, for graphs of a few images or few steps: they compile several times as fast. On a GPU it
// changes nothing: its form compiles no slower.
func (n *Net) Plain() *Net {
	if n.form == ForCPU {
		n.form = Reference
	}
	return n
}

// WithForm has the layers that follow written in a form that need not be the backend's own, so that forms can be compared on one backend.
func (n *Net) WithForm(form Form) *Net {
	n.form = form
	return n
}

// Graph is the graph that is built.
func (n *Net) Graph() *Graph { return n.graph }

// IsTraining reports whether this is the graph of a training step.
func (n *Net) IsTraining() bool { return n.step != nil }

// Layers lists the layers in the order in which they were built.
func (n *Net) Layers() []Layer { return n.layers }

// Output is what a layer gives in the graph.
type Output struct {
	Name  string
	Value *Node
}

// Outputs lists what the layers give, and what Keep names beside them, in the order in which they were built.
func (n *Net) Outputs() []Output { return n.outputs }

// Keep records under a name what no layer gives by itself, such as the sum of two branches, and returns it.
func (n *Net) Keep(name string, x *Node) *Node {
	n.outputs = append(n.outputs, Output{name, x})
	return x
}

// Freeze says which layers are not trained, by their names. Nothing runs back through those before the first that is, and the optimizer keeps
// nothing for them. It comes before the first layer.
func (n *Net) Freeze(frozen func(layer string) bool) { n.frozen = frozen }

func (n *Net) add(name, kind string, y *Node, parameters int) {
	l := Layer{Name: name, Type: kind, Shape: y.Shape().Dimensions[1:], Parameters: parameters}
	if n.frozen != nil && n.frozen(name) {
		l.Fixed = parameters
	}
	n.layers = append(n.layers, l)
	n.Keep(name, y)
}

// Initializer gives the initial value of a parameter's next element.
type Initializer func(r *rand.Rand) float64

// Constant is the initializer of biases and scales.
func Constant(v float64) Initializer { return func(*rand.Rand) float64 { return v } }

// GlorotUniform draws from the uniform distribution of Glorot and Bengio, "Understanding the difficulty of training
// deep feedforward neural networks" (2010): variance 2/(fanIn+fanOut).
func GlorotUniform(fanIn, fanOut int) Initializer {
	limit := math.Sqrt(6 / float64(fanIn+fanOut))
	return func(r *rand.Rand) float64 { return (2*r.Float64() - 1) * limit }
}

// TruncatedNormal draws from the normal distribution of that standard deviation; what lies beyond two of them is drawn again.
func TruncatedNormal(deviation float64) Initializer {
	return func(r *rand.Rand) float64 {
		for {
			if v := r.NormFloat64(); math.Abs(v) <= 2 {
				return v * deviation
			}
		}
	}
}

// Use has a parameter taken from a node, such as its average over the steps, and not from the store.
func (n *Net) Use(name string, value *Node) { n.params[name] = value }

// Param returns the parameter of that name as a node. Its initial value is drawn on the host from the seed and the
// name alone, so that it is the same on every backend and in whatever order parameters are made.
func (n *Net) Param(name string, init Initializer, dims ...int) *Node {
	layer, _, _ := strings.Cut(name, "/")
	return n.variable(name, init, n.frozen == nil || !n.frozen(layer), dims)
}

// state returns a value that is kept with the parameters and is not trained.
func (n *Net) state(name string, init Initializer, dims ...int) *Node {
	return n.variable(name, init, false, dims)
}

func (n *Net) variable(name string, init Initializer, trainable bool, dims []int) *Node {
	if p, ok := n.params[name]; ok {
		return p
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
	if got := v.Shape().Dimensions; fmt.Sprint(got) != fmt.Sprint(dims) {
		panic(fmt.Errorf("parameter %s has the shape %v, want %v", name, got, dims))
	}
	p := v.NodeValue(n.graph)
	n.params[name] = p
	return p
}

// folder holds all parameters in a GoMLX store.
const folder = "/model/"

// Path is the place of a parameter in a GoMLX store.
func Path(name string) string { return folder + name }

// ParameterAt is the inverse of Path; ok is false for what is no parameter.
func ParameterAt(path string) (name string, ok bool) { return strings.CutPrefix(path, folder) }

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
