package augment

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

// Preview returns the images transformed by their parameters, to be looked at; what a user-defined transform makes darker than 0 or lighter than 1 is shown as that. It executes the graph of a training on GoMLX's own backend, which needs no plugin. own must contain
// the user-defined transform that the augmentation names, if any.
func Preview(a recipes.Augmentation, images []fashion.Image, parameters []Parameters, own ...Own) (changed []fashion.Image, err error) {
	if len(images) != len(parameters) {
		return nil, fmt.Errorf("%d images and %d parameters, want the same number", len(images), len(parameters))
	}
	if err := errors.Join(a.Validate(), Check(a, own...)); err != nil {
		return nil, err
	}
	if len(images) == 0 || EncodedSize(a) == 0 {
		return images, nil
	}
	var pixels []float32
	for i, image := range images {
		for _, v := range image {
			pixels = append(pixels, float32(v)/255)
		}
		if n := len(parameters[i].Patches); n != a.Cutout.Count {
			return nil, fmt.Errorf("image %d has %d patches, want the augmentation's %d", i, n, a.Cutout.Count)
		}
		if n := len(parameters[i].Own); n != a.Own.Numbers {
			return nil, fmt.Errorf("image %d has %d numbers of the transform %q, want the augmentation's %d", i, n, a.Own.Name, a.Own.Numbers)
		}
	}
	backend, err := gobackend.New("")
	if err != nil {
		return nil, err
	}
	defer backend.Finalize()
	err = layers.Catch(func() error {
		out, err := CallOnce(backend, func(images, rows *Node) *Node { return Apply(a, images, rows, own...) },
			tensors.FromFlatDataAndDimensions(pixels, len(images), fashion.Side, fashion.Side, 1),
			tensors.FromFlatDataAndDimensions(Encode(a, parameters, fashion.Side, fashion.Side), len(images), EncodedSize(a)))
		if err != nil {
			return err
		}
		pixels, err = tensors.CopyFlatData[float32](out)
		return err
	})
	if err != nil {
		return nil, err
	}
	changed = make([]fashion.Image, len(images))
	for i := range changed {
		for j := range changed[i] {
			v := pixels[i*fashion.Pixels+j]
			if v != v {
				return nil, fmt.Errorf("image %d is not a number at pixel %d after the augmentation", i, j)
			}
			changed[i][j] = byte(min(max(v, 0), 1)*255 + 0.5)
		}
	}
	return changed, nil
}

// String lists the parameters that change the image, in the units of recipes.Augmentation; it is "unchanged" if there are none.
func (p Parameters) String() string {
	s := ""
	add := func(format string, args ...any) { s += fmt.Sprintf(", "+format, args...) }
	if p.FlipHorizontal {
		add("flipped left to right")
	}
	if p.FlipVertical {
		add("flipped upside down")
	}
	for _, v := range []struct {
		name  string
		value float64
	}{
		{"rotation", p.Rotation}, {"zoom height", p.ZoomHeight}, {"width", p.ZoomWidth}, {"down", p.TranslationHeight},
		{"right", p.TranslationWidth}, {"contrast", p.Contrast}, {"brightness", p.Brightness},
		{"blur", p.Blur}, {"noise", p.Noise},
	} {
		if v.value != 0 {
			add("%s %+.3f", v.name, v.value)
		}
	}
	for _, patch := range p.Patches {
		if patch.Height > 0 {
			add("patch %.2f x %.2f", patch.Height, patch.Width)
		}
	}
	if s == "" {
		return "unchanged"
	}
	return s[2:]
}
