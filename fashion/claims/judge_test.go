package claims_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/claims"
	"fashionlab/fashion/run"
	"fashionlab/fashion/study"
)

// simulated is a training that is not made: accuracies of its network after each epoch, in the mean over seeds.
type simulated struct {
	accuracies []float64
	images     int  // validation images
	kept       bool // it keeps what it predicts after each epoch
}

// good is a training of two epochs, of which the last has that accuracy.
func good(accuracy float64) simulated { return simulated{[]float64{0.5, accuracy}, 12000, true} }

// begin opens the variant's run for writing.
func begin(t *testing.T, store run.Store, v study.Variant) *run.Run {
	t.Helper()
	dir, err := store.Path(v.Run)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Begin(dir, v.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// save makes a finished and tested run. An image is right with a probability that is the same for the image in all trainings but for a little.
func (s simulated) save(t *testing.T, store run.Store, v study.Variant) {
	t.Helper()
	r := begin(t, store, v)
	defer r.Close()
	var err error
	var history []run.Epoch
	chance := rand.New(rand.NewPCG(v.Recipe.Seed, uint64(len(v.Run))))
	var indices []int32
	var labels []fashion.Label
	for i := range s.images {
		indices, labels = append(indices, int32(i)), append(labels, fashion.Label(i%fashion.NumClasses))
	}
	// difficulty of an image, uniform in [0, 1): most of it is the same for all trainings.
	classes := func(n int, accuracy float64) []fashion.Label {
		list := make([]fashion.Label, n)
		for i := range list {
			list[i] = fashion.Label(i % fashion.NumClasses)
			difficulty := math.Mod(float64(i)*math.Phi+0.1*chance.Float64(), 1)
			if difficulty >= accuracy {
				list[i] = (list[i] + 1) % fashion.NumClasses
			}
		}
		return list
	}
	best, most := 0, -1
	var ofBest []fashion.Label
	for epoch, accuracy := range s.accuracies {
		list, hits := classes(s.images, accuracy), 0
		for i := range list {
			if list[i] == labels[i] {
				hits++
			}
		}
		if hits > most {
			best, most, ofBest = epoch+1, hits, list
		}
		if s.kept {
			err = errors.Join(err, r.KeepEpoch(epoch+1, indices, labels, list))
		}
		history = append(history, run.Epoch{Epoch: epoch + 1, ValidationAccuracy: float64(hits) / float64(s.images)})
	}
	r.Record.BestEpoch, r.Record.Parameters, r.Record.Seconds = best, 1000, 60
	err = errors.Join(err, r.SaveHistory(history), r.SavePredictions(run.Validation, certain(ofBest)),
		r.SavePredictions(run.Test, certain(classes(10000, s.accuracies[best-1]))), r.Finish())
	if err != nil {
		t.Fatal(err)
	}
}

// certain are predictions of those classes for as many images, whose labels are 0 to 9 in turn.
func certain(classes []fashion.Label) (p run.Predictions) {
	for i, c := range classes {
		row := make([]float32, fashion.NumClasses)
		row[c] = 1
		p.Indices, p.Labels, p.Probabilities = append(p.Indices, int32(i)), append(p.Labels, fashion.Label(i%fashion.NumClasses)), append(p.Probabilities, row)
	}
	return p
}

func claim(t *testing.T, name string) claims.Claim {
	t.Helper()
	c, err := claims.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func judge(t *testing.T, name string, stores ...run.Store) claims.Judgement {
	t.Helper()
	j, err := claim(t, name).Judge(study.Full, stores...)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// plateauAndConstant makes the runs that decide the claim on the plateau, with so many seeds.
func plateauAndConstant(t *testing.T, store run.Store, seeds int, plateau, constant simulated) {
	t.Helper()
	c := claim(t, "plateau").Comparisons(study.Full)[0]
	for seed := range uint64(seeds) {
		plateau.save(t, store, c.Variant.Members(seed + 1)[0])
		constant.save(t, store, c.Baseline.Members(seed + 1)[0])
	}
}

func TestVerdictIsThatOfTheIntervalOverSeedsAndImages(t *testing.T) {
	for _, c := range []struct {
		plateau, constant float64
		want              claims.Verdict
	}{{0.92, 0.9, claims.Confirmed}, {0.9, 0.92, claims.Contradicted}, {0.9, 0.9, claims.NoDifference}} {
		store := run.StoreAt(t.TempDir(), false)
		plateauAndConstant(t, store, 3, good(c.plateau), good(c.constant))
		j := judge(t, "plateau", store)
		f := j.Findings[0]
		r := f.Results[0]
		if j.Verdict() != c.want || f.Lacks() != "" || r.Seeds != 3 || r.Images != 12000 || r.Measure != claims.TwoFold {
			t.Errorf("accuracies of %v and %v give %q by %+v (%s), want %q", c.plateau, c.constant, j.Verdict(), r, f.Lacks(), c.want)
		}
		if math.Abs(r.Effect.Value-(c.plateau-c.constant)) > 0.004 || math.Abs(r.Variant-r.Baseline-r.Effect.Value) > 1e-9 || !(r.Effect.Detectable > 0 && r.Effect.Detectable < 0.02) {
			t.Errorf("accuracies of %v and %v give %+v", c.plateau, c.constant, r)
		}
		if len(f.Results) != 3 || f.Results[1].Measure != claims.OnTest || f.Results[1].Images != 10000 || f.Results[2].Measure != claims.LastEpoch {
			t.Errorf("the results are %+v, want one of each measure", f.Results)
		}
		if len(f.Runs) != 6 || f.Cost != (claims.Cost{Parameters: 1000, Minutes: 1, Seeds: 3}) {
			t.Errorf("%d runs, cost %+v", len(f.Runs), f.Cost)
		}
		if len(j.Missing) != j.Trainings-6 {
			t.Errorf("%d of %d trainings are missing, want 6 fewer", len(j.Missing), j.Trainings)
		}
		for _, other := range j.Findings[1:] {
			if other.Verdict() != claims.NotTested {
				t.Errorf("%s, which has no runs of the variant or of the baseline, is %q", other.Name(), other.Verdict())
			}
		}
	}
}

func TestClaimWithoutEnoughSeedsOrImagesIsNotTested(t *testing.T) {
	few := good(0.99)
	few.images = 9990
	for seeds, want := range []string{"0 of 3 seeds", "1 of 3 seeds", "2 of 3 seeds"} {
		store := run.StoreAt(t.TempDir(), false)
		plateauAndConstant(t, store, seeds, good(0.99), good(0.8))
		j := judge(t, "plateau", store)
		f := j.Findings[0]
		if j.Verdict() != claims.NotTested || f.Lacks() != want || len(j.Missing) != j.Trainings-2*seeds {
			t.Errorf("with %d seeds it is %q, %q, and %d of %d are missing", seeds, j.Verdict(), f.Lacks(), len(j.Missing), j.Trainings)
		}
		if seeds == 1 && (math.Abs(f.Results[0].Effect.Value-0.19) > 0.01 || !math.IsNaN(f.Results[0].Effect.Low)) {
			t.Errorf("one seed gives %+v, want the difference without an interval", f.Results[0].Effect)
		}
	}
	store := run.StoreAt(t.TempDir(), false)
	plateauAndConstant(t, store, 3, few, few)
	if f := judge(t, "plateau", store).Findings[0]; f.Verdict() != claims.NotTested || f.Lacks() != "9,990 of 10,000 images" {
		t.Errorf("with few images it is %q, %q", f.Verdict(), f.Lacks())
	}
}

// A network whose accuracy varies over its epochs by chance alone looks better by its best epoch on the images that chose it.
func TestNoHalfOfTheImagesChoosesTheEpochThatItJudges(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	flat := simulated{images: 12000, kept: true}
	for range 60 {
		flat.accuracies = append(flat.accuracies, 0.9)
	}
	plateauAndConstant(t, store, 3, flat, good(0.9))
	j := judge(t, "plateau", store)
	r := j.Findings[0].Results[0]
	naive := 0.0
	for _, run := range j.Findings[0].Runs {
		p, err := run.Predictions("validation")
		if err != nil {
			t.Fatal(err)
		}
		difference := float64(p.Correct()) / 12000 / 3
		if strings.Contains(run.Dir, "constant") {
			difference = -difference
		}
		naive += difference
	}
	if math.Abs(r.Effect.Value) > naive/2 || r.Effect.Low > 0 {
		t.Errorf("without a difference the effect is %s, and %+.4f by the images that chose the epoch", r.Effect.Signed(), naive)
	}
}

func TestRunsThatKeptNoEpochsAreJudgedOnTheTestImages(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	old := good(0.9)
	old.kept = false
	plateauAndConstant(t, store, 3, good(0.92), old)
	f := judge(t, "plateau", store).Findings[0]
	if r := f.Results[0]; f.Verdict() != claims.Confirmed || r.Measure != claims.OnTest || r.Images != 10000 {
		t.Errorf("it is %q by %+v", f.Verdict(), r)
	}
	if r := f.Results[1]; r.Measure != claims.LastEpoch || r.Seeds != 3 {
		t.Errorf("the last epoch, which was the best, is %+v", r)
	}
}

func TestTableNamesTheEpochThatTheRecipesKeep(t *testing.T) {
	for name, want := range map[string]string{"plateau": "test images, best epoch on the validation images", "distillation": "test images, last epoch"} {
		store := run.StoreAt(t.TempDir(), false)
		c := claim(t, name).Comparisons(study.Full)[0]
		for _, s := range []claims.Side{c.Variant, c.Baseline} {
			good(0.9).save(t, store, s.Members(1)[0])
		}
		_, rows := judge(t, name, store).Table()
		if !slices.ContainsFunc(rows, func(row []string) bool { return slices.Contains(row, want) }) {
			t.Errorf("%s: the table has the rows %q, want one with %q", name, rows, want)
		}
	}
}

func TestRunsOfAnotherRecipeUnfinishedOrCorruptOnesAreMissing(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	plateauAndConstant(t, store, 3, good(0.92), good(0.9))
	whole := judge(t, "plateau", store)
	c := whole.Claim.Comparisons(study.Full)[0]
	dir := func(s claims.Side, seed uint64) string {
		path, err := store.Path(s.Members(seed)[0].Run)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := c.Variant.Members(1)[0]
	other.Recipe.Epochs++
	err := errors.Join(os.RemoveAll(dir(c.Variant, 1)), os.WriteFile(filepath.Join(dir(c.Variant, 2), "recipe.json"), nil, 0o666), os.Remove(filepath.Join(dir(c.Variant, 3), "done")))
	if err != nil {
		t.Fatal(err)
	}
	good(0.99).save(t, store, other)
	j := judge(t, "plateau", store)
	if len(j.Missing) != len(whole.Missing)+3 || j.Verdict() != claims.NotTested || len(j.Findings[0].Results) > 0 {
		t.Errorf("%d are missing, want %d; it is %q by %+v", len(j.Missing), len(whole.Missing)+3, j.Verdict(), j.Findings[0].Results)
	}
	// Another store has them.
	full := run.StoreAt(t.TempDir(), true)
	plateauAndConstant(t, full, 3, good(0.92), good(0.9))
	if j := judge(t, "plateau", full, store); j.Verdict() != claims.Confirmed {
		t.Errorf("with a second store it is %q", j.Verdict())
	}
}

func TestEnsembleIsJudgedOnTheTestImagesOnceAllMembersAreThere(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	c := claim(t, "ensemble").Comparisons(study.Full)[0]
	for seed := uint64(1); seed <= 3; seed++ {
		for i, v := range c.Variant.Members(seed) {
			if f := judge(t, "ensemble", store).Findings[0]; len(f.Results) > 0 && f.Results[0].Seeds != int(seed)-1 {
				t.Errorf("with %d members and %d seeds it has %d seeds", i, seed, f.Results[0].Seeds)
			}
			good(0.9).save(t, store, v)
		}
	}
	j := judge(t, "ensemble", store)
	f := j.Findings[0]
	if r := f.Results[0]; j.Verdict() == claims.NotTested || r.Measure != claims.OnTest || r.Seeds != 3 || len(f.Results) != 1 || len(f.Runs) != 9 {
		t.Errorf("it is %q by %+v", j.Verdict(), f.Results)
	}
	if f.VariantCost != (claims.Cost{Parameters: 3000, Minutes: 3, Seeds: 3}) || f.Cost != (claims.Cost{Parameters: 1000, Minutes: 1, Seeds: 3}) {
		t.Errorf("the costs are %+v and %+v", f.VariantCost, f.Cost)
	}
	// The CNN need not be better to be viable.
	viable := judge(t, "cnn", store)
	if f := viable.Findings[0]; f.Margin >= 0 || f.Verdict() != claims.Confirmed || f.Results[0].Effect.Low > 0 {
		t.Errorf("a CNN as good as the ensemble is %q: %+v", f.Verdict(), f.Results)
	}
}

func TestAllComparisonsOfAClaimHaveVerdictsOnceAllTrainingsAreThere(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	c := claim(t, "gan")
	for i, v := range claims.Queue(study.Full, c) {
		if j := judge(t, c.Name, store); len(j.Missing) != j.Trainings-i || j.Trainings != 18 {
			t.Fatalf("after %d trainings %d of %d are missing", i, len(j.Missing), j.Trainings)
		}
		accuracy := 0.9
		if v.Recipe.Data.Synthetic.Hard {
			accuracy = 0.93
		}
		good(accuracy).save(t, store, v)
	}
	j := judge(t, c.Name, store)
	for _, f := range j.Findings {
		want := claims.NoDifference
		if f.Variant.Members(1)[0].Recipe.Data.Synthetic.Hard != f.Baseline.Members(1)[0].Recipe.Data.Synthetic.Hard {
			want = claims.Confirmed
		}
		if f.Verdict() != want {
			t.Errorf("%s is %q, want %q: %+v", f.Name(), f.Verdict(), want, f.Results)
		}
	}
	if len(j.Missing) != 0 || len(j.Effects()) != len(j.Findings) || strings.Contains(strings.Join(j.Notes(), "\n"), "Missing") {
		t.Errorf("%d are missing, %d of %d comparisons have an effect, notes %q", len(j.Missing), len(j.Effects()), len(j.Findings), j.Notes())
	}
}

func TestRuleAndCommandSayWhatDecidesAndWhatIsToBeDone(t *testing.T) {
	for _, want := range []string{"3 seeds", "10,000 images", string(claims.NotTested), "one half of them chooses the epoch"} {
		if !strings.Contains(claims.Rule(), want) {
			t.Errorf("the rule %q does not mention %q", claims.Rule(), want)
		}
	}
	for _, c := range claims.All() {
		j := judge(t, c.Name)
		if want := fmt.Sprintf("-profile full -claim %s", c.Name); !strings.HasSuffix(j.Command(), want) || j.Verdict() != claims.NotTested || len(j.Missing) != j.Trainings {
			t.Errorf("%s: %q, %q, %d of %d missing", c.Name, j.Command(), j.Verdict(), len(j.Missing), j.Trainings)
		}
	}
}

func TestDifferencesByCostHaveTheCheapestFirstAndLeaveOutWhatWasNotRun(t *testing.T) {
	store := run.StoreAt(t.TempDir(), false)
	c := claim(t, "ingredients")
	all := c.Comparisons(study.Full)
	save := func(s claims.Side, accuracy, seconds float64) {
		for seed := uint64(1); seed <= 2; seed++ {
			v := s.Members(seed)[0]
			good(accuracy).save(t, store, v)
			r := begin(t, store, v)
			r.Record.Seconds = seconds
			if err := errors.Join(r.SaveRecord(), r.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	save(all[0].Baseline, 0.9, 60)
	save(all[0].Variant, 0.95, 120)
	save(all[1].Variant, 0.9, 66)
	j, err := c.Judge(study.Full, store)
	if err != nil {
		t.Fatal(err)
	}
	list := j.ByCost()
	if len(list) != 2 || list[0].Name != all[1].Variant.Name+", 1.10 times" || list[1].Name != all[0].Variant.Name+", 2.00 times" {
		t.Fatalf("the differences are %v, want two, the cheaper first", list)
	}
	if d := list[1].Value; math.Abs(d.Value-0.05) > 0.005 || !(d.Low < d.Value && d.Value < d.High) {
		t.Errorf("the difference is %v, want 0.05 with an interval", d)
	}
}
