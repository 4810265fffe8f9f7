package ink

import "math"

// Extent is the range of the finite values that it was given; what is not finite has no place in a figure.
type Extent struct{ Low, High float64 }

// NoExtent is an extent without any values.
func NoExtent() Extent { return Extent{math.Inf(1), math.Inf(-1)} }

// Finite reports whether values have a place in a figure.
func Finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

// Include adds values.
func (e *Extent) Include(values ...float64) {
	for _, v := range values {
		if Finite(v) {
			e.Low, e.High = min(e.Low, v), max(e.High, v)
		}
	}
}

// Limits are the ends of an axis: 0 and 1 without any value, and half to both sides of the only one.
func (e Extent) Limits() (low, high float64) {
	switch {
	case e.Low > e.High:
		return 0, 1
	case e.Low == e.High:
		return e.Low - 0.5, e.High + 0.5
	}
	return e.Low, e.High
}

// Widest is how many points the widest of some names takes at a size, at most so many.
func Widest(names []string, size, most float64) (points float64) {
	for _, name := range names {
		points = max(points, TextWidth(Sans(size), name))
	}
	return min(points, most)
}
