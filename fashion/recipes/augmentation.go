package recipes

import (
	"fmt"
	"slices"
)

// Augmentation says how the training images are changed at random, each image anew in each epoch. The zero value
// changes nothing, and so does each field's. Units, signs and centres are those of Keras 3's layers of the same names.
//
// An image is cropped, then flipped (first flipped if nothing is resampled), rotated, zoomed and translated in one resampling, then blurred, then its contrast and brightness
// are changed, then noise is added, then patches are erased: the order in which a photo gets them from pose, lens, light
// and sensor. Grey values stay in [0, 1].
type Augmentation struct {
	Flip              string `json:"flip,omitempty"`              // "horizontal", "vertical", "both": each with a chance of 1/2; "alternating": horizontal, in every other epoch
	Crop              int    `json:"crop,omitempty"`              // most pixels by which an image is moved in each direction, by whole ones and without resampling; what moves in is black
	Rotation          Range  `json:"rotation,omitzero"`           // of a full turn; positive is counter-clockwise
	Zoom              Range  `json:"zoom,omitzero"`               // fraction of the side; positive is out: things get smaller
	ZoomWidth         Range  `json:"zoom_width,omitzero"`         // the width's own draw; without it the width is zoomed as the height
	TranslationHeight Range  `json:"translation_height,omitzero"` // fraction of the height; negative is up
	TranslationWidth  Range  `json:"translation_width,omitzero"`  // fraction of the width; negative is to the left
	Contrast          Range  `json:"contrast,omitzero"`           // deviations from the mean are multiplied by 1 + the draw
	Brightness        Range  `json:"brightness,omitzero"`         // added to the grey values
	Blur              Range  `json:"blur,omitzero"`               // standard deviation of a Gaussian blur, in pixels
	Noise             Range  `json:"noise,omitzero"`              // standard deviation of the Gaussian noise that is added to each grey value
	Cutout            Cutout `json:"cutout,omitzero"`

	Own OwnAugmentation `json:"own,omitzero"` // a user-defined transform, after all others

	Interpolation string  `json:"interpolation,omitempty"` // of the resampling: "" or "bilinear", "nearest"
	Fill          string  `json:"fill,omitempty"`          // what lies outside an image: "" or "constant", "nearest", "reflect", "wrap"
	FillValue     float64 `json:"fill_value,omitempty"`    // grey value of "constant"
}

// OwnAugmentation names a user-defined transform, whose code is passed beside the recipe.
type OwnAugmentation struct {
	Name    string `json:"name"`
	Numbers int    `json:"numbers,omitempty"` // that each image draws for it, uniform in [0, 1)
}

// Range is an interval from which a value is drawn uniformly.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Within is the range from -x to x.
func Within(x float64) Range { return Range{-x, x} }

// Cutout erases patches at random places (DeVries and Taylor 2017; "random erasing" of Zhong et al. 2017).
type Cutout struct {
	Count       int     `json:"count"`                // patches in an image; 0 is off
	Probability float64 `json:"probability"`          // of each patch to be erased, (0, 1]
	Scale       Range   `json:"scale"`                // a patch's height and width are each the square root of a draw, as fraction of the image's
	Fill        string  `json:"fill,omitempty"`       // "" or "constant", "noise": uniform for each pixel
	FillValue   float64 `json:"fill_value,omitempty"` // grey value of "constant"
}

// AlternatingFlip is the flip whose first epoch mirrors half of the images, and every epoch after it each image that the one before did not: two epochs see each
// image both ways (Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024).
const AlternatingFlip = "alternating"

// Warps reports whether images are resampled.
func (a Augmentation) Warps() bool {
	var none Range
	return a.Flip != "" && a.Flip != AlternatingFlip || a.Rotation != none || a.Zoom != none || a.ZoomWidth != none ||
		a.TranslationHeight != none || a.TranslationWidth != none
}

// Validate reports the first value that is out of its range.
func (a Augmentation) Validate() error { return check(a.rules()) }

// rules lists what an augmentation must satisfy.
func (a Augmentation) rules() []rule {
	rules := []rule{
		oneOf("augmentation.flip", a.Flip, "", "horizontal", "vertical", "both", AlternatingFlip),
		{a.Crop >= 0 && a.Crop <= 8, "augmentation.crop", a.Crop, "0 (off) to 8 pixels"},
		a.Rotation.within("rotation", -1, 1), a.Zoom.within("zoom", -0.99, 1), a.ZoomWidth.within("zoom_width", -0.99, 1),
		a.TranslationHeight.within("translation_height", -1, 1), a.TranslationWidth.within("translation_width", -1, 1),
		a.Contrast.within("contrast", -1, 1), a.Brightness.within("brightness", -1, 1),
		a.Blur.within("blur", 0, 10), a.Noise.within("noise", 0, 1),
		oneOf("augmentation.interpolation", a.Interpolation, "", "bilinear", "nearest"),
		oneOf("augmentation.fill", a.Fill, "", "constant", "nearest", "reflect", "wrap"),
		{a.FillValue >= 0 && a.FillValue <= 1, "augmentation.fill_value", a.FillValue, "a grey value in [0, 1]"},
		{a.Own.Numbers >= 0 && a.Own.Numbers <= 64 && (a.Own.Name != "" || a.Own.Numbers == 0), "augmentation.own", a.Own, "a name, and at most 64 numbers"},
	}
	c := a.Cutout
	if c == (Cutout{}) {
		return rules
	}
	return append(rules,
		rule{c.Count >= 1 && c.Count <= 64, "augmentation.cutout.count", c.Count, "1 to 64 patches"},
		rule{c.Probability > 0 && c.Probability <= 1, "augmentation.cutout.probability", c.Probability, "a number in (0, 1]"},
		rule{c.Scale.Low >= 0 && c.Scale.Low <= c.Scale.High && c.Scale.High <= 1, "augmentation.cutout.scale", c.Scale,
			"low <= high in [0, 1]: a patch cannot be larger than the image"},
		oneOf("augmentation.cutout.fill", c.Fill, "", "constant", "noise"),
		rule{c.FillValue >= 0 && c.FillValue <= 1, "augmentation.cutout.fill_value", c.FillValue, "a grey value in [0, 1]"})
}

// within is the rule that a range is not empty and lies in [lo, hi].
func (r Range) within(field string, lo, hi float64) rule {
	return rule{r.Low >= lo && r.Low <= r.High && r.High <= hi, "augmentation." + field, r, fmt.Sprintf("low <= high in [%g, %g]", lo, hi)}
}

// String returns the range as "[low, high]".
func (r Range) String() string { return fmt.Sprintf("[%g, %g]", r.Low, r.High) }

func oneOf(field, got string, want ...string) rule {
	return rule{slices.Contains(want, got), field, fmt.Sprintf("%q", got), fmt.Sprintf("one of %q", want)}
}
