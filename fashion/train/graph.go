package train

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/run"
)

// evaluationBatch is the number of images of one evaluation step.
const evaluationBatch = 500

// program is a recipe's model and optimizer on a backend, with their two compiled graphs.
type program struct {
	backend  compute.Backend
	recipe   run.Recipe
	rule     optim.Rule
	store    *model.Store
	step     *model.Exec // nil in a program that only predicts
	evaluate *model.Exec
	names    []string // of the parameters, sorted
	images   int      // of an epoch
}

// newProgram makes the parameters of a model, with their initial values.
func newProgram(backend compute.Backend, recipe run.Recipe) (*program, error) {
	rule, err := optim.New(recipe.Optimizer)
	if err != nil {
		return nil, err
	}
	p := &program{backend: backend, recipe: recipe, rule: rule, store: model.NewStore()}
	if _, err := models.Layers(backend, p.store, recipe.Model, recipe.Seed); err != nil {
		return nil, err
	}
	for v := range p.store.IterVariables() {
		p.names = append(p.names, v.Path())
	}
	slices.Sort(p.names)
	for _, name := range p.names {
		shape := p.store.GetVariable(name).Shape()
		for _, slot := range rule.Slots {
			p.store.VariableWithValue(slotPath(name, slot), tensors.FromShape(shape)).SetTrainable(false)
		}
	}
	p.step, err = model.NewExec(backend, p.store, p.stepGraph)
	if err != nil {
		return nil, err
	}
	p.evaluate, err = model.NewExec(backend, p.store, p.evaluateGraph)
	return p, err
}

// slotPath is where the optimizer's tensor for a parameter is kept.
func slotPath(parameter, slot string) string { return "/optimizer/" + slot + parameter }

// compile compiles the graphs, at once where there are two.
func (p *program) compile(training, validation part) error {
	var wait sync.WaitGroup
	var errs [2]error
	if training.images != nil {
		wait.Go(func() {
			first := newFeed(training, p.recipe, 1)
			defer first.free()
			_, errs[0] = p.step.Compile(first.shapes(training, p.rule.NumScalars)...)
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
	return nil
}

// stepGraph is one training step. Inputs: images uint8 [N, 784], labels int32 [N], the epoch's order int32 [S*B], the
// step in the epoch int32, the step's key uint32, the rule's scalars float32 [K], and with augmentation what the order's
// images drew, float32 [S*B, columns]. Output: float32 [2], the sum of the batch's losses in nats and its number of
// hits. Rows beyond the last image fill up the last batch with weight 0.
func (p *program) stepGraph(_ *model.Scope, in []*Node) *Node {
	images, labels, order, position, key, scalars := in[0], in[1], in[2], in[3], in[4], in[5]
	g, batch := images.Graph(), p.recipe.Batch
	first := MulScalar(position, batch)
	chosen := Reshape(DynamicSlice(order, []*Node{first}, []int{batch}), batch, 1)
	x := pixels(Gather(images, chosen)) // [B, 28, 28, 1]
	if len(in) > 6 {
		columns := in[6].Shape().Dimensions[1]
		drawn := DynamicSlice(in[6], []*Node{first, ScalarZero(g, first.DType())}, []int{batch, columns})
		x = StopGradient(augment.Apply(p.recipe.Augmentation, x, drawn))
	}
	y := Reshape(Gather(labels, chosen), batch) // [B]
	place := Add(Iota(g, shapes.Make(dtypes.Int32, batch), 0), first)
	weight := ConvertDType(LessThan(place, Scalar(g, dtypes.Int32, p.images)), x.DType())

	n := layers.Training(g, p.store, p.recipe.Seed, key)
	logits := models.Logits(n, p.recipe.Model, x) // [B, 10]
	losses, hits := crossEntropy(logits, y)
	losses, hits = Mul(losses, weight), Mul(hits, weight)
	loss := Div(ReduceAllSum(losses), ReduceAllSum(weight))

	parameters := make([]*Node, len(p.names))
	for i, name := range p.names {
		parameters[i] = p.store.GetVariable(name).NodeValue(g)
	}
	for i, gradient := range Gradient(loss, parameters...) {
		slots := make([]*Node, len(p.rule.Slots))
		for j, slot := range p.rule.Slots {
			slots[j] = p.store.GetVariable(slotPath(p.names[i], slot)).NodeValue(g)
		}
		updated, slots := p.rule.Update(parameters[i], gradient, slots, scalars)
		p.store.GetVariable(p.names[i]).SetNodeValue(updated)
		for j, slot := range p.rule.Slots {
			p.store.GetVariable(slotPath(p.names[i], slot)).SetNodeValue(slots[j])
		}
	}
	return Concatenate([]*Node{Reshape(ReduceAllSum(losses), 1), Reshape(ReduceAllSum(hits), 1)}, 0)
}

// evaluateGraph gives the logits, float32 [B, 10], of batch number position of images, uint8 [N, 784].
func (p *program) evaluateGraph(_ *model.Scope, in []*Node) *Node {
	images, position := in[0], in[1]
	zero := ScalarZero(position.Graph(), position.DType())
	start := []*Node{MulScalar(position, evaluationBatch), zero}
	x := pixels(DynamicSlice(images, start, []int{evaluationBatch, fashion.Pixels}))
	return models.Logits(layers.Inference(x.Graph(), p.store, p.recipe.Seed), p.recipe.Model, x)
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
