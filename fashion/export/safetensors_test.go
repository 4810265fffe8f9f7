package export

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/internal/safetensors"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// metadataOf is what the file of a network without a run says.
func metadataOf(t *testing.T, m recipes.Model) map[string]string {
	t.Helper()
	metadata, err := Metadata("test/"+m.Name, &run.Run{Recipe: recipes.Recipe{Model: m}})
	if err != nil {
		t.Fatal(err)
	}
	return metadata
}

// Test-time augmentation is no part of the parameters.
var portable = map[string]recipes.Model{"cnn": networks["cnn"], "residual": {Name: "residual", Width: 4, Squeeze: 4}}

func TestSafetensorsHaveTheParametersAndTheRecipe(t *testing.T) {
	parameters, err := random(t, portable["cnn"]).Parameters()
	if err != nil {
		t.Fatal(err)
	}
	file, err := encodeSafetensors(parameters, metadataOf(t, portable["cnn"]))
	if err != nil {
		t.Fatal(err)
	}
	metadata, list, err := safetensors.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	var recipe recipes.Recipe
	if err := json.Unmarshal([]byte(metadata["recipe"]), &recipe); err != nil || recipe.Model != portable["cnn"] || len(metadata["recipe_sha256"]) != 64 {
		t.Errorf("the recipe is of %+v, %v, with the digest %q", recipe.Model, err, metadata["recipe_sha256"])
	}
	i := slices.IndexFunc(list, func(t safetensors.Tensor) bool { return t.Name == "stage1/conv1/kernel" })
	if i < 0 || !slices.Equal(list[i].Shape, []int{3, 3, 1, 4}) || list[i].DType != "F32" {
		t.Errorf("the file has %d tensors, and no float32 stage1/conv1/kernel of [3, 3, 1, 4]", len(list))
	}
}

// loaded is what the snippets of testdata/safetensors gave when they were run, with the versions of their libraries.
type loaded struct {
	Snippet    string            `json:"snippet"`
	Network    string            `json:"network"`
	Difference float64           `json:"difference"` // of the logits
	Versions   map[string]string `json:"versions"`
}

func TestSnippetsGaveTheNetworksLogits(t *testing.T) {
	var recorded []loaded
	fixture.Numbers(t, "safetensors/loaded.json", &recorded)
	if len(recorded) != 3 {
		t.Errorf("%d results are recorded, want 3", len(recorded))
	}
	for _, l := range recorded {
		if !(l.Difference <= tolerance) {
			t.Errorf("%s: the logits of %s differ by %.2g, want at most %.2g", l.Snippet, l.Network, l.Difference, tolerance)
		}
	}
}

func TestSafetensorsGiveTheSameLogitsInPyTorch(t *testing.T) {
	path, _ := python(t, "numpy", "torch", "safetensors")
	for _, name := range []string{"cnn", "residual"} {
		compareSnippet(t, path, "in_torch.py", name)
	}
}

func TestSafetensorsGiveTheSameLogitsInKeras(t *testing.T) {
	path, _ := python(t, "numpy", "keras", "safetensors")
	compareSnippet(t, path, "in_keras.py", "cnn")
}

// compareSnippet compares a snippet's logits with the network's.
func compareSnippet(t *testing.T, python, snippet, name string) {
	t.Helper()
	m := random(t, portable[name])
	parameters, err := m.Parameters()
	if err != nil {
		t.Fatal(err)
	}
	file, err := encodeSafetensors(parameters, metadataOf(t, portable[name]))
	if err != nil {
		t.Fatal(err)
	}
	images := randomImages(3)
	want, err := m.Logits(images)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	at := filepath.Join(dir, "network.safetensors")
	if err := os.WriteFile(at, file, 0o666); err != nil {
		t.Fatal(err)
	}
	writeArray(t, filepath.Join(dir, "images.npy"), "|u1", pixels(images), len(images), 28, 28)
	c := exec.CommandContext(t.Context(), python, "../../testdata/safetensors/"+snippet, at, filepath.Join(dir, "images.npy"))
	out, err := c.Output()
	if exit, ok := err.(*exec.ExitError); ok {
		t.Fatalf("%s: %v\n%s", snippet, err, exit.Stderr)
	}
	var got []float32
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var row []float32
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		got = append(got, row...)
	}
	d := difference(got, slices.Concat(want...))
	t.Logf("%s: the logits of %s differ by %.2g", snippet, name, d)
	if !(d <= tolerance) {
		t.Errorf("%s: the logits of %s differ by %.2g, want at most %.2g", snippet, name, d, tolerance)
	}
}
