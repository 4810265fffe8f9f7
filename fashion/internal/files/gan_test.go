package files_test

import (
	"os"
	"testing"

	"fashionlab/fashion/gan"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// generating is a whole training of a GAN. It compiles each time it resumes.
var generating = work{name: "GAN", valid: readable, do: func(r *recording) error {
	_, err := gan.Fit("gan", recipes.Recipe{
		Model: recipes.Model{Name: "dcgan", Latent: 4, Width: 2}, Data: recipes.Data{Limit: 100, Validation: 0.2, SplitSeed: 1},
		Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.002, Beta1: 0.5, Beta2: 0.99, Epsilon: 1e-8},
		GAN:       recipes.GAN{Loss: "cross-entropy", DiscriminatorRate: 0.001, EMA: 0.9},
		Epochs:    2, Batch: 16, Seed: 3,
	}, func(p run.Progress) {
		if n := len(p.History); n > 0 {
			r.promise(epochs("gan", n))
		}
	})
	if err == nil {
		r.promise(finished("gan"))
	}
	return err
}}

func TestGANThatIsCutOffKeepsWhatWasAnnouncedAndResumesBitForBit(t *testing.T) {
	needBackend(t)
	generating.cutOff(t, some{}, some{1, 20})
}

func TestGANWhoseFilesFailEndsWithAnErrorThatNamesTheFileAndResumesBitForBit(t *testing.T) {
	if os.Getenv(everyVariable) == "" {
		t.Skipf("it compiles three graphs for each fault; $%s=1 takes some", everyVariable)
	}
	needBackend(t)
	generating.failAll(t, some{1, 20})
}
