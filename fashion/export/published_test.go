package export

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/run"
)

func published(t *testing.T, name string) *run.Run {
	t.Helper()
	r, err := run.Published().Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFilesOfPublishedRunsSayWhatTheyAre(t *testing.T) {
	for name, want := range map[string]struct{ inputs, output, accuracy string }{
		"full/residual": {"images", "probabilities", "0.9471"},
		"full/gan":      {"latents classes", "images", ""},
	} {
		file, err := ONNX(name, published(t, name), Options{Bytes: true, Softmax: want.output == Probabilities})
		if err != nil {
			t.Fatal(err)
		}
		m := parse(t, file)
		inputs := map[string]bool{}
		for _, i := range m.Graph.Input {
			inputs[i.Name] = true
		}
		metadata := map[string]string{}
		for _, p := range m.MetadataProps {
			metadata[p.Key] = p.Value
		}
		var classes []string
		if err := json.Unmarshal([]byte(metadata["classes"]), &classes); err != nil || len(classes) != 10 || classes[9] != "Ankle boot" {
			t.Errorf("%s: the classes are %q", name, metadata["classes"])
		}
		for _, input := range bytes.Fields([]byte(want.inputs)) {
			if !inputs[string(input)] {
				t.Errorf("%s: the inputs are %v, want %s", name, inputs, want.inputs)
			}
		}
		if m.Graph.Output[0].Name != want.output || metadata["accuracy"] != want.accuracy || metadata["run"] != name || len(metadata["recipe_sha256"]) != 64 {
			t.Errorf("%s: the output is %s and the metadata are %v", name, m.Graph.Output[0].Name, metadata)
		}
	}
}

func TestOnnxruntimeGivesThePublishedNetworksOutputs(t *testing.T) {
	path, _ := python(t, "numpy", "onnx", "onnxruntime")
	dir := t.TempDir()
	add := func(name string, o Options) string {
		t.Helper()
		folder := filepath.Join(dir, filepath.Base(name))
		file, err := ONNX(name, published(t, name), o)
		if err == nil {
			err = os.Mkdir(folder, 0o777)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "model.onnx"), file, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		return folder
	}
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.Load(published(t, "full/residual"))
	if err != nil {
		t.Fatal(err)
	}
	images := set.Images[:16]
	want, err := m.Probabilities(images)
	if err != nil {
		t.Fatal(err)
	}
	residual := add("full/residual", Options{Bytes: true, Softmax: true})
	writeArray(t, filepath.Join(residual, Images+".npy"), "|u1", pixels(images), len(images), 28, 28)
	writeArray(t, filepath.Join(residual, "output.npy"), "<f4", slices.Concat(want...), len(want), 10)

	g, err := gan.Load(published(t, "full/gan"))
	if err != nil {
		t.Fatal(err)
	}
	var codes []gan.Code
	var latents, classes []float32
	for i, latent := range g.Latents(4, 1) {
		c := gan.CodeOf(latent, fashion.Label(i))
		codes, latents, classes = append(codes, c), append(latents, c.Latent...), append(classes, c.Classes[:]...)
	}
	made, err := g.Images(codes)
	if err != nil {
		t.Fatal(err)
	}
	generator := add("full/gan", Options{Bytes: true})
	writeArray(t, filepath.Join(generator, Latents+".npy"), "<f4", latents, 4, g.Latent)
	writeArray(t, filepath.Join(generator, Classes+".npy"), "<f4", classes, 4, 10)
	writeArray(t, filepath.Join(generator, "output.npy"), "|u1", pixels(made), 4, 28, 28)

	most := map[string]float64{"residual": tolerance, "gan": 1} // grey levels: rounding may differ
	c := exec.CommandContext(t.Context(), path, "../../testdata/onnx/check.py", residual, generator)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var got checked
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if t.Logf("%s: the outputs differ by %.2g", got.Folder, got.Difference); !(got.Difference <= most[got.Folder]) {
			t.Errorf("%s: the outputs differ by %.2g, want at most %.2g", got.Folder, got.Difference, most[got.Folder])
		}
	}
}

func TestGeneratorWithASoftmaxIsAnError(t *testing.T) {
	if _, err := ONNX("full/gan", published(t, "full/gan"), Options{Softmax: true}); err == nil || !strings.Contains(err.Error(), "a generator has no logits") {
		t.Errorf("the error is %v", err)
	}
}
