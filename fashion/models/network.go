package models

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Build builds a network on images, float32 [B, H, W, C] with values from 0 (black) to 1, and returns its logits, [B, classes]. It panics on impossible shapes, as
// GoMLX does.
type Build func(n *layers.Net, images *Node) *Node

// Network is a classifier: the function that builds it, and the properties that its layers do not show. A user-defined network needs a name and Logits. To train,
// test, explain or search it, pass it along with a recipe whose Model.Name is its name.
type Network struct {
	Name   string // as in recipes.Model.Name
	Logits Build

	// ForModel, instead of Logits, builds the network with the hyperparameters of a recipe. The network defines what Filters, Depth, Hidden and Width mean. On a data set of one's own Classes says how many logits it
	// must return (0 means Fashion-MNIST's 10), and Shape what the images are.
	ForModel func(recipes.Model) Build

	Border     int  // black pixels that Logits adds to each side of an image, which feature maps cover too
	WholeBatch bool // no micro-batches, because they are slower; layers that need the whole batch, such as BatchNorm, imply it

	// ReferenceIsFast says that the form layers.Reference evaluates any number of images about as fast as layers.ForCPU.
	ReferenceIsFast bool
	// LayerDecay returns the factor of a parameter's learning rate under layer-wise decay; nil means that there is none.
	LayerDecay  func(decay float64, parameter string) float64
	HeadEpsilon float64 // epsilon of a last LayerNorm, where pretrained weights depend on it

	classes int // of which it must return the logits, as the recipe says; 0 means Fashion-MNIST's
	side    int // of the images in pixels; 0 means Fashion-MNIST's
}

// OwnName returns the name by which a recipe refers to the network.
func (net Network) OwnName() string { return net.Name }

// studyModels lists the names of the study's models: the classifiers and the GANs.
func studyModels() []string {
	return append([]string{"cnn", "residual", "wideresnet", "resnet50", "convnext"}, studyGANs...)
}

// studyGANs lists the names of the study's GANs.
var studyGANs = []string{"dcgan", "sngan"}

// studyGAN returns the study's GAN of a recipe's model.
func studyGAN(m recipes.Model) GAN {
	networks := convolutionalGAN{spectral: m.Name == "sngan", width: m.Width}
	return GAN{m.Name, networks.generate, networks.discriminate}
}

// Of returns the network of a recipe's model: one of the study's, or the one of that name in own.
func Of(m recipes.Model, own ...Network) (Network, error) {
	var names []string
	for _, o := range own {
		if slices.Contains(studyModels(), o.Name) {
			return Network{}, fmt.Errorf("a user-defined network is named %q, which is one of the study's models: %s; give it another name", o.Name, strings.Join(studyModels(), ", "))
		}
		if o.Name == "" || (o.Logits == nil) == (o.ForModel == nil) {
			return Network{}, fmt.Errorf("the network %q needs a name and either Logits or ForModel", o.Name)
		}
		if slices.Contains(names, o.Name) {
			return Network{}, fmt.Errorf("two user-defined networks are named %q; give one of them another name", o.Name)
		}
		names = append(names, o.Name)
	}
	n := Network{Name: m.Name}
	known := recipes.Model{Name: m.Name, Dropout: m.Dropout, FlipTTA: m.FlipTTA, ShiftTTA: m.ShiftTTA} // the hyperparameters that the network supports
	known.Weights.Run, known.Weights.SHA256, known.Classes, known.Shape = m.Weights.Run, m.Weights.SHA256, m.Classes, m.Shape
	if err := m.Shape.Check(); err != nil {
		return n, fmt.Errorf("model.shape: %w", err)
	}
	side := m.Shape.Dimensions()[0]
	switch m.Name {
	case "cnn":
		known.Filters, known.Depth, known.Hidden = m.Filters, m.Depth, m.Hidden
		n.Logits, n.ReferenceIsFast = CNN{m.Filters, m.Depth, m.Hidden, m.Classes}.Logits, true
	case "residual":
		known.Width, known.Squeeze, known.DropPath = m.Width, m.Squeeze, m.DropPath
		n.Logits, n.ReferenceIsFast = Residual{m.Width, m.Squeeze, m.DropPath, m.Classes}.Logits, true
	case "wideresnet":
		known.Depth, known.Width, known.Squeeze, known.DropPath = m.Depth, m.Width, m.Squeeze, m.DropPath
		wide, err := wideResNet(m)
		if err != nil {
			return n, err
		}
		n.Logits = wide.Logits
	case "resnet50":
		known.Stem, known.Input = m.Stem, m.Input
		if m.Stem != "" && m.Stem != "small" {
			return n, fmt.Errorf("model.stem is %q, want small, or none for the paper's", m.Stem)
		}
		n.Logits, n.Border = ResNet50{Stem: m.Stem, Input: m.Input, Classes: m.Classes}.Logits, border(m, max(resnetSide, side))
	case "convnext":
		known = m
		known.Stem, known.Latent, known.Width, known.Filters, known.Depth, known.Hidden, known.Squeeze = "", 0, 0, 0, 0, 0, 0
		if err := checkConvNeXt(m); err != nil {
			return n, err
		}
		n = newConvNeXt(m).network(m)
	case "dcgan", "sngan":
		return n, fmt.Errorf("the model is %s, a GAN, want a classifier", m.Name)
	default:
		i := slices.Index(names, m.Name)
		if i < 0 {
			return n, fmt.Errorf("model.name is %q, want one of %s, or the name of a models.Network that is passed%s", m.Name, strings.Join(studyModels(), ", "), among(names))
		}
		n = own[i]
		if n.ForModel != nil {
			n.Logits = n.ForModel(m)
			known.Filters, known.Depth, known.Hidden, known.Width = m.Filters, m.Depth, m.Hidden, m.Width
		}
	}
	if m.Input != "" && m.Input != "resize" {
		return n, fmt.Errorf("model.input is %q, want resize, or none for a border", m.Input)
	}
	if m != known {
		return n, unsupported(m, known)
	}
	if m.Filters < 0 || m.Depth < 0 || m.Hidden < 0 || m.Width < 0 || m.Squeeze < 0 {
		return n, fmt.Errorf("the model is %+v, want no negative numbers", m)
	}
	n.classes, n.side = m.Classes, side
	return n, nil
}

// IsOwn reports whether a recipe's model is a user-defined network or GAN.
func IsOwn(m recipes.Model, own ...recipes.Own) bool {
	return slices.ContainsFunc(recipes.OwnOf[Network](own), func(n Network) bool { return n.Name == m.Name }) || isGAN(m, own) && !slices.Contains(studyGANs, m.Name)
}

// among lists the names of what is passed, for an error.
func among(names []string) string {
	if len(names) == 0 {
		return "; none is: give it to this call, as to train.Fit"
	}
	return ": " + strings.Join(names, ", ")
}

// border returns the width of the black border that brings an image to a side.
func border(m recipes.Model, side int) int {
	if m.Input != "" {
		return 0
	}
	return (side - m.Shape.Dimensions()[0]) / 2
}

// NetworkError is a network that cannot be trained.
type NetworkError struct{ Network, Problem string }

func (e *NetworkError) Error() string { return fmt.Sprintf("the network %s: %s", e.Network, e.Problem) }

// Build builds the network on images [B, H, W, C], checks it, and returns its logits, [B, classes]. It panics with a *NetworkError that names the layer at fault.
func (net Network) Build(n *layers.Net, images *Node) *Node {
	logits := buildNamed(net.Name, n, []int{images.Shape().Dimensions[0], cmp.Or(net.classes, fashion.NumClasses)}, func() *Node { return net.Logits(n, images) })
	checkLayers(net.Name, n, logits, "logits")
	return logits
}

// buildNamed is what a function builds, of the dimensions that are wanted; its panics become a *NetworkError.
func buildNamed(network string, n *layers.Net, want []int, build func() *Node) *Node {
	defer func() {
		if caught := recover(); caught != nil {
			if _, known := caught.(*NetworkError); known {
				panic(caught)
			}
			first, _, _ := strings.Cut(fmt.Sprint(caught), "\n")
			panic(&NetworkError{network, fmt.Sprintf("%s%s", first, lastLayer(n))})
		}
	}()
	built := build()
	if built == nil {
		panic(&NetworkError{network, "it returns no " + returned(want)})
	}
	if got := built.Shape().Dimensions; !slices.Equal(got, want) {
		panic(&NetworkError{network, fmt.Sprintf("it returns %v%s, want %s, %v", got, lastLayer(n), wanted(want), want)})
	}
	return built
}

// returned names what a network of such an output returns.
func returned(dims []int) string {
	if len(dims) > 2 {
		return "images"
	}
	return "logits"
}

// wanted describes it.
func wanted(dims []int) string {
	switch len(dims) {
	case 1:
		return fmt.Sprintf("a logit for each of %d images", dims[0])
	case 2:
		return fmt.Sprintf("the logits of %d images in the recipe's %d classes", dims[0], dims[1])
	}
	return fmt.Sprintf("%d images of %dx%d pixels", dims[0], dims[1], dims[2])
}

// checkLayers reports, as Build does, layers of one name and layers that would not be trained, because they do not reach the result.
func checkLayers(network string, n *layers.Net, result *Node, named string) {
	seen, reached := map[string]bool{}, layers.Ancestors(result)
	outputs := map[string]*Node{}
	for _, o := range n.Outputs() {
		outputs[o.Name] = o.Value
	}
	for _, l := range n.Layers() {
		if seen[l.Name] {
			panic(&NetworkError{network, fmt.Sprintf("two layers are named %q and would share their parameters; name them differently", l.Name)})
		}
		seen[l.Name] = true
		if l.Parameters > 0 && !reached[outputs[l.Name]] {
			panic(&NetworkError{network, fmt.Sprintf("the layer %q does not reach the %s, so that it would not be trained; use its output, or remove it", l.Name, named)})
		}
	}
}

// lastLayer says which layer was the last that was built.
func lastLayer(n *layers.Net) string {
	list := n.Layers()
	if len(list) == 0 {
		return " (before its first layer)"
	}
	last := list[len(list)-1]
	return fmt.Sprintf(" (after the layer %q, whose output is [B %s])", last.Name, strings.Trim(fmt.Sprint(last.Shape), "[]"))
}

// Predict is On for evaluation. With test-time augmentation, which the recipe chooses, it returns a weighted mean of the logits of an image and of its horizontal flip, of those
// moved by a pixel, or of all of these.
func (net Network) Predict(n *layers.Net, m recipes.Model, images *Node) *Node {
	if m.ShiftTTA {
		return net.predictShifted(n, m, images)
	}
	if !m.FlipTTA {
		return net.Build(n, images)
	}
	b := images.Shape().Dimensions[0]
	both := net.Build(n, Concatenate([]*Node{images, Reverse(images, 2)}, 0))
	return ReduceMean(Reshape(both, 2, b, -1), 0)
}

// predictShifted returns half of the logits of an image, and a quarter of each of those of the image moved by a pixel up and to the left, and down and to the right, where black moves in. With FlipTTA
// each of the three is the mean with its horizontal flip. It is the test-time augmentation of Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024).
func (net Network) predictShifted(n *layers.Net, m recipes.Model, images *Node) *Node {
	d := images.Shape().Dimensions
	border := PadAxis{Start: 1, End: 1}
	padded := Pad(images, ScalarZero(images.Graph(), images.DType()), PadAxis{}, border, border, PadAxis{})
	moved := func(first int) *Node {
		return Slice(padded, AxisRange(), AxisRange(first, first+d[1]), AxisRange(first, first+d[2]), AxisRange())
	}
	views, weights := []*Node{images, moved(0), moved(2)}, []float64{0.5, 0.25, 0.25}
	if m.FlipTTA {
		for i, view := range views {
			weights[i] /= 2
			views, weights = append(views, Reverse(view, 2)), append(weights, weights[i])
		}
	}
	logits := Reshape(net.Build(n, Concatenate(views, 0)), len(views), d[0], -1)
	sum := ScalarZero(images.Graph(), images.DType())
	for i, weight := range weights {
		sum = Add(sum, MulScalar(Reshape(Slice(logits, AxisElem(i)), d[0], -1), weight))
	}
	return sum
}

// OverImage resizes feature maps, [B, H, W, C], to the network's input and crops its border: [B, 28, 28, C], a value for each pixel of the image.
func (net Network) OverImage(maps *Node) *Node {
	side := cmp.Or(net.side, fashion.Side)
	inside := AxisRange(net.Border, net.Border+side)
	return Slice(layers.Resize(maps, side+2*net.Border, side+2*net.Border), AxisRange(), inside, inside)
}
