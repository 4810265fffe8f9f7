package train_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// normalized is a network whose batch normalization sees linear functions of an image, of which the mean and variance over all images can be worked out by hand.
var normalized = models.Network{Name: "normalized", Logits: func(n *layers.Net, images *Node) *Node {
	x := n.BatchNorm("norm", n.Dense("linear", Reshape(images, -1, fashion.Pixels), 4))
	return n.Dense("logits", n.Relu("relu", x), 10)
}}

func precise() recipes.Recipe {
	r := recipe()
	r.Model = recipes.Model{Name: "normalized"}
	r.Augmentation = recipes.Augmentation{}
	r.Optimizer.EMA, r.Keep, r.Epochs = 0.9, recipes.LastEpoch, 2
	r.PreciseBN = 10000 // more than there are: all
	return r
}

// values are those of a checkpoint's tensor.
func values(t *testing.T, c run.Checkpoint, name string) []float64 {
	t.Helper()
	for _, tensor := range c.Tensors {
		if tensor.Name != name {
			continue
		}
		var list []float64
		for i := 0; i < len(tensor.Data); i += 4 {
			list = append(list, float64(math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[i:]))))
		}
		return list
	}
	t.Fatalf("the checkpoint has no %s", name)
	return nil
}

func TestPreciseStatisticsAreThoseOfAllTrainingImagesUnderTheAveragedWeights(t *testing.T) {
	needBackend(t)
	r := precise()
	trained, err := train.Fit("precise", r, nil, normalized)
	if err != nil {
		t.Fatal(err)
	}
	best, err := trained.Checkpoint(run.Best)
	if err != nil {
		t.Fatal(err)
	}
	set, err := fashion.LoadTrain(os.Getenv(fashion.DirVariable))
	if err != nil {
		t.Fatal(err)
	}
	positions, _, err := fashion.Split(set.Labels, r.Data.Validation, r.Data.Limit, r.Data.SplitSeed)
	if err != nil {
		t.Fatal(err)
	}
	kernel, bias := values(t, best, "/model/linear/kernel"), values(t, best, "/model/linear/bias")
	mean, variance := values(t, best, "/model/norm/moving_mean"), values(t, best, "/model/norm/moving_variance")
	for c := range 4 {
		sum, squares := 0.0, 0.0
		for _, i := range positions {
			y := bias[c]
			for k, grey := range set.Images[i] {
				y += float64(grey) / 255 * kernel[k*4+c]
			}
			sum, squares = sum+y, squares+y*y
		}
		n := float64(len(positions))
		wantMean, wantVariance := sum/n, squares/n-sum/n*sum/n
		if math.Abs(mean[c]-wantMean) > 1e-4 || math.Abs(variance[c]-wantVariance) > 1e-4*wantVariance {
			t.Errorf("channel %d has the mean %v and the variance %v, want %v and %v", c, mean[c], variance[c], wantMean, wantVariance)
		}
	}
	saved, err := trained.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(trained, normalized)
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := m.Predict(at(set, saved.Indices)); err != nil || !reflect.DeepEqual(loaded.Probabilities, saved.Probabilities) {
		t.Errorf("the loaded model predicts otherwise than the training did (%v)", err)
	}
}

func TestTrainingIsTheSameWithAndWithoutPreciseStatistics(t *testing.T) {
	needBackend(t)
	with := precise()
	with.Data.Limit = 300
	with.Schedule = recipes.Schedule{} // on plateau it follows the validation loss
	without := with
	without.PreciseBN = 0
	var runs [2]*run.Run
	var last [2][]run.Tensor
	for i, r := range []recipes.Recipe{with, without} {
		var err error
		if runs[i], err = train.Fit(fmt.Sprint("run/", i), r, nil, normalized); err != nil {
			t.Fatal(err)
		}
		c, _, err := runs[i].LoadCheckpoint(run.Last)
		if err != nil {
			t.Fatal(err)
		}
		last[i] = c.Tensors
	}
	shared := slices.DeleteFunc(slices.Clone(last[0]), func(tensor run.Tensor) bool { return strings.HasPrefix(tensor.Name, "/optimizer/precise/") })
	if !reflect.DeepEqual(shared, last[1]) || len(shared) != len(last[0])-2 {
		t.Error("the trainings end with other tensors")
	}
	for i, e := range runs[1].History {
		if got := runs[0].History[i]; got.Loss != e.Loss || got.RunningAccuracy != e.ValidationAccuracy || got.ValidationLoss == e.ValidationLoss {
			t.Errorf("epoch %d is %+v with precise statistics and %+v without", i+1, got, e)
		}
	}
	history, err := os.ReadFile(filepath.Join(runs[1].Dir, "history.json"))
	if err != nil || strings.Contains(string(history), "running_validation_accuracy") || strings.Contains(without.String(), "precise_bn") {
		t.Errorf("without precise statistics the history or the recipe tells of them (%v)", err)
	}
}

func TestTrainingWithPreciseStatisticsIsResumedBitForBitAfterAnyEpoch(t *testing.T) {
	needBackend(t)
	r := precise()
	r.Augmentation, r.Regularization.CutMix, r.PreciseBN = recipe().Augmentation, 1, 100
	r.Data.Limit, r.Optimizer.EMA = 300, 0
	trainer := train.Trainer{Own: []recipes.Own{normalized}}
	undisturbed, err := trainer.Fit("undisturbed", r, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := outcome(t, undisturbed)
	for epoch := 1; epoch <= r.Epochs; epoch++ {
		name := fmt.Sprint("interrupted/", epoch)
		ctx, cancel := context.WithCancel(t.Context())
		_, err := trainer.FitContext(ctx, name, r, func(p run.Progress) {
			if p.Epoch == epoch && p.Stage == "validating" {
				cancel()
			}
		})
		if err == nil {
			t.Fatalf("the training was not interrupted in epoch %d", epoch)
		}
		resumed, err := trainer.Fit(name, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(t, resumed); !reflect.DeepEqual(got, want) {
			t.Errorf("resumed in epoch %d it ends with %+v, undisturbed with %+v, or the tensors differ", epoch, got.State, want.State)
		}
	}
}

// The model with the running averages can be had too, to show how far they lag.
func TestLastModelHasTheRunningAverages(t *testing.T) {
	needBackend(t)
	r := precise()
	r.Data.Limit, r.Optimizer.EMA = 300, 0
	trained, err := train.Fit("running", r, nil, normalized)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.LoadLast(trained, normalized)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := trained.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	set, err := fashion.LoadTrain(os.Getenv(fashion.DirVariable))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Predict(at(set, saved.Indices))
	last := trained.History[len(trained.History)-1]
	if got := metrics.Accuracy(p).Value; err != nil || got != last.RunningAccuracy || reflect.DeepEqual(p.Probabilities, saved.Probabilities) {
		t.Errorf("the accuracy is %v (%v), want %v", got, err, last.RunningAccuracy)
	}
}

// at are the images of a set at those positions.
func at(set fashion.Set, indices []int32) fashion.Set {
	var positions []int
	for _, i := range indices {
		positions = append(positions, int(i))
	}
	return set.Take(positions)
}

func TestPreciseStatisticsOfANetworkWithoutBatchNormalizationAreAnError(t *testing.T) {
	r := recipe()
	r.PreciseBN = 1000
	if err := train.Check(r); err == nil || !strings.Contains(err.Error(), "precise_bn is 1000, want 0 for cnn, which has no batch normalization") {
		t.Errorf("the error is %v", err)
	}
}
