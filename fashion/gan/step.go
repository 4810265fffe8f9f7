package gan

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
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// game is the two networks of a GAN on a backend, players of a minimax game, with a compiled graph for a step of each.
type game struct {
	recipe        recipes.Recipe
	networks      models.GAN
	store         *model.Store
	discriminator player
	generator     player
	averaged      []string // of the generator's variables
	reference     bool     // write the layers in the reference form
}

// fewSteps is the number of steps of an epoch below which layers in the reference form, which take longer and compile in a fraction of the time, are done sooner.
const fewSteps = 20

// player is one of the two networks: what is trained of it, by which update rule, in which graph.
type player struct {
	names []string
	rule  optim.UpdateRule
	step  *model.Exec
}

// The inputs of a step of either network after those of every training graph, in this order.
const (
	inLatents  = session.Ins + iota // normally distributed, float32 [B, L]
	inScalars                       // the optimizer's, float32 [K]
	inFraction                      // by what fraction the moving averages move, float32; the generator's only
)

// newGame makes the parameters of both networks, with their initial values, for epochs of so many images.
func newGame(backend compute.Backend, recipe recipes.Recipe, images int) (*game, error) {
	g := &game{store: model.NewStore(), recipe: recipe, networks: models.NewGAN(recipe.Model), reference: images < fewSteps*recipe.Batch}
	if _, err := models.Layers(backend, g.store, recipe.Model, recipe.Seed); err != nil {
		return nil, err
	}
	of := func(paths []string, layers string) []string {
		return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !strings.HasPrefix(path, prefix+layers) })
	}
	var all []string
	for v := range g.store.IterVariables() {
		all = append(all, v.Path())
	}
	slices.Sort(all)
	g.averaged = of(all, models.GeneratorLayers)
	if err := optim.AddAverages(g.store, g.averaged); err != nil {
		return nil, err
	}
	for p, layers := range map[*player]string{&g.discriminator: models.DiscriminatorLayers, &g.generator: models.GeneratorLayers} {
		var err error
		if p.rule, err = optim.New(recipe.Optimizer); err != nil {
			return nil, err
		}
		p.names = of(infer.Trained(g.store), layers)
		p.rule.AddSlots(g.store, p.names)
	}
	var err error
	if g.discriminator.step, err = model.NewExec(backend, g.store, g.discriminate); err != nil {
		return nil, err
	}
	g.generator.step, err = model.NewExec(backend, g.store, g.generate)
	return g, err
}

// parameters is how many both networks have.
func (g *game) parameters() int {
	return infer.Count(g.store, g.discriminator.names) + infer.Count(g.store, g.generator.names)
}

// prefix is what the paths of all parameters begin with.
var prefix = layers.Path("")

// compile compiles both graphs at once.
func (g *game) compile(f session.Feed) error {
	var wait sync.WaitGroup
	var errs [2]error
	for i, p := range []player{g.discriminator, g.generator} {
		more := []shapes.Shape{shapes.Make(dtypes.Float32, g.recipe.Batch, g.recipe.Model.Latent), shapes.Make(dtypes.Float32, p.rule.NumScalars), shapes.Make(dtypes.Float32)}
		wait.Go(func() { _, errs[i] = p.step.Compile(f.Shapes(more[:len(more)-1+i]...)...) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("compiling %s: %w", g.recipe.Model.Name, err)
		}
	}
	return nil
}

// batch is a step's images, [B, 28, 28, 1], and their classes, one-hot, [B, 10].
func (g *game) batch(in []*Node) (images, classes *Node) {
	first := MulScalar(in[session.InPosition], g.recipe.Batch)
	chosen := Reshape(DynamicSlice(in[session.InOrder], []*Node{first}, []int{g.recipe.Batch}), g.recipe.Batch, 1)
	labels := Reshape(Gather(in[session.InLabels], chosen), g.recipe.Batch)
	return infer.Pixels(Gather(in[session.InImages], chosen), fashion.Shape{}), OneHot(labels, fashion.NumClasses, dtypes.Float32)
}

// network starts one of the networks in a graph of a training step.
func (g *game) network(graph *Graph) *layers.Net {
	n := layers.Training(graph, g.store, g.recipe.Seed, layers.Step{})
	if g.reference {
		n.PreferReference()
	}
	return n
}

// discriminate is a step of the discriminator: on real images and on as many generated ones of the same classes. It returns its loss, the mean of both halves,
// and how many of all it classified correctly.
func (g *game) discriminate(_ *model.Scope, in []*Node) *Node {
	real, classes := g.batch(in)
	graph := real.Graph()
	generated := StopGradient(g.networks.Generate(g.network(graph), in[inLatents], classes))
	n := g.network(graph)
	onReal, onGenerated := g.networks.DiscriminateBoth(n, real, generated, classes)
	var loss *Node
	if g.recipe.GAN.Loss == "hinge" {
		loss = Add(ReduceAllMean(layers.Relu(OneMinus(onReal))), ReduceAllMean(layers.Relu(OnePlus(onGenerated))))
	} else {
		loss = Add(ReduceAllMean(Softplus(Neg(onReal))), ReduceAllMean(Softplus(onGenerated)))
	}
	loss = DivScalar(loss, 2)
	zero := ScalarZero(graph, dtypes.Float32)
	count := func(which *Node) *Node { return ReduceAllSum(ConvertDType(which, dtypes.Float32)) }
	correct := Add(count(GreaterThan(onReal, zero)), count(LessThan(onGenerated, zero)))
	g.update(g.discriminator, loss, n, in[inScalars])
	return Stack([]*Node{loss, correct}, 0)
}

// generate is a step of the generator, and of its moving average. It returns its loss.
func (g *game) generate(_ *model.Scope, in []*Node) *Node {
	_, classes := g.batch(in)
	graph := classes.Graph()
	n := g.network(graph)
	scores := g.networks.Discriminate(g.network(graph), g.networks.Generate(n, in[inLatents], classes), classes)
	loss := Neg(ReduceAllMean(scores))
	if g.recipe.GAN.Loss == "cross-entropy" {
		loss = ReduceAllMean(Softplus(Neg(scores)))
	}
	g.update(g.generator, loss, n, in[inScalars])
	optim.MoveAverages(g.store, g.averaged, in[inFraction])
	return loss
}

// update moves a network's parameters down the gradient of its loss, and makes what else the step changes in it.
func (g *game) update(p player, loss *Node, n *layers.Net, scalars *Node) {
	parameters := make([]*Node, len(p.names))
	for i, name := range p.names {
		parameters[i] = g.store.GetVariable(name).NodeValue(loss.Graph())
	}
	for _, u := range n.Updates() {
		g.store.GetVariable(u.Path).SetNodeValue(u.Value)
	}
	for i, gradient := range Gradient(loss, parameters...) {
		p.rule.Step(g.store, p.names[i], gradient, scalars, 1)
	}
}

// stepMetrics are those of a step of both networks.
type stepMetrics struct {
	discriminator, generator float64 // losses
	accuracy                 float64 // of the discriminator
}

// train does a step of the discriminator and one of the generator. Steps count from 0.
func (g *game) train(f session.Feed, position, step int, rate, discriminatorRate float64) (m stepMetrics, err error) {
	r := rand.New(rand.NewPCG(g.recipe.Seed, uint64(step)))
	one := func(p player, rate float64, more ...any) ([]float32, error) {
		latents := tensors.FromFlatDataAndDimensions(normal(r, g.recipe.Batch*g.recipe.Model.Latent), g.recipe.Batch, g.recipe.Model.Latent)
		defer latents.FinalizeAll()
		out, err := p.step.Call1(f.Inputs(position, append([]any{latents, p.rule.Inputs(step+1, rate)}, more...)...)...)
		if err != nil {
			return nil, fmt.Errorf("training step %d: %w", step+1, err)
		}
		defer out.FinalizeAll()
		return tensors.CopyFlatData[float32](out)
	}
	d, err := one(g.discriminator, discriminatorRate)
	if err != nil {
		return stepMetrics{}, err
	}
	loss, err := one(g.generator, rate, optim.AverageFraction(g.recipe.GAN.EMA, step))
	if err != nil {
		return stepMetrics{}, err
	}
	return stepMetrics{float64(d[0]), float64(loss[0]), float64(d[1]) / float64(2*g.recipe.Batch)}, nil
}

// normal draws n normally distributed numbers.
func normal(r *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	return values
}
