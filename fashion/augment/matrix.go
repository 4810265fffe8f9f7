package augment

// matrix maps a position (x, y) in the transformed image to the position (m0*x + m1*y + m2, m3*x + m4*y + m5) in the original. Positions are in pixels from the
// centre of the top left one.
type matrix [matrixColumns]float64

const matrixColumns = 6

// about returns the affine map with these coefficients whose fixed point is an image's centre, ((w-1)/2, (h-1)/2).
func about(h, w, xx, xy, yx, yy float64) matrix {
	cx, cy := (w-1)/2, (h-1)/2
	return matrix{xx, xy, cx - xx*cx - xy*cy, yx, yy, cy - yx*cx - yy*cy}
}

// after returns the composition of m after n.
func (m matrix) after(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[3], m[0]*n[1] + m[1]*n[4], m[0]*n[2] + m[1]*n[5] + m[2],
		m[3]*n[0] + m[4]*n[3], m[3]*n[1] + m[4]*n[4], m[3]*n[2] + m[4]*n[5] + m[5],
	}
}

func (p Parameters) appendMatrix(row []float32, h, w float64) []float32 {
	for _, v := range p.matrix(h, w) {
		row = append(row, float32(v))
	}
	return row
}

// matrix composes the flip, the rotation, the zoom and the translation, which are applied to an image in this order. A matrix maps positions back to the original,
// so that the last transform is applied first.
func (p Parameters) matrix(h, w float64) matrix {
	return p.flip(h, w).after(p.rotation(h, w)).after(p.zoom(h, w)).after(p.translation(h, w))
}
