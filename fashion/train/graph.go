package train

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// evaluationBatch is the number of images of one evaluation step.
const evaluationBatch = 100

// Up to so many images to evaluate, a graph of plain operations pays: it compiles 1.3 s sooner and takes longer for each image, the second number for a network
// in which it hardly does (see models.Network.ReferenceIsFast).
const (
	fewEvaluated     = 200
	fewEvaluatedFast = 10000 // the test images
)

// program is a recipe's model and optimizer on a backend, with their two compiled graphs.
type program struct {
	variables
	network  models.Network
	own      []Part // whose names the recipe may have
	backend  compute.Backend
	recipe   run.Recipe
	rule     optim.UpdateRule
	step     *model.Exec
	parts    *parts // instead of step, where a batch is divided
	part     int    // images of a part
	evaluate *model.Exec
	names    []string // of the parameters, sorted
	images   int      // of an epoch
	initial  []run.Tensor
	compiled bool
}

// newProgram makes the parameters of a model, with their initial values. If asked to, its training step works on parts of the batch where that is faster and right.
func newProgram(backend compute.Backend, recipe run.Recipe, own []Part, inParts bool) (*program, error) {
	rule, err := optim.New(recipe.Optimizer)
	if err != nil {
		return nil, err
	}
	network, err := models.Of(recipe.Model, of[models.Network](own)...)
	if err != nil {
		return nil, err
	}
	v, err := newVariables(backend, recipe, rule, own)
	if err != nil {
		return nil, err
	}
	p := &program{variables: v, network: network, own: own, backend: backend, recipe: recipe, rule: rule, names: v.trained()}
	p.part = partOf(backend, recipe.Batch, !inParts || network.WholeBatch || v.built.Normalizes)
	if p.part < recipe.Batch {
		p.parts, err = newParts(p)
	} else {
		p.step, err = model.NewExec(backend, p.store, p.stepGraph)
	}
	if err != nil {
		return nil, err
	}
	p.evaluate, err = model.NewExec(backend, p.store, p.evaluateGraph)
	return p, err
}

// newVariables makes the parameters of a recipe's model, with their initial values, and what the optimizer keeps for them.
func newVariables(backend compute.Backend, recipe run.Recipe, rule optim.UpdateRule, own []Part) (v variables, err error) {
	v.store, v.model = model.NewStore(), recipe.Model.Name
	if v.built, err = models.Layers(backend, v.store, recipe.Model, recipe.Seed, of[models.Network](own)...); err != nil {
		return variables{}, err
	}
	v.addSlots(v.trained(), rule)
	return v, nil
}

// turnTo has the program train another recipe of the same graphs, from its initial values.
func (p *program) turnTo(recipe run.Recipe) error {
	rule, err := optim.New(recipe.Optimizer)
	if err != nil {
		return err
	}
	if recipe.Seed != p.recipe.Seed {
		v, err := newVariables(p.backend, recipe, rule, p.own)
		if err != nil {
			return err
		}
		if p.initial, err = v.snapshot(); err != nil {
			return err
		}
	}
	p.recipe, p.rule = recipe, rule
	return p.restore(p.initial)
}

// compile compiles the graphs, at once where there are two, unless they are.
func (p *program) compile(training, validation part) error {
	if p.compiled {
		return nil
	}
	var wait sync.WaitGroup
	var errs [2]error
	if training.images != nil {
		wait.Go(func() {
			first := newFeed(training, p.recipe, 1)
			defer first.free()
			inputs := first.shapes(training, p.rule.NumScalars)
			if p.parts != nil {
				errs[0] = p.parts.compile(inputs)
			} else {
				_, errs[0] = p.step.Compile(inputs...)
			}
		})
	}
	wait.Go(func() {
		_, errs[1] = p.evaluate.Compile(validation.images.Shape(), shapes.Make(dtypes.Int32))
	})
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("compiling %s: %w", p.recipe.Model.Name, err)
		}
	}
	p.compiled = true
	return nil
}

// The inputs of a training step, in this order.
const (
	inImages   = iota // uint8 [N, 784]
	inLabels          // int32 [N]
	inOrder           // the epoch's order, int32 [S*B]
	inPosition        // number of the step in the epoch, int32
	inKeys            // the step's key for random draws and the fraction of dropout, uint32 [2]
	inScalars         // the optimizer's, float32 [K]
	inRows            // with augmentation only: what the images of the order drew, float32 [S*B, columns]
)

// tallyShape is that of what a step tells: the sum of the batch's losses in nats and its number of hits.
var tallyShape = shapes.Make(dtypes.Float32, 2)

// stepGraph is a training step of a whole batch; it returns the tally. Rows beyond the epoch's last image fill up the last batch
// with weight 0.
func (p *program) stepGraph(_ *model.Scope, in []*Node) *Node {
	sums := p.gradients(in, ScalarZero(in[inOrder].Graph(), dtypes.Int32), p.recipe.Batch)
	p.update(sums[1:], in[inScalars], in[inPosition])
	return sums[0]
}

// gradients works on as many images of the batch as size says, from the image first, int32. It returns their tally and the
// gradient of the sum of their losses for each parameter.
func (p *program) gradients(in []*Node, first *Node, size int) []*Node {
	g := first.Graph()
	place := Add(MulScalar(in[inPosition], p.recipe.Batch), first) // in the epoch's order
	chosen := Reshape(DynamicSlice(in[inOrder], []*Node{place}, []int{size}), size, 1)
	x := pixels(Gather(in[inImages], chosen)) // [size, 28, 28, 1]
	if len(in) > inRows {
		columns := in[inRows].Shape().Dimensions[1]
		drawn := DynamicSlice(in[inRows], []*Node{place, ScalarZero(g, place.DType())}, []int{size, columns})
		x = StopGradient(augment.Apply(p.recipe.Augmentation, x, drawn, of[augment.Own](p.own)...))
	}
	y := Reshape(Gather(in[inLabels], chosen), size)
	isImage := LessThan(Add(Iota(g, shapes.Make(dtypes.Int32, size), 0), place), Scalar(g, dtypes.Int32, p.images))
	weight := ConvertDType(isImage, x.DType())

	draws := layers.Step{Key: Reshape(Slice(in[inKeys], AxisElem(0))), First: ConvertDType(first, dtypes.Uint32)}
	if p.recipe.Model.Dropout > 0 {
		draws.Dropout = Reshape(Slice(in[inKeys], AxisElem(1)))
	}
	n := layers.Training(g, p.store, p.recipe.Seed, draws)
	losses, hits := crossEntropy(p.network.On(n, x), y)
	loss := ReduceAllSum(Mul(losses, weight))
	tally := Stack([]*Node{loss, ReduceAllSum(Mul(hits, weight))}, 0)
	parameters := make([]*Node, len(p.names))
	for i, name := range p.names {
		parameters[i] = p.store.GetVariable(name).NodeValue(g)
	}
	for _, u := range n.Updates() {
		p.store.GetVariable(u.Path).SetNodeValue(u.Value)
	}
	return append([]*Node{tally}, Gradient(loss, parameters...)...)
}

// update moves the parameters by the gradients of the sum of a batch's losses.
func (p *program) update(gradients []*Node, scalars, position *Node) {
	g, batch := position.Graph(), p.recipe.Batch
	images := Min(Scalar(g, dtypes.Int32, batch), AddScalar(MulScalar(position, -batch), p.images)) // without the filling
	images = ConvertDType(images, dtypes.Float32)
	for i, name := range p.names {
		layer, _ := layers.ParameterAt(name)
		share := 1.0
		if decay := p.recipe.Optimizer.LayerDecay; decay != 0 {
			share = p.network.LayerDecay(decay, layer)
		}
		p.move(name, Div(gradients[i], images), p.rule, scalars, share)
	}
}

// evaluateGraph gives the logits, float32 [B, 10], of batch number position of images, uint8 [N, 784].
func (p *program) evaluateGraph(_ *model.Scope, in []*Node) *Node {
	images, position := in[0], in[1]
	zero := ScalarZero(position.Graph(), position.DType())
	start := []*Node{MulScalar(position, evaluationBatch), zero}
	x := pixels(DynamicSlice(images, start, []int{evaluationBatch, fashion.Pixels}))
	n := layers.Inference(x.Graph(), p.store, p.recipe.Seed)
	few := fewEvaluated
	if p.network.ReferenceIsFast {
		few = fewEvaluatedFast
	}
	if images.Shape().Dimensions[0] <= few {
		n.PreferReference()
	}
	return p.network.Predict(n, p.recipe.Model, x)
}

// pixels turns bytes [B, 784] into grey values [B, 28, 28, 1] from 0 to 1.
func pixels(bytes *Node) *Node {
	x := DivScalar(ConvertDType(bytes, dtypes.Float32), 255)
	return Reshape(x, -1, fashion.Side, fashion.Side, 1)
}

// crossEntropy returns each row's loss in nats and whether its largest logit is the label's (1 or 0), [B] each.
func crossEntropy(logits, labels *Node) (losses, hits *Node) {
	oneHot := OneHot(labels, fashion.NumClasses, logits.DType())
	losses = Neg(ReduceSum(Mul(oneHot, LogSoftmax(logits)), -1))
	return losses, ConvertDType(Equal(ArgMax(logits, -1, dtypes.Int32), labels), logits.DType())
}
