package gan_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/train"
)

// mlp is a GAN as a student writes it in a cell: of dense layers alone, as in Goodfellow et al. (2014).
func mlp() models.GAN {
	return models.GAN{Name: "mlp",
		Generate: func(n *layers.Net, latents, classes *Node) *Node {
			x := n.Relu("g_relu", n.Dense("g_hidden", Concatenate([]*Node{latents, classes}, -1), 32))
			return Reshape(Sigmoid(n.Dense("g_image", x, fashion.Pixels)), -1, fashion.Side, fashion.Side, 1)
		},
		Discriminate: func(n *layers.Net, images, classes *Node) *Node {
			x := Concatenate([]*Node{n.Flatten("d_flatten", images), classes}, -1)
			return Reshape(n.Dense("d_score", n.LeakyRelu("d_relu", n.Dense("d_hidden", x, 32)), 1), -1)
		},
	}
}

func ownGAN() recipes.Recipe {
	r := ganRecipe("mlp", "hinge")
	r.Model.Width = 0
	return r
}

func TestOwnGANIsTrainedResumedLoadedAndPublishedAndMixedIntoATraining(t *testing.T) {
	needBackend(t)
	r := ownGAN()
	undisturbed, err := gan.Fit("undisturbed", r, nil, mlp())
	if err != nil {
		t.Fatal(err)
	}
	if want := 18*32 + 32 + 32*784 + 784 + 794*32 + 32 + 32 + 1; undisturbed.Record.Parameters != want {
		t.Errorf("it has %d parameters, want %d", undisturbed.Record.Parameters, want)
	}
	shorter := r
	shorter.Schedule.DecaySteps, shorter.Epochs = r.Steps(), 1
	if _, err := gan.Fit("resumed", shorter, nil, mlp()); err != nil {
		t.Fatal(err)
	}
	resumed, err := gan.Extend("resumed", r, nil, mlp())
	if err != nil {
		t.Fatal(err)
	}
	if a, b := outcome(t, undisturbed), outcome(t, resumed); !reflect.DeepEqual(a.Tensors, b.Tensors) {
		t.Error("resumed it has other weights than undisturbed")
	}

	g, err := gan.Load(undisturbed, mlp())
	if err != nil {
		t.Fatal(err)
	}
	made, err := g.Set(10, r.Seed)
	if best, _ := undisturbed.Best(); err != nil || !slices.Equal(made.Images, samples(t, undisturbed, best.Epoch)) {
		t.Errorf("loaded it does not make the samples of its best epoch (%v)", err)
	}
	if directions, err := g.Directions(); err != nil || len(directions) != r.Model.Latent {
		t.Errorf("it has %d directions (%v), want %d", len(directions), err, r.Model.Latent)
	}
	if _, err := gan.HalfPrecision(undisturbed); err != nil {
		t.Error(err)
	}
	if _, err := gan.Load(undisturbed); err == nil || !strings.Contains(err.Error(), "the name of a models.GAN that is passed") {
		t.Errorf("without the code: %v, want an error that asks for it", err)
	}
	if _, err := infer.Load(undisturbed); err == nil || !strings.Contains(err.Error(), "gan.Load loads its generator") {
		t.Errorf("as a classifier: %v", err)
	}

	other := mlp()
	other.Generate = func(n *layers.Net, latents, classes *Node) *Node {
		return OneMinus(mlp().Generate(n, latents, classes))
	}
	for what, load := range map[string]func() error{
		"trained": func() error { _, err := gan.Fit("undisturbed", r, nil, other); return err },
		"loaded":  func() error { _, err := gan.Load(undisturbed, other); return err },
	} {
		if err := load(); err == nil || !strings.Contains(err.Error(), "what is computed between them is not") {
			t.Errorf("%s with other code: %v", what, err)
		}
	}

	mixed := recipes.Recipe{
		Model: recipes.Model{Name: "cnn", Filters: 4, Hidden: 8}, Data: r.Data, Optimizer: recipes.Optimizer{Name: "sgd", LearningRate: 0.01}, Epochs: 1, Batch: 16,
	}
	mixed.Data.Synthetic = recipes.Synthetic{Run: "undisturbed", Fraction: 0.25}
	if _, err := train.Fit("mixed", mixed, nil, gan.Synthesizer{Own: []recipes.Own{mlp()}}); err != nil {
		t.Errorf("mixed into a training: %v", err)
	}
}

func TestDiscriminatorSeesRealAndGeneratedImagesApartOnlyIfItHasBatchNormalization(t *testing.T) {
	needBackend(t)
	backend, err := infer.Backend()
	if err != nil {
		t.Fatal(err)
	}
	normalized := func(of string) models.GAN {
		m := mlp()
		generate, discriminate := m.Generate, m.Discriminate
		if of == "generator" {
			m.Generate = func(n *layers.Net, latents, classes *Node) *Node {
				return generate(n, n.BatchNorm("g_norm", latents), classes)
			}
		} else {
			m.Discriminate = func(n *layers.Net, images, classes *Node) *Node {
				return discriminate(n, n.BatchNorm("d_norm", images), classes)
			}
		}
		return m
	}
	for _, c := range []struct {
		model recipes.Model
		own   []recipes.Own
		want  bool
	}{
		{ganRecipe("dcgan", "").Model, nil, true},
		{ganRecipe("sngan", "").Model, nil, false},
		{ownGAN().Model, []recipes.Own{mlp()}, false},
		{ownGAN().Model, []recipes.Own{normalized("generator")}, false},
		{ownGAN().Model, []recipes.Own{normalized("discriminator")}, true},
	} {
		built, err := models.Layers(backend, model.NewStore(), c.model, 1, c.own...)
		if err != nil || built.Apart != c.want {
			t.Errorf("%s: apart is %v (%v), want %v", c.model.Name, built.Apart, err, c.want)
		}
	}
	if _, err := gan.Fit("normalized", ownGAN(), nil, normalized("generator")); err != nil {
		t.Error(err)
	}
}

func TestOwnGANThatIsWrongIsAnErrorThatNamesWhatIs(t *testing.T) {
	needBackend(t)
	change := func(f func(*models.GAN)) models.GAN {
		m := mlp()
		f(&m)
		return m
	}
	for want, own := range map[string]recipes.Own{
		"want a name that is none of":   change(func(m *models.GAN) { m.Discriminate = nil }),
		`models.GAN "other" is passed`:  change(func(m *models.GAN) { m.Name = "other" }),
		"want a models.GAN or an optim": models.Network{Name: "mlp"},
		"mlp, its generator: it returns [1 28": change(func(m *models.GAN) {
			m.Generate = func(n *layers.Net, l, _ *Node) *Node { return Reshape(n.Dense("g", l, 784), -1, 28, 28) }
		}),
		"mlp, its discriminator: it returns [1 1]": change(func(m *models.GAN) {
			m.Discriminate = func(n *layers.Net, x, _ *Node) *Node { return n.Dense("d", n.Flatten("f", x), 1) }
		}),
		`two layers are named "g_hidden"`: change(func(m *models.GAN) {
			m.Discriminate = func(n *layers.Net, x, _ *Node) *Node { return Reshape(n.Dense("g_hidden", n.Flatten("f", x), 1), -1) }
		}),
		`the layer "unused" does not reach`: change(func(m *models.GAN) {
			m.Discriminate = func(n *layers.Net, x, c *Node) *Node { n.Dense("unused", c, 3); return mlp().Discriminate(n, x, c) }
		}),
		"on purpose": change(func(m *models.GAN) { m.Generate = func(*layers.Net, *Node, *Node) *Node { panic("on purpose") } }),
		`the layer "noise" draws random numbers`: change(func(m *models.GAN) {
			m.Discriminate = func(n *layers.Net, x, c *Node) *Node {
				if n.IsTraining() {
					x = Add(x, n.Uniform("noise", x))
				}
				return mlp().Discriminate(n, x, c)
			}
		}),
	} {
		if _, err := gan.Fit("wrong", ownGAN(), nil, own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if _, err := gan.Fit("wrong", ownGAN(), nil); err == nil || !strings.Contains(err.Error(), "the name of a models.GAN that is passed") {
		t.Errorf("without it: %v", err)
	}
}
