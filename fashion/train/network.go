package train

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
)

// notFinite is the first layer whose output is not finite for the first images of a set and the initial values of the parameters; "" if all are.
func (p *program) notFinite(set fashion.Set) (layer string, err error) {
	if err := infer.Restore(p.store, p.initial); err != nil {
		return "", err
	}
	var names []string
	exec, err := model.NewExec(p.backend, p.store, func(_ *model.Scope, in []*Node) *Node {
		n := layers.Inference(in[0].Graph(), p.store, p.recipe.Seed)
		logits := p.network.Build(n, infer.Pixels(in[0], set.Shape))
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
	n := min(set.Len(), microBatchSize)
	bytes := make([]uint8, 0, n*set.Shape.Bytes())
	for i := range n {
		bytes = append(bytes, set.At(i)...)
	}
	in := tensors.FromFlatDataAndDimensions(bytes, n, set.Shape.Bytes())
	defer in.FinalizeAll()
	out, err := exec.Call1(in)
	if err != nil {
		return "", err
	}
	defer out.FinalizeAll()
	if i := slices.Index(tensors.MustCopyFlatData[int32](out), 0); i >= 0 {
		return names[i], nil
	}
	return "", nil
}
