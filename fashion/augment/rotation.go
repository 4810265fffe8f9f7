package augment

import "math"

func (p Parameters) rotation(h, w float64) matrix {
	sin, cos := math.Sincos(2 * math.Pi * p.Rotation)
	return about(h, w, cos, -sin, sin, cos)
}
