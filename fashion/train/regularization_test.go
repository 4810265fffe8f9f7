package train_test

import (
	"bytes"
	"context"
	"os"
	"reflect"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// ingredients is a small training with what raises the accuracy of a long one: all that a resume must restore beyond what recipe has.
func ingredients() recipes.Recipe {
	r := recipe()
	r.Model = recipes.Model{Name: "wideresnet", Depth: 10, Width: 1, Dropout: 0.2, Squeeze: 4, DropPath: 0.2, FlipTTA: true, ShiftTTA: true}
	r.Augmentation = recipes.Augmentation{Flip: recipes.AlternatingFlip, Crop: 2, Cutout: r.Augmentation.Cutout}
	r.Regularization = recipes.Regularization{LabelSmoothing: 0.1, Mixup: 0.2, CutMix: 1}
	r.Optimizer.ClipNorm, r.Optimizer.EMA = 1, 0.9
	r.Schedule = recipes.Schedule{Name: "cosine", Warmup: 20}
	r.Keep, r.Epochs = recipes.LastEpoch, 3
	return r
}

func TestTrainingWithEveryIngredientEndsAsIfItHadNeverBeenInterrupted(t *testing.T) {
	needBackend(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := new(train.Trainer).FitContext(ctx, "interrupted", ingredients(), func(p run.Progress) {
		if p.Epoch == 2 && p.Stage == "validating" {
			cancel()
		}
	})
	if err == nil {
		t.Fatal("the training was not interrupted")
	}
	undisturbed := fit(t, "undisturbed", ingredients())
	if got, want := outcome(t, fit(t, "interrupted", ingredients())), outcome(t, undisturbed); !reflect.DeepEqual(got, want) {
		t.Errorf("resumed it ends with %+v, undisturbed with %+v, or the tensors differ", got.State, want.State)
	}
	if got := undisturbed.Record.BestEpoch; got != 3 {
		t.Errorf("the run's model is that of epoch %d, want the last, 3", got)
	}
}

// A run's model, wherever it is loaded, is the average: its predictions are those that the training saved.
func TestModelOfARunIsTheAverageOfItsParameters(t *testing.T) {
	needBackend(t)
	r := fit(t, "average", ingredients())
	saved, err := r.Predictions(run.Validation)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	set, err := fashion.LoadTrain(os.Getenv(fashion.DirVariable))
	if err != nil {
		t.Fatal(err)
	}
	var positions []int
	for _, i := range saved.Indices {
		positions = append(positions, int(i))
	}
	loaded, err := m.Predict(set.Take(positions))
	if err != nil || !reflect.DeepEqual(loaded.Probabilities, saved.Probabilities) {
		t.Errorf("the loaded model predicts otherwise than the training did (%v)", err)
	}
	last, _, err := r.LoadCheckpoint(run.Last)
	if err != nil {
		t.Fatal(err)
	}
	best, err := r.Checkpoint(run.Best)
	if err != nil {
		t.Fatal(err)
	}
	of := func(c run.Checkpoint, name string) []byte {
		for _, tensor := range c.Tensors {
			if tensor.Name == name {
				return tensor.Data
			}
		}
		t.Fatalf("the checkpoint has no %s", name)
		return nil
	}
	const kernel = "/model/logits/kernel"
	if average := of(last, "/optimizer/average"+kernel); !bytes.Equal(of(best, kernel), average) || bytes.Equal(of(last, kernel), average) {
		t.Error("the model's kernel is not the average, or the training's is")
	}
}
