package augment

// matrix maps a place (x, y) in the changed image to the place (m0*x + m1*y + m2, m3*x + m4*y + m5) in the image
// that it comes from. Places are counted in pixels from the centre of the top left one.
type matrix [matrixColumns]float64

const matrixColumns = 6

// about is the linear map with these coefficients that leaves an image's centre, ((w-1)/2, (h-1)/2), in its place.
func about(h, w, xx, xy, yx, yy float64) matrix {
	cx, cy := (w-1)/2, (h-1)/2
	return matrix{xx, xy, cx - xx*cx - xy*cy, yx, yy, cy - yx*cx - yy*cy}
}

// after is m of n of a place.
func (m matrix) after(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[3], m[0]*n[1] + m[1]*n[4], m[0]*n[2] + m[1]*n[5] + m[2],
		m[3]*n[0] + m[4]*n[3], m[3]*n[1] + m[4]*n[4], m[3]*n[2] + m[4]*n[5] + m[5],
	}
}

// matrix composes what an image is flipped, rotated, zoomed and translated by, in this order. A place is traced back, so
// that the last change comes first.
func (p Parameters) matrix(h, w float64) matrix {
	return p.flip(h, w).after(p.rotation(h, w)).after(p.zoom(h, w)).after(p.translation(h, w))
}
