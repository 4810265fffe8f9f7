package bench

import (
	"compress/gzip"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fashionlab/fashion/device"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

func TestPeersDoNotInheritTheSettingsOfOurBackend(t *testing.T) {
	for _, name := range ours {
		t.Setenv(name, "set for ours")
	}
	t.Setenv("OF_THE_USER", "kept")
	for where, want := range map[string][]string{
		cpu:  {"JAX_PLATFORMS=cpu", "CUDA_VISIBLE_DEVICES=-1", "OF_THE_USER=kept"},
		cuda: {"XLA_PYTHON_CLIENT_PREALLOCATE=false", "TF_FORCE_GPU_ALLOW_GROWTH=true", "OF_THE_USER=kept"},
	} {
		c, err := interpreter{path: "python3", device: where}.command()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range c.Env {
			if name, _, _ := strings.Cut(v, "="); slices.Contains(ours, name) {
				t.Errorf("on %s a peer inherits %s", where, v)
			}
		}
		for _, v := range want {
			if !slices.Contains(c.Env, v) {
				t.Errorf("on %s a peer's environment lacks %s", where, v)
			}
		}
	}
	shared, err := interpreter{"python3", cpu, true}.command()
	if err != nil {
		t.Fatal(err)
	}
	var inherited []string
	for _, v := range shared.Env {
		if name, value, _ := strings.Cut(v, "="); value == "set for ours" {
			inherited = append(inherited, name)
		}
	}
	if !slices.Equal(inherited, []string{device.TunablesVariable}) {
		t.Errorf("a peer with the allocator's settings inherits %q of ours", inherited)
	}
	if _, err := (interpreter{path: "python3", device: "tpu"}).command(); err == nil || !strings.Contains(err.Error(), `"tpu"`) {
		t.Errorf("a peer on a TPU: the error is %v", err)
	}
}

func TestPeersReadTheDataSetCompressedOrNot(t *testing.T) {
	for compressed, write := range map[bool]func(dir, name string, content []byte) error{
		false: func(dir, name string, content []byte) error {
			return os.WriteFile(filepath.Join(dir, name), content, 0o666)
		},
		true: func(dir, name string, content []byte) error {
			f, err := os.Create(filepath.Join(dir, name+".gz"))
			if err != nil {
				return err
			}
			z := gzip.NewWriter(f)
			_, err = z.Write(content)
			return errors.Join(err, z.Close(), f.Close())
		},
	} {
		dir := t.TempDir()
		images, labels := append(make([]byte, 16), "the images"...), append(make([]byte, 8), "the labels"...)
		if err := errors.Join(write(dir, "train-images-idx3-ubyte", images), write(dir, "train-labels-idx1-ubyte", labels)); err != nil {
			t.Fatal(err)
		}
		source, err := peerScripts.ReadFile("peers/fashion_mnist.py")
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("python3", "-c", string(source)+"\nimport sys\nprint(*training(sys.argv[1]))", dir).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != "b'the images' b'the labels'" {
			t.Errorf("compressed %v: Python reads %s (%v)", compressed, got, err)
		}
	}
}

func TestPeersAreAskedForWhatTheyHave(t *testing.T) {
	shifted := func(r *recipes.Recipe) { r.Augmentation = study.AdoptedAugmentation() }
	plain := func(r *recipes.Recipe) { r.Augmentation = recipes.Augmentation{} }
	for _, c := range []struct {
		recipe string
		change func(*recipes.Recipe)
		want   string
	}{
		{"cnn", plain, "keras torch jax"},
		{"cnn", shifted, "keras"},
		{"residual", plain, "torch jax"},
		{"resnet50", plain, "keras torch jax"},
		{"resnet50-small-stem", plain, "torch jax"},
		{"convnext-transfer", plain, "torch"},
		{"gan", plain, "keras_gan torch_gan"},
		{"dcgan", plain, ""}, // the study's own network alone is timed beside others
	} {
		r, err := study.ByName(c.recipe, study.Quick)
		if err != nil {
			t.Fatal(err)
		}
		c.change(&r)
		var scripts []string
		for _, p := range peers {
			if p.has(r) {
				scripts = append(scripts, p.script)
				if _, err := peerScripts.ReadFile("peers/" + p.script + ".py"); err != nil {
					t.Error(err)
				}
			}
		}
		if got := strings.Join(scripts, " "); got != c.want {
			t.Errorf("%s with augmentation %+v has the peers %q, want %q", c.recipe, r.Augmentation, got, c.want)
		}
	}
}

func TestVariantsIncludeTheRecipeWithoutItsAugmentation(t *testing.T) {
	recipe := recipes.Recipe{Augmentation: study.AdoptedAugmentation()}
	list := Variants(recipe, false, false)
	if len(list) != 2 || list[0].recipe.Augmentation != study.AdoptedAugmentation() || list[1].recipe.Augmentation != (recipes.Augmentation{}) || !list[1].peers {
		t.Errorf("variants of an augmented recipe are %+v, want it and the same without augmentation", list)
	}
	if list := Variants(recipes.Recipe{}, false, false); len(list) != 1 {
		t.Errorf("a recipe without augmentation has %d variants, want itself", len(list))
	}
}

func TestLastLineIsWhatAPythonErrorSays(t *testing.T) {
	if got := lastLine([]byte("Traceback:\n  File\nModuleNotFoundError: No module named 'jax'\n")); got != "ModuleNotFoundError: No module named 'jax'" {
		t.Errorf("the last line is %q", got)
	}
	if got := lastLine(nil); got != "" {
		t.Errorf("the last line of nothing is %q", got)
	}
}
