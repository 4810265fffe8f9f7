package train

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/augment"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/session"
	"fashionlab/fashion/internal/steploop"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// program is a recipe's network and optimizer on a backend, with the compiled graphs.
type program struct {
	backend  compute.Backend
	recipe   recipes.Recipe
	network  models.Network
	own      []recipes.Own // whose names the recipe may have
	rule     optim.UpdateRule
	perImage func(logits, targets *Node) *Node // the loss, see optim.OwnLoss

	store    *model.Store
	built    models.Built
	names    []string     // of the trained parameters, sorted
	averaged []string     // the variables that have averages, sorted
	running  []string     // the running statistics of batch normalization that have precise ones, see Recipe.PreciseBN
	initial  []run.Tensor // values of all variables
	images   int          // of an epoch

	step     *model.Exec
	micro    *microBatches   // instead of step, where a batch is divided
	series   *series         // instead of step, where an execution does several
	moments  *model.Exec     // see momentsGraph; nil without precise statistics
	soft     *tensors.Tensor // the teachers' labels of the training images, [N, classes]; nil without distillation
	model    *infer.Model    // on the same parameters
	compiled bool
}

// newProgram makes the parameters of a recipe's network, with their initial values. If asked to, its training step divides the batch where that is faster and right.
func newProgram(backend compute.Backend, recipe recipes.Recipe, own []recipes.Own, divide bool) (*program, error) {
	p := &program{backend: backend, recipe: recipe, own: own}
	var err error
	if p.rule, err = optim.New(recipe.Optimizer, recipes.OwnOf[optim.OwnRule](own)...); err != nil {
		return nil, err
	}
	if p.perImage, err = optim.Loss(recipe.Loss, recipes.OwnOf[optim.OwnLoss](own)...); err != nil {
		return nil, err
	}
	if p.network, err = models.Of(recipe.Model, recipes.OwnOf[models.Network](own)...); err != nil {
		return nil, err
	}
	if err := p.newVariables(); err != nil {
		return nil, err
	}
	if rate := recipe.Model.Dropout; rate > 0 && !slices.ContainsFunc(p.built.Layers, func(l layers.Layer) bool { return l.Type == "Dropout" }) {
		return nil, fmt.Errorf("model.dropout is %v, want 0 for %s, which has no dropout layer", rate, recipe.Model.Name)
	}
	p.names = infer.TrainablePaths(p.store)
	p.rule.AddSlots(p.store, p.names)
	if recipe.Optimizer.EMA > 0 {
		p.averaged = infer.VariablePaths(p.store)
	}
	if recipe.PreciseBN > 0 {
		p.running = layers.RunningStatistics(p.built.Layers)
		if p.moments, err = model.NewExec(backend, p.store, p.momentsGraph); err != nil {
			return nil, err
		}
	}
	if err := p.beginInferenceValues(p.store); err != nil {
		return nil, err
	}
	if size := microBatch(backend, recipe.Batch, !divide || p.network.WholeBatch || p.built.Normalizes); size < recipe.Batch {
		p.micro, err = newMicroBatches(p, size)
	} else {
		p.step, err = model.NewExec(backend, p.store, p.stepGraph)
	}
	p.model = infer.New(backend, p.store, p.network, recipe)
	return p, err
}

// steps is the number of an epoch's steps.
func (p *program) steps() int { return (p.images + p.recipe.Batch - 1) / p.recipe.Batch }

// setImages says how many images an epoch has, on which the training graphs depend, and how many steps an execution does, 0 for as many as suit the backend.
func (p *program) setImages(images, together int) (err error) {
	p.images = images
	if length := cmp.Or(together, steploop.LengthFor(layers.FormOf(p.backend), p.steps())); length > 1 && p.micro == nil {
		p.series, err = p.newSeries(length)
	}
	return err
}

// newVariables makes the parameters, with their initial values.
func (p *program) newVariables() (err error) {
	p.store = model.NewStore()
	p.built, err = models.Layers(p.backend, p.store, p.recipe.Model, p.recipe.Seed, p.own...)
	return err
}

// beginInferenceValues gives the averages and the precise statistics in a store, which it makes if they are not there, the values of their variables.
func (p *program) beginInferenceValues(store *model.Store) error {
	if err := optim.AddEMA(store, p.averaged); err != nil {
		return err
	}
	return followRunning(store, p.running)
}

// turnTo has the program train another recipe of the same graphs, from its initial values.
func (p *program) turnTo(recipe recipes.Recipe) error {
	rule, err := optim.New(recipe.Optimizer, recipes.OwnOf[optim.OwnRule](p.own)...)
	if err != nil {
		return err
	}
	if recipe.Seed != p.recipe.Seed {
		fresh := program{backend: p.backend, recipe: recipe, own: p.own}
		if err := fresh.newVariables(); err != nil {
			return err
		}
		rule.AddSlots(fresh.store, p.names)
		if err := p.beginInferenceValues(fresh.store); err != nil {
			return err
		}
		if p.initial, err = infer.Snapshot(fresh.store); err != nil {
			return err
		}
	}
	p.recipe, p.rule = recipe, rule
	return infer.Restore(p.store, p.initial)
}

// compile compiles the graphs, all at once, unless they are.
func (p *program) compile(images *session.Images) error {
	if p.compiled {
		return nil
	}
	var wait sync.WaitGroup
	var errs [3]error
	first := p.feed(images, 1)
	inputs := first.Shapes(shapes.Make(dtypes.Uint32, 2), shapes.Make(dtypes.Float32, len(p.scalars(0, 0))))
	first.Free()
	compile := func(i int, graph func() error) { wait.Go(func() { errs[i] = layers.Catch(graph) }) }
	compile(0, func() (err error) {
		switch {
		case p.micro != nil:
			return p.micro.compile(inputs)
		case p.series != nil:
			_, err = p.series.exec.Compile(p.series.Shapes(inputs)...)
		default:
			_, err = p.step.Compile(inputs...)
		}
		return err
	})
	compile(1, func() error { return p.model.Compile(images.Validation.Set.Len()) })
	if p.moments != nil {
		compile(2, func() error { _, err := p.moments.Compile(inputs...); return err })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("compiling %s: %w", p.recipe.Model.Name, err)
		}
	}
	p.compiled = true
	return nil
}

// The inputs of a training step after those of every training graph, in this order.
const (
	inKeys    = session.Ins + iota // the step's key for random draws and the fraction of dropout, uint32 [2]
	inScalars                      // see program.scalars, float32 [K]
	inSoft                         // with distillation only: the teachers' labels, float32 [N, classes]
)

// The last input, with augmentation only, is what the images of the order drew, float32 [S*B, columns].

// metricsShape is that of a step's metrics: the sum of the batch's losses in nats and the number of images that are classified correctly.
var metricsShape = shapes.Make(dtypes.Float32, 2)

// stepGraph is a training step of a whole batch; it returns its metrics. Rows beyond the epoch's last image fill up the last batch
// with weight 0.
func (p *program) stepGraph(_ *model.Scope, in []*Node) *Node {
	sums := p.gradients(in, ScalarZero(in[session.InOrder].Graph(), dtypes.Int32), p.recipe.Batch)
	p.update(sums[1:], in[inScalars], in[session.InPosition])
	return sums[0]
}

// gradients works on as many images of the batch as size says, from the image first, int32. It returns their metrics and the
// gradient of the sum of their losses for each parameter.
func (p *program) gradients(in []*Node, first *Node, size int) []*Node {
	g := first.Graph()
	position := Add(MulScalar(in[session.InPosition], p.recipe.Batch), first) // in the epoch's order
	b := p.batch(in, position, size)
	isImage := LessThan(Add(Iota(g, shapes.Make(dtypes.Int32, size), 0), position), Scalar(g, dtypes.Int32, p.images))
	weight := ConvertDType(isImage, b.images.DType())

	n := p.training(in, first)
	losses, correct := p.losses(n, in, first, b)
	loss := ReduceAllSum(Mul(losses, weight))
	metrics := Stack([]*Node{loss, ReduceAllSum(Mul(correct, weight))}, 0)
	parameters := make([]*Node, len(p.names))
	for i, name := range p.names {
		parameters[i] = p.store.GetVariable(name).NodeValue(g)
	}
	for _, u := range n.Updates() {
		p.store.GetVariable(u.Path).SetNodeValue(u.Value)
	}
	return append([]*Node{metrics}, Gradient(loss, parameters...)...)
}

// training begins a training graph of images of a batch from the image first on.
func (p *program) training(in []*Node, first *Node) *layers.Net {
	draws := layers.Step{Key: Reshape(Slice(in[inKeys], AxisElem(0))), First: ConvertDType(first, dtypes.Uint32)}
	if p.recipe.Model.Dropout > 0 {
		draws.Dropout = Reshape(Slice(in[inKeys], AxisElem(1)))
	}
	return layers.Training(first.Graph(), p.store, p.recipe.Seed, draws)
}

// update moves the parameters by the gradients of the sum of a batch's losses.
func (p *program) update(gradients []*Node, scalars, position *Node) {
	g, batch := position.Graph(), p.recipe.Batch
	images := Min(Scalar(g, dtypes.Int32, batch), AddScalar(MulScalar(position, -batch), p.images)) // without the filling
	images = ConvertDType(images, dtypes.Float32)
	if limit := p.recipe.Optimizer.ClipNorm; limit > 0 { // the gradients are sums, the limit is that of their mean
		gradients = optim.ClipByGlobalNorm(gradients, MulScalar(images, limit))
	}
	for i, name := range p.names {
		layer, _ := layers.ParameterAt(name)
		fraction := 1.0
		if decay := p.recipe.Optimizer.LayerDecay; decay != 0 {
			fraction = p.network.LayerDecay(decay, layer)
		}
		p.rule.Step(p.store, name, Div(gradients[i], images), scalars, fraction)
	}
	if p.averaged != nil {
		optim.UpdateEMA(p.store, p.averaged, Reshape(Slice(scalars, AxisElem(p.rule.NumScalars))))
	}
}

// scalars are the numbers that a step's graph reads, of a step from 0 on: the optimizer's, by what fraction the averages move if there are any, and how images are mixed if they are.
func (p *program) scalars(step int, rate float64) []float32 {
	list := p.rule.Inputs(step+1, rate)
	if p.averaged != nil {
		list = append(list, optim.EMARate(p.recipe.Optimizer.EMA, step))
	}
	for len(list) <= optim.MaxScalars { // so that the gradients' graph is the same for all optimizers and compiled once
		list = append(list, 0)
	}
	if r := p.recipe.Regularization; r.Mixes() {
		d := p.recipe.Model.Shape.Dimensions()
		list = augment.DrawMix(r, p.recipe.Seed, step, d[0], d[1]).Append(list)
	}
	return list
}

// inputs are what the graph of a step, 0 for the training's first, reads.
func (p *program) inputs(f session.Feed, position, step int, rate float64) []any {
	return f.Inputs(position, p.keys(step), p.scalars(step, rate))
}

// keys are those of a step, see inKeys.
func (p *program) keys(step int) []uint32 {
	return []uint32{layers.StepKey(p.recipe.Seed, step), layers.Fraction(p.recipe.Model.Dropout)}
}

// feed prepares an epoch, 1 for the first.
func (p *program) feed(images *session.Images, epoch int) session.Feed {
	f := session.NewFeed(images.Training, p.recipe, epoch)
	f.Soft = p.soft
	return f
}

// train does one step, 0 for the training's first.
func (p *program) train(f session.Feed, position, step int, rate float64) (session.Step, error) {
	inputs := p.inputs(f, position, step, rate)
	var out *tensors.Tensor
	var err error
	if p.micro != nil {
		out, err = p.micro.step(inputs)
	} else {
		out, err = p.step.Call1(inputs...)
	}
	if err != nil {
		return session.Step{}, fmt.Errorf("training step %d: %w", step+1, err)
	}
	done, err := p.metricsOf(out, position)
	if err != nil {
		return session.Step{}, fmt.Errorf("training step %d: %w", step+1, err)
	}
	return done[0], nil
}
