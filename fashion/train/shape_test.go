package train_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
	"fashionlab/fashion/train"
)

// hue is a picture whose class is its hue: all have the same range of grey values.
func hue(class int, r *rand.Rand) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	grey := 60 + 60*r.Float64() // weighted as image/color does
	full := [][3]float64{{1, 0.35, 0}, {0, 0.6, 0.45}, {0.45, 0.3, 1}}[class]
	scale := grey / (0.299*full[0] + 0.587*full[1] + 0.114*full[2])
	for i := range 40 * 40 {
		noise := 20 * r.Float64()
		img.SetRGBA(i%40, i/40, color.RGBA{level(full[0]*scale + noise), level(full[1]*scale + noise), level(full[2]*scale + noise), 255})
	}
	return img
}

func level(v float64) uint8 { return uint8(min(max(v, 0), 255)) }

// texture is a picture of 64x64 pixels whose class is the direction of stripes three pixels apart, which are grey where more than two pixels become one.
func texture(class int, r *rand.Rand) image.Image {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	shift, contrast := r.IntN(3), 40+40*r.Float64()
	for i := range 64 * 64 {
		x, y := i%64, i/64
		along := []int{x, y, x + y}[class]
		img.Pix[i] = level(128 + contrast*float64((along+shift)%3-1) + 10*r.NormFloat64())
	}
	return img
}

// folderOf is a folder of n pictures of each of three classes.
func folderOf(t *testing.T, n int, draw func(class int, r *rand.Rand) image.Image) string {
	t.Helper()
	dir, r := t.TempDir(), rand.New(rand.NewPCG(7, 7))
	for class := range 3 {
		folder := filepath.Join(dir, fmt.Sprint("class ", class))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.png", i)))
			if err == nil {
				err = png.Encode(f, draw(class, r))
			}
			if err == nil {
				err = f.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// explains checks that a model of images in colour shows what it sees.
func explains(t *testing.T, r *run.Run) {
	t.Helper()
	m, err := infer.Load(r)
	if err != nil {
		t.Fatal(err)
	}
	set, err := dataset.Test(r.Recipe.Data)
	if err != nil {
		t.Fatal(err)
	}
	set = set.Range(0, 2)
	gradCAM, err := m.GradCAMOf(set, set.Labels...)
	if err != nil {
		t.Fatal(err)
	}
	occlusion, err := m.OcclusionOf(set, 8, set.Labels...)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]infer.Explanation{"Grad-CAM": gradCAM, "occlusion": occlusion} {
		if len(e.Maps) != 2 || len(e.Maps[0]) != fashion.Pixels {
			t.Errorf("%s has %d maps", name, len(e.Maps))
		}
	}
	if slices.Max(occlusion.Maps[0]) != 1 { // its colour is all over the picture
		t.Error("covering a part of a picture changes nothing")
	}
	if _, err := plots.HeatMapsOf("Occlusion", "hues", set, occlusion.Maps, []string{"a", "b"}).SVG(); err != nil {
		t.Error(err)
	}
	features, err := m.FeaturesOf(set)
	if err != nil || len(features) != 2 {
		t.Errorf("%d rows of features (%v)", len(features), err)
	}
	activations, err := m.ActivationsOf(set)
	if err != nil || len(activations) == 0 || activations[0].Shape[0] != 2 {
		t.Errorf("%d activations (%v)", len(activations), err)
	}
	if _, err := m.Occlusion(make([]fashion.Image, 1), 8); err == nil {
		t.Error("grey images are explained by a model of colours")
	}
}

// What tells classes apart is learned in the shape that shows it, and not in the one that hides it.
func TestColourAndFineTexturesAreLearnedWhereTheShapeShowsThem(t *testing.T) {
	t.Setenv("FASHIONLAB_HOME", t.TempDir())
	t.Setenv(run.RootVariable, t.TempDir())
	hues, textures := folderOf(t, 70, hue), folderOf(t, 70, texture)
	for _, c := range []struct {
		name, dir   string
		shape       fashion.Shape
		least, most float64 // accuracy on 30 test images
	}{
		{"hue-grey", hues, fashion.Shape{}, 0, 0.62},
		{"hue-colour", hues, fashion.Shape{Channels: 3}, 0.95, 1},
		{"texture-28", textures, fashion.Shape{}, 0, 0.62},
		{"texture-64", textures, fashion.Shape{Side: 64}, 0.95, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			kept, _, err := pictures.Preparation{Fit: pictures.Crop, Shape: c.shape}.Keep(t.Context(), c.dir)
			if err != nil {
				t.Fatal(err)
			}
			r := kept.For(recipe())
			r.Model = recipes.Model{Name: "cnn", Filters: 8, Depth: 1, Hidden: 16, Shape: c.shape, Classes: 3}
			r.Data.Limit, r.Epochs, r.Batch, r.Optimizer.LearningRate = 0, 12, 16, 0.003
			if c.dir == textures {
				r.Augmentation = recipes.Augmentation{} // which blurs them
			}
			fitted, err := train.Fit(c.name, r, nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := infer.Test(fitted)
			if err != nil {
				t.Fatal(err)
			}
			accuracy := metrics.Accuracy(p)
			t.Logf("%v on test images", accuracy)
			if accuracy.Value < c.least || accuracy.Value > c.most {
				t.Errorf("the accuracy is %v, want %v to %v", accuracy, c.least, c.most)
			}
			if c.name == "hue-colour" {
				explains(t, fitted)
			}
		})
	}
}
