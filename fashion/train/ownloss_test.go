package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

// focal is the focal loss with gamma 2 (Lin et al., "Focal Loss for Dense Object Detection", 2017): images that are classified well count less.
var focal = optim.OwnLoss{Name: "focal", PerImage: func(logits, targets *Node) *Node {
	p := ReduceSum(Mul(targets, Softmax(logits)), -1) // of the label
	return Mul(Square(OneMinus(p)), optim.CrossEntropy(logits, targets))
}}

func ownLoss() recipes.Recipe {
	r := recipe()
	r.Loss = "focal"
	r.Data.Limit, r.Epochs = 300, 2
	return r
}

func TestOwnLossThatIsTheCrossEntropyTrainsAsItBitForBit(t *testing.T) {
	needBackend(t)
	own := optim.OwnLoss{Name: "mine", PerImage: optim.CrossEntropy}
	for name, regularization := range map[string]recipes.Regularization{"plain": {}, "smoothed": {LabelSmoothing: 0.1}, "mixed": {Mixup: 0.4}} {
		r := ownLoss()
		r.Loss, r.Regularization, r.Epochs = "", regularization, 1
		theirs := fit(t, name, r)
		r.Loss = "mine"
		mine, err := train.Fit(name+"-own", r, nil, own)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := mine.History[0].Loss, theirs.History[0].Loss; got != want {
			t.Errorf("%s: the loss is %v, want %v", name, got, want)
		}
		want := parameters(t, theirs)
		for parameter, got := range parameters(t, mine) {
			if !bytes.Equal(got, want[parameter]) {
				t.Errorf("%s: %s is another than with the cross-entropy", name, parameter)
			}
		}
	}
}

func TestOwnLossIsMinimizedAndValidationStaysTheCrossEntropy(t *testing.T) {
	needBackend(t)
	r := ownLoss()
	r.Epochs, r.Optimizer.LearningRate, r.Model.Dropout, r.Augmentation = 1, 1e-12, 0, recipes.Augmentation{} // the weights stay what they are
	r.Optimizer.WeightDecay = 0
	mine, err := train.Fit("focal", r, nil, focal)
	if err != nil {
		t.Fatal(err)
	}
	r.Loss = ""
	plain := fit(t, "plain", r)
	a, b := mine.History[0], plain.History[0]
	if a.ValidationLoss != b.ValidationLoss {
		t.Errorf("the validation loss is %v, want the cross-entropy %v", a.ValidationLoss, b.ValidationLoss)
	}
	// The initial network gives each class about a tenth: (1-0.1)^2 of the cross-entropy.
	if ratio := a.Loss / b.Loss; ratio < 0.75 || ratio > 0.85 {
		t.Errorf("the focal loss is %.3f of the cross-entropy before anything is learned, want about 0.81", ratio)
	}
}

func TestOwnLossIsResumedBitForBitAndOnlyWithItsOwnCode(t *testing.T) {
	needBackend(t)
	r := ownLoss()
	r.Model = recipes.Model{Name: "cnn"} // whose training lasts longer than the pause between two reports
	ctx, cancel := context.WithCancel(t.Context())
	_, err := train.FitContext(ctx, "resumed", r, func(p run.Progress) {
		if len(p.History) > 0 {
			cancel()
		}
	}, focal)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the training ended with %v, want an interruption", err)
	}
	sharper := optim.OwnLoss{Name: "focal", PerImage: func(logits, targets *Node) *Node {
		p := ReduceSum(Mul(targets, Softmax(logits)), -1)
		return Mul(Square(Square(OneMinus(p))), optim.CrossEntropy(logits, targets))
	}}
	if _, err := train.Fit("resumed", r, nil, sharper); err == nil || !strings.Contains(err.Error(), `the loss "focal" is not the one that the run began with`) {
		t.Errorf("with another loss: %v", err)
	}
	resumed, err := train.Fit("resumed", r, nil, focal)
	if err != nil {
		t.Fatal(err)
	}
	undisturbed, err := train.Fit("undisturbed", r, nil, focal)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outcome(t, resumed), outcome(t, undisturbed); !reflect.DeepEqual(got, want) {
		t.Errorf("resumed it ends with %+v, undisturbed with %+v, or the tensors differ", got.State, want.State)
	}
}

func TestOwnLossThatIsWrongIsAnError(t *testing.T) {
	needBackend(t)
	for want, own := range map[string]optim.OwnLoss{
		`the loss "focal" returns`:        {Name: "focal", PerImage: func(logits, targets *Node) *Node { return ReduceAllMean(optim.CrossEntropy(logits, targets)) }},
		"want a name and a function":      {Name: "focal"},
		`the loss "focal": on purpose`:    {Name: "focal", PerImage: func(*Node, *Node) *Node { panic("on purpose") }},
		"a number for each image, (Float": {Name: "focal", PerImage: func(logits, _ *Node) *Node { return logits }},
	} {
		if _, err := train.Fit("wrong", ownLoss(), nil, own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want %q", err, want)
		}
	}
	if _, err := train.Fit("wrong", ownLoss(), nil); err == nil || !strings.Contains(err.Error(), `loss is "focal", want none for the cross-entropy, or the name of an optim.OwnLoss that is passed`) {
		t.Errorf("without it: %v", err)
	}
}

func TestOwnPartThatTheRecipeDoesNotNameIsAnError(t *testing.T) {
	linear := models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
	}}
	for field, own := range map[string]recipes.Own{
		`model.name is "cnn"`:         linear,
		`augmentation.own.name is ""`: augment.Own{Name: "darken", Apply: darken.Apply},
		`loss is ""`:                  focal,
		`schedule.name is "plateau"`:  warmUp,
		`optimizer.name is "nadam"`:   momentum,
	} {
		want := fmt.Sprintf("%T %q is passed, and the recipe's %s", own, own.OwnName(), field)
		_, fit := train.Fit("unnamed", recipe(), nil, own)
		_, extend := train.Extend("unnamed", recipe(), nil, own)
		_, find := train.FindRate(recipe(), 1e-4, 1, 10, own)
		for _, err := range []error{fit, extend, find} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want %q", err, want)
			}
		}
	}
}

func TestNetworkOfATeacherMayBePassed(t *testing.T) {
	needBackend(t)
	linear := models.Network{Name: "linear", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", n.Flatten("flatten", images), fashion.NumClasses)
	}}
	r := recipe()
	r.Data.Limit, r.Epochs, r.Model, r.Augmentation = 200, 1, recipes.Model{Name: "linear"}, recipes.Augmentation{}
	if _, err := train.Fit("teacher", r, nil, linear); err != nil {
		t.Fatal(err)
	}
	r.Model = recipes.Model{Name: "cnn", Filters: 4, Hidden: 8}
	r.Regularization.Distillation = recipes.Distillation{Teachers: "teacher", Weight: 0.5, Temperature: 2}
	if _, err := train.Fit("student", r, nil, linear); err != nil {
		t.Error(err)
	}
}

// The focal loss of Lin et al. (2017) has images that are classified well count less. It is passed beside a recipe that has its name.
func ExampleFit_ownLoss() {
	focal := optim.OwnLoss{Name: "focal", PerImage: func(logits, targets *Node) *Node {
		p := ReduceSum(Mul(targets, Softmax(logits)), -1) // the label's probability
		return Mul(Square(OneMinus(p)), optim.CrossEntropy(logits, targets))
	}}
	recipe := study.CNN(study.Smoke)
	recipe.Loss = "focal"
	recipe.Model.Filters, recipe.Data.Limit = 8, 500

	defer inTemporaryFolder()()
	r, err := train.Fit("mine/focal", recipe, nil, focal)
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := infer.Test(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(r.History), "epochs,", len(test.Labels), "test images")
	// Output: 2 epochs, 400 test images
}
