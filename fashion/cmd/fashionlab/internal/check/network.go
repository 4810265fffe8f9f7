package check

import (
	"math"
	"slices"
	"strings"

	gomlx "github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// batch is how many images a check takes.
const batch = 64

// outputs are what a network computes of the check's batch.
type outputs struct {
	Inference []float32           `json:"inference"` // logits [64*10]; of a GAN the discriminator's scores of 64 real and 64 generated images
	Training  []float32           `json:"training"`  // likewise, as in a training step: with the batch's statistics, and dropout where the network has it
	Loss      float32             `json:"loss"`      // summed over the batch
	Gradients map[string]gradient `json:"gradients"` // of the loss, by parameter
}

// gradient describes the gradient of a parameter by two numbers, so that a change of its length or of its direction shows.
type gradient struct {
	Norm   float32 `json:"norm"`   // Euclidean
	Signed float32 `json:"signed"` // sum of the elements times signs that an element's index decides
}

// compute builds a recipe's network in a form, with parameters that follow from the seed, and computes it for the check's batch.
func compute(backend gomlx.Backend, r recipes.Recipe, form layers.Form) (out outputs, err error) {
	store := model.NewStore()
	built, err := models.Layers(backend, store, r.Model, r.Seed)
	if err != nil {
		return out, err
	}
	names, err := moveParameters(store)
	if err != nil {
		return out, err
	}
	inference, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) *Node {
		values, _ := valuesAndLosses(layers.Inference(in[0].Graph(), store, r.Seed).WithForm(form), r, built.Apart, in)
		return values
	})
	if err != nil {
		return out, err
	}
	defer inference.Finalize()
	training, err := model.NewExec(backend, store, func(_ *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		scalar := func(v uint32) *Node { return Scalar(g, dtypes.Uint32, v) }
		step := layers.Step{Key: scalar(7), First: scalar(0), Dropout: scalar(layers.Fraction(r.Model.Dropout))}
		values, losses := valuesAndLosses(layers.Training(g, store, r.Seed, step).WithForm(form), r, built.Apart, in)
		loss := ReduceAllSum(losses)
		parameters := make([]*Node, len(names))
		for i, name := range names {
			parameters[i] = store.GetVariable(name).NodeValue(g)
		}
		outs := []*Node{values, loss}
		for _, d := range Gradient(loss, parameters...) {
			outs = append(outs, Stack([]*Node{L2Norm(d), ReduceAllSum(Mul(d, signs(d)))}, 0))
		}
		return outs
	})
	if err != nil {
		return out, err
	}
	defer training.Finalize()
	in := inputs(r.Model)
	values, err := inference.Call(in...)
	if err != nil {
		return out, err
	}
	if out.Inference, err = tensors.CopyFlatData[float32](values[0]); err != nil {
		return out, err
	}
	if values, err = training.Call(in...); err != nil {
		return out, err
	}
	if out.Training, err = tensors.CopyFlatData[float32](values[0]); err != nil {
		return out, err
	}
	out.Loss = tensors.ToScalar[float32](values[1])
	out.Gradients = map[string]gradient{}
	for i, name := range names {
		pair, err := tensors.CopyFlatData[float32](values[2+i])
		if err != nil {
			return out, err
		}
		name, _ := layers.ParameterAt(name)
		out.Gradients[name] = gradient{pair[0], pair[1]}
	}
	return out, nil
}

// moveParameters adds small numbers to a network's trained parameters, so that none is zero, and returns their paths in order. The last normalization of each residual block
// is damped, as Goyal et al. start them at zero ("Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017): at their first values ResNet50 enlarges a rounding
// error in its training step 50 times as much, because normalization over 64 values divides by their deviation, layer after layer.
func moveParameters(store *model.Store) (paths []string, err error) {
	for v := range store.IterVariables() {
		if !v.Trainable {
			continue
		}
		paths = append(paths, v.Path())
		value, err := v.Value()
		if err != nil {
			return nil, err
		}
		flat, err := tensors.CopyFlatData[float32](value)
		if err != nil {
			return nil, err
		}
		damped := strings.HasSuffix(v.Path(), "_3_bn/gamma") || strings.HasSuffix(v.Path(), "_conv2_bn/gamma") // ResNet50's and Residual's
		for i := range flat {
			if damped {
				flat[i] *= 0.1
			}
			flat[i] += 0.01 * float32(math.Sin(float64(i)*1.3+float64(len(v.Path()))))
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...)); err != nil {
			return nil, err
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// inputs are the same batch on every machine, with no need of the data set: images [B, 28, 28, 1], classes [B] and latents [B, L]. Half of a pixel is a stripe, whose
// width and direction differ from image to image, and half is noise. Without noise there would be areas of one colour, in which rounding decides what a max pooling takes.
func inputs(m recipes.Model) []any {
	pixels, labels := make([]float32, 0, batch*fashion.Pixels), make([]int32, batch)
	for i := range batch {
		labels[i] = int32(i % fashion.NumClasses)
		a := float64(i)
		for j := range fashion.Pixels {
			x, y := float64(j%fashion.Side), float64(j/fashion.Side)
			stripe := 0.5 + 0.5*math.Sin((0.1+0.013*a)*x+(0.5-0.011*a)*y+a)
			noise := float64(layers.MixHost(uint32(len(pixels)))) / (1 << 32)
			pixels = append(pixels, float32(math.Round(255*(stripe+noise)/2))/255)
		}
	}
	latents := make([]float32, batch*max(1, m.Latent))
	for i := range latents {
		latents[i] = float32(math.Sin(float64(i) * 0.7))
	}
	return []any{tensors.FromFlatDataAndDimensions(pixels, batch, fashion.Side, fashion.Side, 1), tensors.FromFlatDataAndDimensions(labels, batch),
		tensors.FromFlatDataAndDimensions(latents, batch, max(1, m.Latent))}
}

// valuesAndLosses are the logits [B, 10] and the cross-entropies [B] of a classifier; of a GAN the scores [2B] of real and of generated images and the squares of what is
// between them and 1 and -1. The discriminator sees both apart or together.
func valuesAndLosses(n *layers.Net, r recipes.Recipe, apart bool, in []*Node) (values, losses *Node) {
	images, latents := in[0], in[2]
	classes := OneHot(in[1], fashion.NumClasses, dtypes.Float32)
	if !r.IsGAN() {
		network, err := models.Of(r.Model)
		if err != nil {
			panic(err) // compute turns it into an error
		}
		logits := network.Build(n, images)
		return logits, Neg(ReduceSum(Mul(classes, LogSoftmax(logits)), -1))
	}
	gan, err := models.GANOf(r.Model)
	if err != nil {
		panic(err)
	}
	real, generated := gan.BuildBoth(n, images, gan.BuildGenerator(n, latents, classes), classes, apart)
	return Concatenate([]*Node{real, generated}, 0), Add(Square(OneMinus(real)), Square(OnePlus(generated)))
}

// signs are 1 or -1 for each element of x, by a hash of its index: exact on every backend.
func signs(x *Node) *Node {
	index := Iota(x.Graph(), shapes.Make(dtypes.Uint32, x.Shape().Size()), 0)
	bit := BitwiseAnd(layers.Mix(index), Scalar(x.Graph(), dtypes.Uint32, uint32(1)))
	return Reshape(AddScalar(MulScalar(ConvertDType(bit, x.DType()), 2), -1), x.Shape().Dimensions...)
}
