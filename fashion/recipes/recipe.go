// Package recipes defines Recipe, the complete specification of a training, as data that is compared, checked and written as JSON.
package recipes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/text"
)

// Recipe is everything that decides a training. Two runs with equal recipes on the same device, with the same
// versions, end with the same weights. Recipes are comparable with ==. Errors and differences name fields by their JSON keys.
type Recipe struct {
	Model          Model          `json:"model"`
	Data           Data           `json:"data"`
	Augmentation   Augmentation   `json:"augmentation,omitzero"`
	Regularization Regularization `json:"regularization,omitzero"`
	Loss           string         `json:"loss,omitempty"` // "" the cross-entropy, or the name of a loss of one's own. Of the training: the validation loss is the cross-entropy in any case. Classifiers.
	Optimizer      Optimizer      `json:"optimizer"`
	Schedule       Schedule       `json:"schedule"`
	GAN            GAN            `json:"gan,omitzero"`
	Epochs         int            `json:"epochs"`         // passes over the training split
	Batch          int            `json:"batch"`          // images per step
	Seed           uint64         `json:"seed"`           // of initial weights, data order, dropout and augmentation
	Keep           string         `json:"keep,omitempty"` // the epoch whose model is the run's: "" the one of the best validation accuracy, "last"; a GAN has none

	// PreciseBN is over about how many training images the means and variances of batch normalization are estimated anew after each epoch, with the weights that it ended with (precise BN: Wu and
	// Johnson, "Rethinking 'Batch' in BatchNorm", 2021). Validation and predictions use them instead of the running averages, which lag behind the weights. 0 is off. Classifiers.
	PreciseBN int `json:"precise_bn,omitempty"`
}

// Model names a model of the package models and its hyperparameters.
type Model struct {
	Name     string  `json:"name"`             // "cnn", "residual", "wideresnet", "resnet50", "convnext", or that of a network of one's own; of a GAN "dcgan", "sngan"
	Dropout  float64 `json:"dropout"`          // fraction of activations zeroed in training, [0, 1)
	Stem     string  `json:"stem,omitempty"`   // resnet50: "" as in the paper, "small" for small images
	Input    string  `json:"input,omitempty"`  // how images get the model's side: "" by a black border, to 32 or a multiple; "resize" bilinear
	FlipTTA  bool    `json:"mirror,omitempty"` // test-time augmentation by a horizontal flip: predict by the mean of both logits
	ShiftTTA bool    `json:"shifts,omitempty"` // test-time augmentation by moving the image by a pixel, see models.Network.Predict
	Size     string  `json:"size,omitempty"`   // convnext: "atto" to "base"
	Side     int     `json:"side,omitempty"`   // convnext: of the images that the network sees, in pixels; 0 means 32, or the multiple of it that no image exceeds

	Filters int `json:"filters,omitempty"` // cnn: of the first stage's convolutions, the second has twice as many; 0 means 32
	Depth   int `json:"depth,omitempty"`   // cnn: convolutions of a stage; 0 means 2. wideresnet: layers; 0 means 16
	Hidden  int `json:"hidden,omitempty"`  // cnn: units of the hidden layer; 0 means 128

	Classes int           `json:"classes,omitempty"` // how many logits a classifier returns; 0 means Fashion-MNIST's 10
	Shape   fashion.Shape `json:"shape,omitzero"`    // of the images that a classifier reads, as the data set has them

	Latent int `json:"latent,omitempty"` // dcgan, sngan: numbers from which an image is made
	Width  int `json:"width,omitempty"`  // residual, dcgan, sngan: channels at the image's own side, of which the smaller maps have multiples; residual: 0 means 32; wideresnet: the factor of its channels, 0 means 2

	// FineTuneAt is the first layer that is trained, as Keras 2 counts a ConvNeXt's layers from its input; those before it keep their weights. 0: all
	// are trained. The last layer, which is new, always is. convnext.
	FineTuneAt int `json:"fine_tune_at,omitempty"`

	// Squeeze adds squeeze-and-excitation to each residual block: by how many the channels are divided between its two layers, see layers.Net.SqueezeExcite; 0 is off. residual,
	// wideresnet.
	Squeeze int `json:"squeeze,omitempty"`

	// DropPath is the fraction of images for which the last block is left out in training (stochastic depth: Huang et al., "Deep Networks with Stochastic Depth", 2016); it rises to that from 0
	// in the first. residual, wideresnet, convnext.
	DropPath float64 `json:"drop_path,omitempty"`

	// HeadEpsilon is what the last LayerNorm adds to the variance; 0 means 1e-6. Weights of the library transformers want 1e-12. convnext.
	HeadEpsilon float64 `json:"head_epsilon,omitempty"`

	Weights Weights `json:"weights,omitzero"` // what the parameters are at first
}

// Weights are where a model's initial parameters come from; the zero value draws them from the seed. The head is new where its classes are others.
type Weights struct {
	Run    string `json:"run,omitempty"`    // the best epoch of a finished run, by its name (see run.Store.Path)
	File   string `json:"file,omitempty"`   // a safetensors file. convnext.
	Hub    string `json:"hub,omitempty"`    // a repository of the Hugging Face hub, as owner/name or owner/name@commit. convnext.
	SHA256 string `json:"sha256,omitempty"` // what the file must have; recorded in any case
}

// Data says which images are trained on. The test images are not among them: a recipe cannot name them.
type Data struct {
	Set  string `json:"set,omitempty"`    // digest of a data set of one's own, see package dataset; none is Fashion-MNIST
	Size int    `json:"images,omitempty"` // its training images, those for validation included

	Limit      int     `json:"limit,omitempty"` // use only so many images, stratified by class; 0 means all
	Validation float64 `json:"validation"`      // fraction of the images held out for validation, (0, 1)
	SplitSeed  uint64  `json:"split_seed"`      // of the stratified split

	// Task is what is learned of the images: "" their class; "rotation", a pretext task of self-supervised pretraining: by how many quarter turns each is rotated, 0 to 3,
	// from all four, which needs no labels (Gidaris, Singh and Komodakis, "Unsupervised Representation Learning by Predicting Image Rotations", 2018).
	Task string `json:"task,omitempty"`

	Synthetic Synthetic `json:"synthetic,omitzero"`
}

// Synthetic mixes images that a GAN made, or photos that were rendered of training images, into the training split. An epoch has as many images, and steps, as without them.
type Synthetic struct {
	Run       string  `json:"run,omitempty"`       // of the GAN, by its name (see run.Store.Path)
	Published bool    `json:"published,omitempty"` // it is a published run
	Photos    bool    `json:"photos,omitempty"`    // instead of a GAN's images: photos of random scenes, prepared as those of users, see scene.Synthesizer
	Fraction  float64 `json:"share,omitempty"`     // of each epoch's images; 0 is off, 1 is all
	Hard      bool    `json:"difficult,omitempty"` // hard examples only, see gan.Synthesizer
}

// Rotation is the task of a model that is trained for its features, before it learns the classes.
const Rotation = "rotation"

// Optimizer names an update rule of the package optim and its hyperparameters, in Keras's terms.
type Optimizer struct {
	Name         string  `json:"name"`               // "nadam", "adam", "adamw", "rmsprop", "sgd", or that of a rule of one's own
	LearningRate float64 `json:"rate"`               // initial learning rate
	Beta1        float64 `json:"beta1,omitempty"`    // decay of the mean of gradients (adam family)
	Beta2        float64 `json:"beta2,omitempty"`    // decay of the mean of squared gradients (adam family); rho of rmsprop
	Epsilon      float64 `json:"epsilon,omitempty"`  // added to denominators
	Momentum     float64 `json:"momentum,omitempty"` // sgd, rmsprop
	Nesterov     bool    `json:"nesterov,omitempty"` // sgd
	WeightDecay  float64 `json:"weight_decay"`       // decoupled: weights shrink by rate*decay each step; 0 is off

	// LayerDecay is the learning rate of a block as a fraction of the next one's, the head having all of it: the first layers, whose features serve many
	// tasks, move least. 0 and 1 are off. convnext.
	LayerDecay float64 `json:"layer_decay,omitempty"`

	// ClipNorm is the largest norm of all gradients together, to which larger ones are scaled; 0 is off. See optim.ClipByGlobalNorm. Classifiers.
	ClipNorm float64 `json:"clip_norm,omitempty"`

	// EMA is the decay in each step of the exponential moving average of the parameters and of the running statistics of batch normalization, [0, 1): validation
	// and predictions are the average's; 0 is off. See optim.UpdateEMA. Classifiers; a GAN has its own.
	EMA float64 `json:"ema,omitempty"`
}

// Schedule changes the learning rate during a training. The zero value keeps it constant.
type Schedule struct {
	Name string `json:"name,omitempty"` // "", "plateau", "exponential", "step", "cosine", "one-cycle"

	// Plateau (Keras's ReduceLROnPlateau on the validation loss).
	Patience        int     `json:"patience,omitempty"`  // epochs without improvement before a reduction
	Factor          float64 `json:"factor,omitempty"`    // the learning rate is multiplied by it; also of "exponential" and "step"
	MinDelta        float64 `json:"min_delta,omitempty"` // least decrease that counts as an improvement
	Cooldown        int     `json:"cooldown,omitempty"`  // epochs after a reduction in which none are counted
	MinLearningRate float64 `json:"min_rate,omitempty"`  // the learning rate is never reduced below it; also of "cosine" and "one-cycle"

	// Exponential: rate * factor^(step/steps). Step: rate * factor^floor(step/steps). Cosine: the learning rate falls along half a
	// cosine in so many steps; 0 means over the whole training.
	DecaySteps int `json:"every,omitempty"`

	// Warmup is in how many steps the learning rate first rises in a straight line from almost 0; the schedule begins after them. 0 is off. Not for "one-cycle", which has a
	// warm-up of its own.
	Warmup int `json:"warmup,omitempty"`
}

// GAN is how the two networks of a GAN learn against each other. The recipe's optimizer is the generator's.
type GAN struct {
	Loss              string  `json:"loss"`    // "cross-entropy", non-saturating for the generator (Goodfellow et al. 2014); "hinge" (Lim and Ye 2017)
	DiscriminatorRate float64 `json:"rate"`    // the discriminator's learning rate
	EMA               float64 `json:"average"` // decay in each step of the exponential moving average of the generator's parameters, [0, 1): images are made with the average
}

// IsGAN reports whether what is trained is a GAN and not a classifier.
func (r Recipe) IsGAN() bool { return r.GAN != GAN{} }

// Validate reports the first value that no training could use. What the names mean is checked by the packages that
// own them.
func (r Recipe) Validate() error {
	if found, hidden := text.Hidden(r); hidden {
		return fmt.Errorf("recipe: found %q, which a terminal would obey and not show", found)
	}
	return check(slices.Concat(r.Augmentation.rules(), r.Regularization.rules(), []rule{
		{r.Model.Name != "", "model.name", r.Model.Name, "the name of a model"},
		{fraction(r.Model.Dropout), "model.dropout", r.Model.Dropout, "a fraction in [0, 1)"},
		{fraction(r.Model.DropPath), "model.drop_path", r.Model.DropPath, "a fraction in [0, 1)"},
		{fraction(r.Model.HeadEpsilon), "model.head_epsilon", r.Model.HeadEpsilon, "a number in [0, 1)"},
		{r.Model.Weights.sources() <= 1, "model.weights", r.Model.Weights, "one of run, file and hub"},
		{r.Model.Weights.SHA256 == "" || r.Model.Weights.sources() == 1, "model.weights", r.Model.Weights, "a run, file or hub beside the sha256"},
		{r.Data.Task == "" || r.Data.Task == Rotation, "data.task", r.Data.Task, "rotation, or none for the classes"},
		{r.Data.Synthetic.Fraction >= 0 && r.Data.Synthetic.Fraction <= 1, "data.synthetic.share", r.Data.Synthetic.Fraction, "a fraction in [0, 1]"},
		{r.Data.Synthetic.named() == (r.Data.Synthetic.Fraction > 0) && (r.Data.Synthetic.named() || r.Data.Synthetic == Synthetic{}), "data.synthetic", r.Data.Synthetic,
			"a run, or photos, and a fraction (share); or nothing"},
		{!r.Data.Synthetic.Photos || r.Data.Synthetic == Synthetic{Photos: true, Fraction: r.Data.Synthetic.Fraction}, "data.synthetic", r.Data.Synthetic, "photos and a fraction (share) alone"},
		{r.Data.Synthetic.Fraction == 0 || r.Data.Task == "", "data.synthetic", r.Data.Synthetic, "none where the task is not the classes"},
		{r.Data.Limit >= 0, "data.limit", r.Data.Limit, "0 (all) or a number of images"},
		{(r.Data.Set == "") == (r.Data.Size == 0) && r.Data.Size >= 0, "data.images", r.Data.Size, "the number of training images of data.set, and none of Fashion-MNIST"},
		{(r.Data.Set == "") == (r.Model.Classes == 0), "model.classes", r.Model.Classes, "the number of classes of data.set, and none of Fashion-MNIST"},
		{r.Data.Set != "" || r.Model.Shape == fashion.Shape{}, "model.shape", r.Model.Shape, "that of data.set, and none of Fashion-MNIST"},
		{r.Model.Shape.Check() == nil, "model.shape", r.Model.Shape, fmt.Sprintf("a side from %d to %d, a multiple of %d, and 3 channels; or none for %v", fashion.SmallestSide, fashion.LargestSide, fashion.SideStep, fashion.Shape{})},
		{r.Data.Set == "" || r.Data.Task == "" && r.Data.Synthetic == Synthetic{} && !r.IsGAN(), "data.set", r.Data.Set, "none for a pretext task, synthetic images or a GAN"},
		{r.Model.Classes == 0 || r.Model.Classes >= 2 && r.Model.Classes <= fashion.MaxClasses, "model.classes", r.Model.Classes, fmt.Sprintf("2 to %d, or none for Fashion-MNIST", fashion.MaxClasses)},
		{r.Data.Validation > 0 && r.Data.Validation < 1, "data.validation", r.Data.Validation, "a fraction in (0, 1); with keep last, which chooses nothing by these images, as few as 0.01"},
		{r.Optimizer.Name != "", "optimizer.name", r.Optimizer.Name, "the name of an optimizer"},
		{r.Optimizer.LearningRate > 0 && !math.IsInf(r.Optimizer.LearningRate, 1), "optimizer.rate", r.Optimizer.LearningRate, "a positive number"},
		{fraction(r.Optimizer.Beta1), "optimizer.beta1", r.Optimizer.Beta1, "a number in [0, 1)"},
		{fraction(r.Optimizer.Beta2), "optimizer.beta2", r.Optimizer.Beta2, "a number in [0, 1)"},
		{fraction(r.Optimizer.Epsilon), "optimizer.epsilon", r.Optimizer.Epsilon, "a number in [0, 1)"},
		{fraction(r.Optimizer.Momentum), "optimizer.momentum", r.Optimizer.Momentum, "a number in [0, 1)"},
		{fraction(r.Optimizer.WeightDecay), "optimizer.weight_decay", r.Optimizer.WeightDecay, "a number in [0, 1)"},
		{r.Optimizer.LayerDecay >= 0 && r.Optimizer.LayerDecay <= 1, "optimizer.layer_decay", r.Optimizer.LayerDecay, "a number in [0, 1]"},
		{notNegative(r.Optimizer.ClipNorm), "optimizer.clip_norm", r.Optimizer.ClipNorm, "0 (off) or a positive number"},
		{fraction(r.Optimizer.EMA), "optimizer.ema", r.Optimizer.EMA, "a number in [0, 1)"},
		{r.Schedule.Warmup >= 0, "schedule.warmup", r.Schedule.Warmup, "a number of steps"},
		{r.Schedule.Patience >= 0, "schedule.patience", r.Schedule.Patience, "a number of epochs"},
		{r.Schedule.Factor >= 0 && r.Schedule.Factor <= 1, "schedule.factor", r.Schedule.Factor, "a number in [0, 1]"},
		{notNegative(r.Schedule.MinDelta), "schedule.min_delta", r.Schedule.MinDelta, "0 or a positive number"},
		{notNegative(r.Schedule.MinLearningRate), "schedule.min_rate", r.Schedule.MinLearningRate, "0 or a positive number"},
		{r.Schedule.Cooldown >= 0, "schedule.cooldown", r.Schedule.Cooldown, "a number of epochs"},
		{r.Schedule.DecaySteps >= 0, "schedule.every", r.Schedule.DecaySteps, "a number of steps"},
		{!r.IsGAN() || r.GAN.Loss == "cross-entropy" || r.GAN.Loss == "hinge", "gan.loss", r.GAN.Loss, "cross-entropy or hinge"},
		{!r.IsGAN() || r.GAN.DiscriminatorRate > 0 && !math.IsInf(r.GAN.DiscriminatorRate, 1), "gan.rate", r.GAN.DiscriminatorRate, "a positive number"},
		{fraction(r.GAN.EMA), "gan.average", r.GAN.EMA, "a number in [0, 1)"},
		{r.Keep == "" || r.Keep == LastEpoch, "keep", r.Keep, "last, or none for the epoch of the best validation accuracy"},
		{r.PreciseBN >= 0, "precise_bn", r.PreciseBN, "0 (off) or a number of images"},
		{r.Epochs >= 1, "epochs", r.Epochs, "1 or more"},
		{r.Batch >= 1, "batch", r.Batch, "1 or more"},
	}))
}

// named reports whether it says where the images come from.
func (s Synthetic) named() bool { return s.Run != "" || s.Photos }

// sources counts what the weights come from.
func (w Weights) sources() (n int) {
	for _, source := range []string{w.Run, w.File, w.Hub} {
		if source != "" {
			n++
		}
	}
	return n
}

// rule is what a field of a recipe must satisfy.
type rule struct {
	ok    bool
	field string
	got   any
	want  string
}

// check reports the first rule that is broken.
func check(rules []rule) error {
	for _, r := range rules {
		if !r.ok {
			return fmt.Errorf("recipe: %s is %v, want %s", r.field, r.got, r.want)
		}
	}
	return nil
}

// fraction reports whether x is in [0, 1); NaN is not.
func fraction(x float64) bool { return x >= 0 && x < 1 }

// notNegative reports whether x is 0 or a positive finite number.
func notNegative(x float64) bool { return x >= 0 && !math.IsInf(x, 1) }

// Read reads a recipe as JSON and validates it. A field that no recipe has is an error: it would be a
// hyperparameter that silently does nothing.
func Read(r io.Reader) (Recipe, error) {
	var recipe Recipe
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&recipe); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return Recipe{}, fmt.Errorf("recipe ends early at byte %d: %w", d.InputOffset(), io.ErrUnexpectedEOF)
		}
		return Recipe{}, fmt.Errorf("recipe, near byte %d: %w", d.InputOffset(), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Recipe{}, fmt.Errorf("recipe: found more after its end at byte %d", d.InputOffset())
	}
	if err := recipe.Validate(); err != nil {
		return Recipe{}, err
	}
	return recipe.Canonical(), nil
}

// trainingImages is the number of images in Fashion-MNIST's training files.
const trainingImages = 60000

// Images is how many of the images in the training files are used, for training and validation.
func (d Data) Images() int {
	if d.Limit > 0 {
		return d.Limit
	}
	if d.Size > 0 {
		return d.Size
	}
	return trainingImages
}

// TrainingImages is how many of them are trained on. It is exact for Fashion-MNIST, where the fraction is a whole number of images of each class, and under a limit. Otherwise fashion.Split rounds for
// each class, and only a run's validation predictions have the exact number.
func (d Data) TrainingImages() int { return d.Images() - int(float64(d.Images())*d.Validation+0.5) }

// ValidationImages is how many of the images are held out, as exact as TrainingImages.
func (d Data) ValidationImages() int { return d.Images() - d.TrainingImages() }

// Steps is the number of steps of the whole training.
func (r Recipe) Steps() int {
	images := r.Data.TrainingImages()
	if r.Data.Task == Rotation {
		images *= 4 // all orientations
	}
	return r.Epochs * ((images + r.Batch - 1) / max(r.Batch, 1))
}

// Canonical returns the recipe with DecaySteps 0 if its cosine spans the whole training: older recipes have the number of steps there.
func (r Recipe) Canonical() Recipe {
	if r.Schedule.Name == "cosine" && r.Schedule.DecaySteps == r.Steps() && r.Schedule.Warmup == 0 {
		r.Schedule.DecaySteps = 0
	}
	return r
}

// SpansTraining reports whether the schedule depends on the length of the whole training, so that another number of epochs changes it from the first step on. It
// does for a cosine without a number of steps, and may for a schedule of one's own.
func (r Recipe) SpansTraining() bool {
	switch r.Schedule.Name {
	case "", "plateau", "exponential", "step":
		return false
	case "cosine":
		return r.Schedule.DecaySteps == 0
	}
	return true
}

// String returns the recipe as indented JSON, or as Go prints a struct where JSON has no such number.
func (r Recipe) String() string {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // NaN or infinity
		type plain Recipe // without String
		return fmt.Sprintf("%+v", plain(r))
	}
	return string(data)
}

// Diff lists the fields in which two recipes differ, as "optimizer.rate: 0.001 != 0.01".
func Diff(a, b Recipe) []string {
	return diff("", reflect.ValueOf(a), reflect.ValueOf(b))
}

func diff(path string, a, b reflect.Value) []string {
	if a.Kind() != reflect.Struct {
		if a.Equal(b) {
			return nil
		}
		return []string{fmt.Sprintf("%s: %v != %v", path, a, b)}
	}
	var lines []string
	for i := range a.NumField() {
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		if path != "" {
			name = path + "." + name
		}
		lines = append(lines, diff(name, a.Field(i), b.Field(i))...)
	}
	return lines
}

// EnoughPreciseBN is a Recipe.PreciseBN of enough images. Three estimates from other images gave ResNet50 at Quick validation losses that differed by up to 0.06 with 64 images, 0.011 with 256, 0.009 with 1,024
// and 0.004 with 2,048, and accuracies that differed by up to 0.005 with 1,024.
const EnoughPreciseBN = 1024

// Own is a user-defined part of a training: a models.Network, a models.GAN, an augment.Own, an optim.OwnLoss, an optim.OwnSchedule, an optim.OwnRule, or what makes synthetic images. It is code; the recipe has its name only.
type Own interface {
	OwnName() string // that a recipe has for it
}

// OwnOf returns the parts of one kind.
func OwnOf[T Own](own []Own) (list []T) {
	for _, part := range own {
		if t, ok := part.(T); ok {
			list = append(list, t)
		}
	}
	return list
}
