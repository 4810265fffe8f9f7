package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// pair is the two networks of a GAN on a backend, with a compiled graph for a step of each.
type pair struct {
	variables
	recipe        run.Recipe
	networks      models.GAN
	discriminator side
	generator     side
	averaged      []string // of the generator's variables
	plain         bool     // write the layers as plain operations
}

// fewSteps is the number of steps of an epoch below which plain operations, which take longer and compile in a fraction of the time, are done sooner.
const fewSteps = 20

// side is one of the two networks: what is trained of it, by which rule, in which graph.
type side struct {
	names []string
	rule  optim.UpdateRule
	step  *model.Exec
}

// The inputs of a step of either network, in this order.
const (
	ganImages   = iota // uint8 [N, 784]
	ganLabels          // int32 [N]
	ganOrder           // the epoch's order, int32 [S*B]
	ganPosition        // number of the step in the epoch, int32
	ganLatents         // normally distributed, float32 [B, L]
	ganScalars         // the optimizer's, float32 [K]
	ganShare           // by how much the averages move, float32; the generator's only
)

// averageSlot is where the mean of a generator's variable over the steps is kept.
const averageSlot = "average"

// newPair makes the parameters of both networks, with their initial values, for epochs of so many images.
func newPair(backend compute.Backend, recipe run.Recipe, images int) (*pair, error) {
	p := &pair{variables: variables{store: model.NewStore(), model: recipe.Model.Name}, recipe: recipe, networks: models.NewGAN(recipe.Model), plain: images < fewSteps*recipe.Batch}
	if _, err := models.Layers(backend, p.store, recipe.Model, recipe.Seed); err != nil {
		return nil, err
	}
	of := func(paths []string, layers string) []string {
		return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !strings.HasPrefix(path, prefix+layers) })
	}
	var all []string
	for v := range p.store.IterVariables() {
		all = append(all, v.Path())
	}
	slices.Sort(all)
	p.averaged = of(all, models.GeneratorLayers)
	for _, path := range p.averaged {
		value, err := p.store.GetVariable(path).Value()
		if err != nil {
			return nil, err
		}
		first, err := value.LocalClone()
		if err != nil {
			return nil, err
		}
		p.store.VariableWithValue(slotPath(path, averageSlot), first).SetTrainable(false)
	}
	for s, layers := range map[*side]string{&p.discriminator: models.DiscriminatorLayers, &p.generator: models.GeneratorLayers} {
		var err error
		if s.rule, err = optim.New(recipe.Optimizer); err != nil {
			return nil, err
		}
		s.names = of(p.trained(), layers)
		p.addSlots(s.names, s.rule)
	}
	var err error
	if p.discriminator.step, err = model.NewExec(backend, p.store, p.discriminate); err != nil {
		return nil, err
	}
	p.generator.step, err = model.NewExec(backend, p.store, p.generate)
	return p, err
}

// prefix is what the paths of all parameters begin with.
var prefix = layers.Path("")

// compile compiles both graphs at once.
func (p *pair) compile(data part, order *tensors.Tensor) error {
	var wait sync.WaitGroup
	var errs [2]error
	for i, s := range []side{p.discriminator, p.generator} {
		inputs := []shapes.Shape{data.images.Shape(), data.labels.Shape(), order.Shape(), shapes.Make(dtypes.Int32),
			shapes.Make(dtypes.Float32, p.recipe.Batch, p.recipe.Model.Latent), shapes.Make(dtypes.Float32, s.rule.NumScalars), shapes.Make(dtypes.Float32)}
		wait.Go(func() { _, errs[i] = s.step.Compile(inputs[:len(inputs)-1+i]...) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("compiling %s: %w", p.model, err)
		}
	}
	return nil
}

// batch is a step's images, [B, 28, 28, 1], and their classes, one-hot, [B, 10].
func (p *pair) batch(in []*Node) (images, classes *Node) {
	from := MulScalar(in[ganPosition], p.recipe.Batch)
	chosen := Reshape(DynamicSlice(in[ganOrder], []*Node{from}, []int{p.recipe.Batch}), p.recipe.Batch, 1)
	labels := Reshape(Gather(in[ganLabels], chosen), p.recipe.Batch)
	return pixels(Gather(in[ganImages], chosen)), OneHot(labels, fashion.NumClasses, dtypes.Float32)
}

// network starts one of the networks in a graph of a training step.
func (p *pair) network(g *Graph) *layers.Net {
	n := layers.Training(g, p.store, p.recipe.Seed, layers.Step{})
	if p.plain {
		n.PreferReference()
	}
	return n
}

// discriminate is a step of the discriminator: on real images and on as many generated ones of the same classes. It returns its loss, the mean of both halves,
// and how many of all it told rightly.
func (p *pair) discriminate(_ *model.Scope, in []*Node) *Node {
	real, classes := p.batch(in)
	g := real.Graph()
	generated := StopGradient(p.networks.Generate(p.network(g), in[ganLatents], classes))
	n := p.network(g)
	onReal, onGenerated := p.networks.DiscriminateBoth(n, real, generated, classes)
	var loss *Node
	if p.recipe.GAN.Loss == "hinge" {
		loss = Add(ReduceAllMean(layers.Relu(OneMinus(onReal))), ReduceAllMean(layers.Relu(OnePlus(onGenerated))))
	} else {
		loss = Add(ReduceAllMean(Softplus(Neg(onReal))), ReduceAllMean(Softplus(onGenerated)))
	}
	loss = DivScalar(loss, 2)
	zero := ScalarZero(g, dtypes.Float32)
	count := func(right *Node) *Node { return ReduceAllSum(ConvertDType(right, dtypes.Float32)) }
	hits := Add(count(GreaterThan(onReal, zero)), count(LessThan(onGenerated, zero)))
	p.learn(p.discriminator, loss, n, in[ganScalars])
	return Stack([]*Node{loss, hits}, 0)
}

// generate is a step of the generator, and of its average. It returns its loss.
func (p *pair) generate(_ *model.Scope, in []*Node) *Node {
	_, classes := p.batch(in)
	g := classes.Graph()
	n := p.network(g)
	scores := p.networks.Discriminate(p.network(g), p.networks.Generate(n, in[ganLatents], classes), classes)
	loss := Neg(ReduceAllMean(scores))
	if p.recipe.GAN.Loss == "cross-entropy" {
		loss = ReduceAllMean(Softplus(Neg(scores)))
	}
	p.learn(p.generator, loss, n, in[ganScalars])
	for _, path := range p.averaged {
		average := p.store.GetVariable(slotPath(path, averageSlot))
		now := p.store.GetVariable(path).NodeValue(g)
		before := average.NodeValue(g)
		average.SetNodeValue(Add(before, Mul(Sub(now, before), in[ganShare])))
	}
	return loss
}

// learn moves a network's parameters down the gradient of its loss, and what else the step changes in it.
func (p *pair) learn(s side, loss *Node, n *layers.Net, scalars *Node) {
	g := loss.Graph()
	parameters := make([]*Node, len(s.names))
	for i, name := range s.names {
		parameters[i] = p.store.GetVariable(name).NodeValue(g)
	}
	for _, u := range n.Updates() {
		p.store.GetVariable(u.Path).SetNodeValue(u.Value)
	}
	for i, gradient := range Gradient(loss, parameters...) {
		p.move(s.names[i], gradient, s.rule, scalars, 1)
	}
}

// tally is what a step of both networks tells.
type tally struct {
	discriminator, generator float64 // losses
	accuracy                 float64 // of the discriminator
}

// train does a step of the discriminator and one of the generator. Steps count from 0.
func (p *pair) train(data part, f feed, position, step int, rate, ganRate float64) (t tally, err error) {
	r := rand.New(rand.NewPCG(p.recipe.Seed, uint64(step)))
	one := func(s side, rate float64, more ...any) ([]float32, error) {
		latents := tensors.FromFlatDataAndDimensions(normal(r, p.recipe.Batch*p.recipe.Model.Latent), p.recipe.Batch, p.recipe.Model.Latent)
		defer latents.FinalizeAll()
		scalars := make([]float32, s.rule.NumScalars)
		for i, v := range s.rule.Scalars(step+1, rate) {
			scalars[i] = float32(v)
		}
		args := append([]any{data.images, data.labels, f.order, int32(position), latents, scalars}, more...)
		out, err := s.step.Call1(args...)
		if err != nil {
			return nil, fmt.Errorf("training step %d: %w", step+1, err)
		}
		defer out.FinalizeAll()
		return tensors.CopyFlatData[float32](out)
	}
	told, err := one(p.discriminator, ganRate)
	if err != nil {
		return tally{}, err
	}
	loss, err := one(p.generator, rate, averageShare(p.recipe.GAN.Average, step))
	if err != nil {
		return tally{}, err
	}
	return tally{float64(told[0]), float64(loss[0]), float64(told[1]) / float64(2*p.recipe.Batch)}, nil
}

// averageShare is by how much the averages move towards the present values: by more in the first steps, so that the first values are soon forgotten.
func averageShare(decay float64, step int) float32 {
	return float32(1 - min(decay, float64(1+step)/float64(10+step)))
}

// normal draws n normally distributed numbers.
func normal(r *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	return values
}
