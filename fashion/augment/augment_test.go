package augment_test

import (
	"encoding/json"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/recipes"
)

// apply transforms images, [B, H, W, C] flat, by their parameters, on GoMLX's own backend, which needs no plugin.
func apply(t *testing.T, a recipes.Augmentation, images []float32, shape []int, parameters []augment.Parameters) []float32 {
	t.Helper()
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	rows := augment.Encode(a, parameters, shape[1], shape[2])
	out, err := MustNewExec(backend, func(images, rows *Node) *Node { return augment.Apply(a, images, rows) }).
		Call1(tensors.FromFlatDataAndDimensions(images, shape...), tensors.FromFlatDataAndDimensions(rows, shape[0], augment.EncodedSize(a)))
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out)
}

// ramp is a list of different grey values.
func ramp(n int) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i) / float32(n)
	}
	return values
}

func TestEachTransformEqualsKerasWithTheSameParameters(t *testing.T) {
	data, err := os.ReadFile("../../testdata/augment/keras.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Shape  []int
		Images []float32
		Cases  []struct {
			Name         string
			Exact        bool
			Augmentation recipes.Augmentation
			Parameters   []augment.Parameters
			Want         []float64
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	for _, c := range recorded.Cases {
		t.Run(c.Name, func(t *testing.T) {
			got := apply(t, c.Augmentation, recorded.Images, recorded.Shape, c.Parameters)
			tolerance := 1e-4
			if c.Exact {
				tolerance = 1e-6 // the digits that are recorded
			}
			for i, want := range c.Want {
				if !(math.Abs(float64(got[i])-want) <= tolerance) {
					t.Fatalf("value %d is %v, want %v", i, got[i], want)
				}
			}
		})
	}
	if len(recorded.Cases) < 20 {
		t.Errorf("%d cases are recorded", len(recorded.Cases))
	}
}

func TestFlipAndWholePixelsMoveValuesUnchanged(t *testing.T) {
	a := recipes.Augmentation{Flip: "both", TranslationHeight: recipes.Within(0.5)}
	images := ramp(28 * 28)
	got := apply(t, a, images, []int{1, 28, 28, 1}, []augment.Parameters{{FlipHorizontal: true, TranslationHeight: 2. / 28}})
	for y := range 28 {
		for x := range 28 {
			want := float32(0)
			if y >= 2 {
				want = images[(y-2)*28+27-x]
			}
			if got[y*28+x] != want {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, got[y*28+x], want)
			}
		}
	}
}

// A rotation by a quarter turn and a translation fix the order of the composition.
func TestRotationIsAppliedBeforeTranslation(t *testing.T) {
	a := recipes.Augmentation{Rotation: recipes.Within(1), TranslationWidth: recipes.Within(1)}
	images := ramp(16)
	got := apply(t, a, images, []int{1, 4, 4, 1}, []augment.Parameters{{Rotation: 0.25, TranslationWidth: 0.25}})
	for y := range 4 {
		for x := range 4 {
			want := float32(0)
			if x >= 1 { // counter-clockwise: the last column becomes the first row
				want = images[(x-1)*4+3-y]
			}
			if math.Abs(float64(got[y*4+x]-want)) > 1e-5 {
				t.Errorf("pixel (%d, %d) is %v, want %v", x, y, got[y*4+x], want)
			}
		}
	}
}

var everything = recipes.Augmentation{
	Flip: "both", Rotation: recipes.Within(0.5), Zoom: recipes.Within(0.5), TranslationHeight: recipes.Within(0.3), TranslationWidth: recipes.Within(0.3),
	Contrast: recipes.Within(1), Brightness: recipes.Within(1), Blur: recipes.Range{High: 2}, Noise: recipes.Range{High: 0.3},
	Cutout: recipes.Cutout{Count: 2, Probability: 0.7, Scale: recipes.Range{Low: 0.02, High: 0.3}, Fill: "noise"},
}

func TestDrawDependsOnSeedEpochAndImageAlone(t *testing.T) {
	first := augment.Draw(everything, 1, 2, 3)
	if again := augment.Draw(everything, 1, 2, 3); !reflect.DeepEqual(again, first) {
		t.Errorf("drawn again: %+v, want %+v", again, first)
	}
	for _, other := range []augment.Parameters{augment.Draw(everything, 2, 2, 3), augment.Draw(everything, 1, 3, 3), augment.Draw(everything, 1, 2, 4)} {
		if other.Rotation == first.Rotation {
			t.Errorf("another seed, epoch or image draws the same rotation %v", other.Rotation)
		}
	}
	alone := recipes.Augmentation{Brightness: everything.Brightness}
	if got := augment.Draw(alone, 1, 2, 3); got.Brightness != first.Brightness || got.Rotation != 0 {
		t.Errorf("brightness alone draws %+v, want the brightness %v of all together", got, first.Brightness)
	}
}

func TestDrawsFillTheirRangesEvenly(t *testing.T) {
	const n = 20000
	var flipped, erased, low int
	sum, squares := 0.0, 0.0
	for i := range n {
		p := augment.Draw(everything, 7, 1, i)
		if p.FlipHorizontal {
			flipped++
		}
		if p.Patches[1].Height > 0 {
			erased++
		}
		if p.ZoomHeight != p.ZoomWidth {
			t.Fatalf("zoom %v, %v, want the same for both sides", p.ZoomHeight, p.ZoomWidth)
		}
		if p.Rotation < -0.5 || p.Rotation >= 0.5 {
			t.Fatalf("rotation %v is out of [-0.5, 0.5)", p.Rotation)
		}
		if p.Rotation < -0.25 {
			low++
		}
		sum += p.Rotation
		squares += p.Rotation * p.Rotation
	}
	for what, c := range map[string]struct{ got, want, deviation float64 }{
		"flips":                 {float64(flipped) / n, 0.5, math.Sqrt(0.25 / n)},
		"erased patches":        {float64(erased) / n, 0.7, math.Sqrt(0.21 / n)},
		"the lowest quarter":    {float64(low) / n, 0.25, math.Sqrt(0.1875 / n)},
		"the mean rotation":     {sum / n, 0, math.Sqrt(1. / 12 / n)},
		"the rotation's square": {squares / n, 1. / 12, math.Sqrt(1. / 180 / n)},
	} {
		if math.Abs(c.got-c.want) > 4*c.deviation {
			t.Errorf("%s: %v, want %v within four standard deviations of %v", what, c.got, c.want, c.deviation)
		}
	}
}

func TestValuesStayInTheirRangeAndTheSameInAnyBatch(t *testing.T) {
	const n = 16
	images := ramp(n * 28 * 28)
	var parameters []augment.Parameters
	for i := range n {
		parameters = append(parameters, augment.Draw(everything, 3, 1, i))
	}
	all := apply(t, everything, images, []int{n, 28, 28, 1}, parameters)
	changed := 0
	for i, v := range all {
		if !(v >= 0 && v <= 1) {
			t.Fatalf("value %d is %v", i, v)
		}
		if v != images[i] {
			changed++
		}
	}
	if changed < len(all)/2 {
		t.Errorf("%d of %d values changed", changed, len(all))
	}
	last := apply(t, everything, images[(n-1)*784:], []int{1, 28, 28, 1}, parameters[n-1:])
	if !reflect.DeepEqual(last, all[(n-1)*784:]) {
		t.Error("an image alone is transformed differently than in a batch")
	}
}

func TestZeroParametersLeaveImagesUnchanged(t *testing.T) {
	a := everything
	a.Interpolation, a.Fill = "bilinear", "reflect"
	images := ramp(2 * 28 * 28)
	none := augment.Parameters{Patches: make([]augment.Patch, a.Cutout.Count)}
	got := apply(t, a, images, []int{2, 28, 28, 1}, []augment.Parameters{none, none})
	for i := range got {
		if math.Abs(float64(got[i]-images[i])) > 1e-6 {
			t.Fatalf("value %d is %v, was %v", i, got[i], images[i])
		}
	}
}

func TestPreviewEqualsTheTrainingGraph(t *testing.T) {
	var image fashion.Image
	pixels := ramp(fashion.Pixels)
	for i, v := range pixels {
		image[i] = byte(v*255 + 0.5)
		pixels[i] = float32(image[i]) / 255
	}
	drawn := augment.Draw(everything, 5, 1, 0)
	got, err := augment.Preview(everything, []fashion.Image{image}, []augment.Parameters{drawn})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range apply(t, everything, pixels, []int{1, 28, 28, 1}, []augment.Parameters{drawn}) {
		if math.Abs(float64(got[0][i])-float64(want)*255) > 0.501 {
			t.Fatalf("pixel %d is %d, want %v", i, got[0][i], want*255)
		}
	}
	if drawn.String() == "unchanged" || (augment.Parameters{}).String() != "unchanged" {
		t.Errorf("what was drawn is described as %q, nothing as %q", drawn, augment.Parameters{})
	}
}

func TestPreviewRefusesParametersThatDoNotFit(t *testing.T) {
	none := make([]fashion.Image, 1)
	for what, err := range map[string]error{
		"no parameters":           second(augment.Preview(everything, none, nil)),
		"too few patches":         second(augment.Preview(everything, none, []augment.Parameters{{}})),
		"a rotation of 3 turns":   second(augment.Preview(recipes.Augmentation{Rotation: recipes.Within(3)}, none, []augment.Parameters{{}})),
		"a patch of twice a side": second(augment.Preview(recipes.Augmentation{Cutout: recipes.Cutout{Count: 1, Probability: 1, Scale: recipes.Range{Low: 1, High: 2}}}, none, make([]augment.Parameters, 1))),
	} {
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
}

func second(_ []fashion.Image, err error) error { return err }

func TestOwnTransformThatDrawsNothingIsAppliedAloneAndBesideOthers(t *testing.T) {
	invert := augment.Own{Name: "invert", Apply: func(images, numbers *Node) *Node {
		if d := numbers.Shape().Dimensions; d[0] != 1 || d[1] != 0 {
			t.Errorf("the numbers are %v, want [1 0]", d)
		}
		return OneMinus(images)
	}}
	image := fashion.Image{0: 255, 27: 51}
	for name, c := range map[string]struct {
		a    recipes.Augmentation
		p    augment.Parameters
		want [2]byte // of the first row's ends
	}{
		"alone":         {recipes.Augmentation{Own: recipes.OwnAugmentation{Name: "invert"}}, augment.Parameters{}, [2]byte{0, 204}},
		"after flipped": {recipes.Augmentation{Flip: "horizontal", Own: recipes.OwnAugmentation{Name: "invert"}}, augment.Parameters{FlipHorizontal: true}, [2]byte{204, 0}},
	} {
		got, err := augment.Preview(c.a, []fashion.Image{image}, []augment.Parameters{c.p}, invert)
		if err != nil {
			t.Fatal(err)
		}
		if ends := [2]byte{got[0][0], got[0][27]}; ends != c.want {
			t.Errorf("%s: the ends of the first row are %d, want %d", name, ends, c.want)
		}
	}
	own := recipes.Augmentation{Own: recipes.OwnAugmentation{Name: "invert", Numbers: 2}}
	if _, err := augment.Preview(own, make([]fashion.Image, 1), make([]augment.Parameters, 1), invert); err == nil {
		t.Error("parameters without the transform's numbers are no error")
	}
	if _, err := augment.Preview(own, nil, nil); err == nil {
		t.Error("a transform that is not passed is no error")
	}
}

func TestPreviewShowsWhatIsTooDarkAsBlackAndTooLightAsWhite(t *testing.T) {
	a := recipes.Augmentation{Own: recipes.OwnAugmentation{Name: "stretch"}}
	var image fashion.Image
	image[0], image[1], image[2] = 0, 85, 255
	stretch := augment.Own{Name: "stretch", Apply: func(images, _ *Node) *Node { return AddScalar(MulScalar(images, 3), -0.5) }}
	got, err := augment.Preview(a, []fashion.Image{image}, make([]augment.Parameters, 1), stretch)
	if err != nil || got[0][0] != 0 || got[0][1] != 128 || got[0][2] != 255 {
		t.Errorf("0, 85 and 255 are shown as %v (%v), want 0, 128 and 255", got[0][:3], err)
	}
	broken := augment.Own{Name: "stretch", Apply: func(images, _ *Node) *Node { return Div(images, ZerosLike(images)) }}
	if _, err := augment.Preview(a, []fashion.Image{image}, make([]augment.Parameters, 1), broken); err == nil || !strings.Contains(err.Error(), "is not a number") {
		t.Errorf("what is not a number: %v", err)
	}
}
