package train

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/run"
)

// described is what a run keeps of the program's network.
func (p *program) described() run.Network { return describe(p.built, ownNetwork(p.recipe, p.own)) }

// describe is what a run keeps of a network. What is computed between the layers is kept for networks of one's own only: the study's may be written
// otherwise from one version to the next.
func describe(built models.Built, own bool) run.Network {
	var n run.Network
	for _, l := range built.Layers {
		n.Layers = append(n.Layers, run.NetworkLayer{Name: l.Name, Type: l.Type, Shape: l.Shape, Parameters: l.Parameters, Fixed: l.Fixed})
	}
	if own {
		n.Operations = built.Operations
	}
	return n
}

// ownNetwork reports whether a recipe names a network of one's own.
func ownNetwork(r run.Recipe, own []Part) bool {
	return slices.ContainsFunc(of[models.Network](own), func(n models.Network) bool { return n.Name == r.Model.Name })
}

// checkNetwork reports a network of one's own that is not the one of a run.
func checkNetwork(r *run.Run, own []Part) error {
	if !ownNetwork(r.Recipe, own) {
		return nil
	}
	backend, err := gobackend.New("")
	if err != nil {
		return err
	}
	defer backend.Finalize()
	built, err := models.Layers(backend, model.NewStore(), r.Recipe.Model, r.Recipe.Seed, of[models.Network](own)...)
	if err != nil {
		return err
	}
	return r.CheckNetwork(describe(built, true))
}

// notFinite is the first layer whose output holds what is no number, for the first images of a part and the parameters' first values; "" if all are numbers.
func (p *program) notFinite(data part) (layer string, err error) {
	if err := p.restore(p.initial); err != nil {
		return "", err
	}
	var names []string
	exec, err := model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node {
		n := layers.Inference(in[0].Graph(), p.store, p.recipe.Seed)
		logits := p.network.On(n, pixels(Slice(in[0], AxisRange(0, min(in[0].Shape().Dimensions[0], partSize)))))
		var finite []*Node
		for _, o := range append(n.Outputs(), layers.Output{Name: "its result", Value: logits}) {
			names = append(names, o.Name)
			finite = append(finite, ReduceAllMin(ConvertDType(IsFinite(o.Value), dtypes.Int32)))
		}
		return Stack(finite, 0)
	})
	if err != nil {
		return "", err
	}
	out, err := exec.Call1(data.images)
	if err != nil {
		return "", err
	}
	defer out.FinalizeAll()
	if i := slices.Index(tensors.MustCopyFlatData[int32](out), 0); i >= 0 {
		return names[i], nil
	}
	return "", nil
}
