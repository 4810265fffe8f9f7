package claims_test

import (
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/claims"
	"fashionlab/fashion/estimate"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

// members are the trainings of both sides.
func members(c claims.Comparison, seed uint64) []study.Variant {
	return slices.Concat(c.Baseline.Members(seed), c.Variant.Members(seed))
}

func TestQueueTrainsWhatEachComparisonNeedsOnce(t *testing.T) {
	for _, p := range study.Profiles() {
		recipeOf := map[string]recipes.Recipe{}
		for _, v := range claims.Queue(p, claims.All()...) {
			if err := v.Recipe.Validate(); err != nil {
				t.Errorf("%s: %v", v.Run, err)
			}
			if _, twice := recipeOf[v.Run]; twice {
				t.Errorf("%s is trained twice", v.Run)
			}
			recipeOf[v.Run] = v.Recipe
		}
		needed := map[string]bool{}
		for _, c := range claims.All() {
			for _, comparison := range c.Comparisons(p) {
				for seed := range uint64(claims.Seeds(p)) {
					for _, v := range members(comparison, seed+1) {
						needed[v.Run] = true
						if recipeOf[v.Run] != v.Recipe {
							t.Errorf("the claim %s needs %s, which the queue does not train so: %v", c.Name, v.Run, recipes.Diff(recipeOf[v.Run], v.Recipe))
						}
					}
				}
			}
		}
		if len(needed) != len(recipeOf) {
			t.Errorf("%s: the queue has %d trainings, want %d", p, len(recipeOf), len(needed))
		}
	}
}

// What there is time for holds verdicts, and of those that are cheap whole comparisons.
func TestQueueTrainsWhatGivesVerdictsFirstAndWhatIsExpensiveLast(t *testing.T) {
	seconds := func(v study.Variant) float64 {
		return (estimate.Speeds{}).For(v.Recipe).Seconds(v.Recipe, v.Recipe.Epochs)
	}
	queue := claims.Queue(study.Full, claims.All()...)
	longest := 0.0 // of those before
	for i, v := range queue {
		if seconds(v) < 1700 && longest > 1900 {
			t.Errorf("%s, of %.0f s, is trained at %d, after one of %.0f s", v.Run, seconds(v), i, longest)
		}
		longest = max(longest, seconds(v))
	}
	at := func(run string) int {
		return slices.IndexFunc(queue, func(v study.Variant) bool { return v.Run == study.Full.Run(run) })
	}
	for _, pair := range [][2]string{
		{"augmentation/adopted", "augmentation/adopted-seed2"}, {"schedule/plateau", "augmentation/adopted-seed2"}, // the first seed of all claims before the second
		{"augmentation/adopted-seed3", "augmentation/RandomFlip"}, {"schedule/constant-seed3", "schedule/step"}, {"synthetic/hard-on-top-seed-3", "synthetic/any-25-seed-1"}, // what decides, with all seeds
		{"augmentation/RandomFlip", "augmentation/RandomFlip-seed2"}, {"cnn-augmented-seed3", "stem/small"},
	} {
		if a, b := at(pair[0]), at(pair[1]); a < 0 || b < 0 || a > b {
			t.Errorf("%s is trained at %d, want it before %s, at %d", pair[0], a, pair[1], b)
		}
	}
}

// What is compared differs in one thing, and has the same validation images.
func TestSidesOfAComparisonDifferInOneThing(t *testing.T) {
	for _, p := range study.Profiles() {
		for _, c := range claims.All() {
			for _, comparison := range c.Comparisons(p) {
				for seed := range uint64(3) {
					a, b := comparison.Variant.Members(seed + 1)[0].Recipe, comparison.Baseline.Members(seed + 1)[0].Recipe
					if a.Seed != b.Seed {
						t.Errorf("%s, %s: the seeds are %d and %d", c.Name, comparison.Name(), a.Seed, b.Seed)
					}
					if len(members(comparison, seed+1)) > 2 || c.Name == "cnn" {
						continue // networks that differ in all
					}
					onTop := strings.Contains(comparison.Name(), "on top")
					switch c.Name {
					case "augmentation":
						a.Augmentation = b.Augmentation
					case "plateau":
						a.Schedule = b.Schedule
					case "gan":
						a.Data.Synthetic = b.Data.Synthetic
						if onTop && b.Data.Synthetic == (recipes.Synthetic{}) && a.Epochs > b.Epochs {
							a.Epochs = b.Epochs // so that each real image is seen as often
						}
					case "scratch":
						a.Model.Weights, a.Model.FineTuneAt = b.Model.Weights, b.Model.FineTuneAt
					case "stem":
						a.Model.Stem = b.Model.Stem
					case "all-images":
						a.Data.Validation = b.Data.Validation
					case "distillation":
						a.Regularization.Distillation = b.Regularization.Distillation
					case "ingredients":
						continue // TestEachIngredientIsAddedAlone, in study
					}
					if a != b {
						t.Errorf("%s, %s: the sides differ in more than one thing: %v", c.Name, comparison.Name(), recipes.Diff(b, a))
					}
				}
			}
		}
	}
}

func TestClaimWhoseSeedsShareATrainingBeforeThemSaysSo(t *testing.T) {
	for _, c := range claims.All() {
		shares := false
		for _, comparison := range c.Comparisons(study.Full) {
			for _, v := range members(comparison, 1) {
				r := v.Recipe
				shares = shares || r.Model.Weights.Run != "" || r.Data.Synthetic.Run != "" || r.Regularization.Distillation.Teachers != ""
			}
		}
		if says := strings.Contains(c.Limitations, "is the same for all seeds"); says != shares {
			t.Errorf("%s: a training before those that are compared is shared: %v; the claim says so: %v", c.Name, shares, says)
		}
	}
}

func TestRunsOfClaimsHaveOneRecipeAndNamesThatAreTheirs(t *testing.T) {
	for _, p := range study.Profiles() {
		queue, runOf := claims.Queue(p, claims.All()...), map[recipes.Recipe]string{}
		for _, v := range queue {
			if other, twice := runOf[v.Recipe]; twice && p == study.Full {
				t.Errorf("%s and %s have the same recipe", other, v.Run)
			}
			runOf[v.Recipe] = v.Run
		}
		for _, name := range []string{"01-data", "04-augmentation", "05-plateau", "08-convnext", "09-ensemble", "11-gan"} {
			for _, trained := range study.Trainings(name, p) {
				for _, v := range queue {
					if v.Run == trained.Run && v.Recipe != trained.Recipe {
						t.Errorf("%s has another recipe in notebook %s: %v", v.Run, name, recipes.Diff(v.Recipe, trained.Recipe))
					}
				}
			}
		}
	}
}

// With few labels the validation images are those of all others, which no pretraining has seen.
func TestFewerLabelsHaveTheSameValidationImages(t *testing.T) {
	labels := make([]fashion.Label, 60000)
	for i := range labels {
		labels[i] = fashion.Label(i % fashion.NumClasses)
	}
	split := func(d recipes.Data) (training, validation []int) {
		t.Helper()
		training, validation, err := fashion.Split(labels, d.Validation, d.Limit, d.SplitSeed)
		if err != nil {
			t.Fatal(err)
		}
		return training, validation
	}
	_, want := split(study.Pretraining(study.Full).Data)
	for i, n := range []int{48000, 10000, 1000, 100} {
		b := study.TransferByLabels(study.Full)[i]
		training, validation := split(b.Scratch.Recipe.Data)
		if b.Labels != n || len(training) != n || len(validation) != 12000 || !slices.Equal(validation, want) {
			t.Errorf("%d labels, %d training and %d validation images, want %d and the 12000 of all", b.Labels, len(training), len(validation), n)
		}
	}
}
