package gan

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/internal/steploop"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

// game is the two networks of a GAN on a backend, players of a minimax game, with the compiled graph of their training steps.
type game struct {
	recipe        recipes.Recipe
	networks      models.GAN
	built         models.Built
	store         *model.Store
	discriminator player
	generator     player
	averaged      []string // of the generator's variables
	reference     bool     // write the layers in the reference form
	loop          steploop.Loop
	exec          *model.Exec
}

// fewSteps is the number of steps of an epoch below which layers in the reference form, which take longer and compile in a fraction of the time, are done sooner.
const fewSteps = 20

// player is one of the two networks: what is trained of it, by which update rule.
type player struct {
	names []string
	rule  optim.UpdateRule
}

// The inputs of a step after those of every training graph, in this order.
const (
	inLatents = session.Ins + iota // normally distributed, the discriminator's and the generator's, float32 [2, B, L]
	inScalars                      // the discriminator's optimizer's, the generator's, and by what fraction the moving averages move, float32 [K]
)

// The metrics of a step, in this order.
const (
	discriminatorLoss    = iota
	discriminatorCorrect // of twice a batch
	generatorLoss
	numMetrics
)

// newGame makes the parameters of both networks, with their initial values, for epochs of so many images. An execution does so many steps, 0 for as many as suit the backend.
func newGame(backend compute.Backend, recipe recipes.Recipe, own []recipes.Own, images, together int) (*game, error) {
	g := &game{store: model.NewStore(), recipe: recipe, reference: images < fewSteps*recipe.Batch}
	var err error
	if g.networks, err = models.GANOf(recipe.Model, recipes.OwnOf[models.GAN](own)...); err != nil {
		return nil, err
	}
	if g.built, err = models.Layers(backend, g.store, recipe.Model, recipe.Seed, own...); err != nil {
		return nil, err
	}
	ofGenerator := func(path string) bool { return slices.Contains(g.built.Generator, path) }
	of := func(paths []string, leftOut func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(paths), leftOut)
	}
	ofDiscriminator := func(path string) bool { return !ofGenerator(path) }
	g.averaged = of(infer.VariablePaths(g.store), ofDiscriminator)
	if err := optim.AddEMA(g.store, g.averaged); err != nil {
		return nil, err
	}
	trained := infer.TrainablePaths(g.store)
	g.discriminator.names, g.generator.names = of(trained, ofGenerator), of(trained, ofDiscriminator)
	for _, p := range []*player{&g.discriminator, &g.generator} { // in this order, so that the graphs of equal recipes are equal
		if p.rule, err = optim.New(recipe.Optimizer); err != nil {
			return nil, err
		}
		p.rule.AddSlots(g.store, p.names)
	}
	perEpoch := (images + recipe.Batch - 1) / recipe.Batch
	g.loop = steploop.Loop{Position: session.InPosition, Length: cmp.Or(together, steploop.LengthFor(layers.FormOf(backend), perEpoch)), PerEpoch: perEpoch, Rows: []int{inLatents, inScalars}, Metrics: numMetrics}
	g.exec, err = model.NewExec(backend, g.store, func(_ *model.Scope, in []*Node) *Node {
		return g.loop.Graph(g.store, in, g.step)
	})
	return g, err
}

// parameters is how many both networks have.
func (g *game) parameters() int {
	return infer.CountValues(g.store, g.discriminator.names) + infer.CountValues(g.store, g.generator.names)
}

// compile compiles the graph.
func (g *game) compile(f session.Feed) error {
	inputs := f.Shapes(shapes.Make(dtypes.Float32, 2, g.recipe.Batch, g.recipe.Model.Latent), shapes.Make(dtypes.Float32, len(g.scalars(0, 0, 0))))
	if _, err := g.exec.Compile(g.loop.Shapes(inputs)...); err != nil {
		return fmt.Errorf("compiling %s: %w", g.recipe.Model.Name, err)
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

// step is a training step of the discriminator and then one of the generator, on the same images. It returns their metrics.
func (g *game) step(in []*Node) *Node {
	images, classes := g.batch(in)
	latents := func(i int) *Node {
		return Reshape(Slice(in[inLatents], AxisElem(i)), g.recipe.Batch, g.recipe.Model.Latent)
	}
	ofDiscriminator, ofGenerator := g.discriminator.rule.NumScalars, g.generator.rule.NumScalars
	scalars := func(from, n int) *Node { return Slice(in[inScalars], AxisRange(from, from+n)) }

	loss, correct := g.discriminate(images, latents(0), classes, scalars(0, ofDiscriminator))
	for _, name := range g.discriminator.names { // the generator's gradient goes through the discriminator as it is now, not through the step that made it so
		v := g.store.GetVariable(name)
		v.SetNodeValue(StopGradient(v.NodeValue(images.Graph())))
	}
	generatorLoss := g.generate(latents(1), classes, scalars(ofDiscriminator, ofGenerator))
	optim.UpdateEMA(g.store, g.averaged, Reshape(scalars(ofDiscriminator+ofGenerator, 1)))
	return Stack([]*Node{loss, correct, generatorLoss}, 0)
}

// discriminate is a step of the discriminator: on real images and on as many generated ones of the same classes. It returns its loss, the mean of both halves,
// and how many of all it classified correctly.
func (g *game) discriminate(real, latents, classes, scalars *Node) (loss, correct *Node) {
	graph := real.Graph()
	generated := StopGradient(g.networks.BuildGenerator(g.network(graph), latents, classes))
	n := g.network(graph)
	onReal, onGenerated := g.networks.BuildBoth(n, real, generated, classes, g.built.Apart)
	if g.recipe.GAN.Loss == "hinge" {
		loss = Add(ReduceAllMean(layers.Relu(OneMinus(onReal))), ReduceAllMean(layers.Relu(OnePlus(onGenerated))))
	} else {
		loss = Add(ReduceAllMean(Softplus(Neg(onReal))), ReduceAllMean(Softplus(onGenerated)))
	}
	loss = DivScalar(loss, 2)
	zero := ScalarZero(graph, dtypes.Float32)
	count := func(which *Node) *Node { return ReduceAllSum(ConvertDType(which, dtypes.Float32)) }
	correct = Add(count(GreaterThan(onReal, zero)), count(LessThan(onGenerated, zero)))
	g.update(g.discriminator, loss, n, scalars)
	return loss, correct
}

// generate is a step of the generator. It returns its loss.
func (g *game) generate(latents, classes, scalars *Node) (loss *Node) {
	graph := classes.Graph()
	n := g.network(graph)
	scores := g.networks.BuildDiscriminator(g.network(graph), g.networks.BuildGenerator(n, latents, classes), classes)
	loss = Neg(ReduceAllMean(scores))
	if g.recipe.GAN.Loss == "cross-entropy" {
		loss = ReduceAllMean(Softplus(Neg(scores)))
	}
	g.update(g.generator, loss, n, scalars)
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

// scalars are the numbers that the graph of a step reads, of a step from 0 on, see inScalars.
func (g *game) scalars(step int, rate, discriminatorRate float64) []float32 {
	return append(slices.Concat(g.discriminator.rule.Inputs(step+1, discriminatorRate), g.generator.rule.Inputs(step+1, rate)), optim.EMARate(g.recipe.GAN.EMA, step))
}

// train does a step for each of the generator's rates, at most loop.Length, from a position of the epoch on. The first is the training's step of that number, from 0 on. The
// discriminator's rate is its recipe's share of the generator's.
func (g *game) train(f session.Feed, position, step int, rates []float64) (list []session.Step, err error) {
	var latents, scalars []float32
	for i := range g.loop.Length {
		at := min(i, len(rates)-1) // beyond the epoch nothing is done
		r := rand.New(rand.NewPCG(g.recipe.Seed, uint64(step+at)))
		latents = append(latents, normal(r, 2*g.recipe.Batch*g.recipe.Model.Latent)...)
		scalars = append(scalars, g.scalars(step+at, rates[at], rates[at]*g.recipe.GAN.DiscriminatorRate/g.recipe.Optimizer.LearningRate)...)
	}
	l := tensors.FromFlatDataAndDimensions(latents, g.loop.Dimensions(2, g.recipe.Batch, g.recipe.Model.Latent)...)
	s := tensors.FromFlatDataAndDimensions(scalars, g.loop.Dimensions(len(scalars)/g.loop.Length)...)
	defer l.FinalizeAll()
	defer s.FinalizeAll()
	out, err := g.exec.Call1(f.Inputs(position, l, s)...)
	if err != nil {
		return nil, fmt.Errorf("training step %d: %w", step+1, err)
	}
	rows, err := steploop.MetricsOf(out, numMetrics)
	if err != nil {
		return nil, fmt.Errorf("training step %d: %w", step+1, err)
	}
	for _, m := range rows[:len(rates)] {
		list = append(list, session.Step{Loss: float64(m[discriminatorLoss]), Accuracy: float64(m[discriminatorCorrect]) / float64(2*g.recipe.Batch), Generator: float64(m[generatorLoss]), Weight: 1})
	}
	return list, nil
}

// normal draws n normally distributed numbers.
func normal(r *rand.Rand, n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	return values
}
