package gan

import (
	"math"
	"slices"

	"fashionlab/fashion"
)

// Code is what an image is made from: a latent and a class, or a mixture of classes whose weights add up to 1.
type Code struct {
	Latent  []float32 // normally distributed
	Classes [fashion.NumClasses]float32
}

// CodeOf is a latent's code for one class.
func CodeOf(latent []float32, class fashion.Label) Code {
	c := Code{Latent: latent}
	c.Classes[class] = 1
	return c
}

// Interpolate is a code between a and b: a at 0, b at 1. Latents are interpolated along the sphere near which normally distributed ones lie; the classes'
// weights are interpolated linearly.
func (a Code) Interpolate(b Code, t float64) Code {
	c := Code{Latent: make([]float32, len(a.Latent))}
	var dot, aa, bb float64
	for i := range a.Latent {
		dot, aa, bb = dot+float64(a.Latent[i])*float64(b.Latent[i]), aa+float64(a.Latent[i])*float64(a.Latent[i]), bb+float64(b.Latent[i])*float64(b.Latent[i])
	}
	ofA, ofB := 1-t, t
	if angle := math.Acos(min(1, max(-1, dot/math.Sqrt(aa*bb)))); math.Sin(angle) > 1e-6 {
		ofA, ofB = math.Sin((1-t)*angle)/math.Sin(angle), math.Sin(t*angle)/math.Sin(angle)
	}
	for i := range c.Latent {
		c.Latent[i] = float32(ofA*float64(a.Latent[i]) + ofB*float64(b.Latent[i]))
	}
	for i := range c.Classes {
		c.Classes[i] = float32(1-t)*a.Classes[i] + float32(t)*b.Classes[i]
	}
	return c
}

// Step is a code whose latent is so far along a direction.
func (c Code) Step(direction []float32, by float64) Code {
	c.Latent = slices.Clone(c.Latent)
	for i, v := range direction {
		c.Latent[i] += float32(by) * v
	}
	return c
}
