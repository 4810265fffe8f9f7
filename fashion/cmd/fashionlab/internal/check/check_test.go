package check

import (
	"bytes"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/study"
)

func reference(t *testing.T) map[string]outputs {
	t.Helper()
	values, err := readReference("")
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestRecordedValuesHoldInTheFormsForCPUAndGPU(t *testing.T) {
	backend, err := infer.Backend()
	if err != nil {
		t.Fatalf("%v\n`go run ./kernel-setup test` does the missing set-up and runs all tests", err)
	}
	for _, name := range []string{"cnn", "gan"} {
		r, err := study.ByName(name, study.Full)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []layers.Form{layers.ForCPU, layers.ForGPU} {
			got, err := compute(backend, r, form)
			if err != nil {
				t.Fatal(err)
			}
			d, err := compare(got, reference(t)[name])
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, layers %s: %s", name, form, d)
			if err := d.within(boundsOf(name, false)); err != nil {
				t.Errorf("%s, layers %s: %s: %v", name, form, d, err)
			}
		}
	}
}

func TestEveryCheckedNetworkIsRecorded(t *testing.T) {
	recorded := reference(t)
	for _, name := range Recipes() {
		one, ok := recorded[name]
		if !ok {
			t.Errorf("%s is not recorded", name)
			continue
		}
		want := 10 * batch // logits
		if strings.HasSuffix(name, "gan") {
			want = 2 * batch // scores
		}
		if len(one.Inference) != want || len(one.Training) != want {
			t.Errorf("%s has %d and %d logits or scores, want %d", name, len(one.Inference), len(one.Training), want)
		}
		for parameter, g := range one.Gradients {
			if !(g.Norm >= 0) || math.IsInf(float64(g.Norm), 0) || math.Abs(float64(g.Signed)) > float64(g.Norm)*1e4 {
				t.Errorf("%s: the gradient of %s is %+v", name, parameter, g)
			}
		}
	}
}

func TestAChangedValueIsReported(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		want   string // in the error; none for ""
		change func(o *outputs)
	}{
		{"", func(*outputs) {}},
		{"inference may differ by 1e-05", func(o *outputs) { o.Inference[639] += 0.001 }},
		{"inference may differ by 1e-05", func(o *outputs) { o.Inference[5] = nan }},
		{"training may differ by 1e-04", func(o *outputs) { o.Training[0] *= 1.1 }},
		{"loss may differ by 1e-05", func(o *outputs) { o.Loss *= 1.001 }},
		{"gradient may differ by 1e-02", func(o *outputs) { turn(o, "hidden/kernel") }},
		{"gradient of a parameter may differ by 3e-02", func(o *outputs) { turn(o, "stage1/conv1/bias") }},
		{"gradient of a parameter may differ by 3e-02", func(o *outputs) { o.Gradients["logits/bias"] = gradient{nan, 0} }},
		{"11 parameters, recorded are 640 and 12", func(o *outputs) { delete(o.Gradients, "logits/bias") }},
		{"logits/bias is none of this", func(o *outputs) { delete(o.Gradients, "logits/bias"); o.Gradients["head/bias"] = gradient{} }},
	} {
		recorded := reference(t)["cnn"]
		got := recorded
		got.Inference, got.Training, got.Gradients = slices.Clone(recorded.Inference), slices.Clone(recorded.Training), maps.Clone(recorded.Gradients)
		c.change(&got)
		d, err := compare(got, recorded)
		if err == nil {
			err = d.within(boundsOf("cnn", false))
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("unchanged values: %v", err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("a changed value gives %v, want %q", err, c.want)
		}
	}
}

// turn gives a gradient the opposite direction and leaves its norm.
func turn(o *outputs, parameter string) {
	g := o.Gradients[parameter]
	o.Gradients[parameter] = gradient{g.Norm, -g.Signed}
}

func TestCheckFailsWhereValuesAreNotTheRecordedOnes(t *testing.T) {
	against, written := filepath.Join(t.TempDir(), "changed.json"), filepath.Join(t.TempDir(), "values.json")
	changed := reference(t)["cnn"]
	changed.Loss *= 1.01
	if err := writeReference(against, map[string]outputs{"cnn": changed}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := Networks(&out, Options{Recipes: []string{"cnn", "vgg"}, Against: against, Write: written})
	if err == nil || !strings.Contains(err.Error(), "2 of 2 networks") {
		t.Errorf("check gives %v, want an error about two networks", err)
	}
	for _, want := range []string{"WRONG: loss may differ by 1e-05\n", `WRONG: recipe is "vgg"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("check prints\n%swant %q in it", &out, want)
		}
	}
	values, err := readReference(written)
	if err != nil {
		t.Fatal(err)
	}
	d, err := compare(values["cnn"], reference(t)["cnn"])
	if err != nil || d.Loss > 1e-5 || len(values) != 1 {
		t.Errorf("check writes values of %d networks; they differ from the recorded ones by %s, %v", len(values), d, err)
	}
}
