package augment

import "math/rand/v2"

func (p *Parameters) drawFlip(r *rand.Rand, flip string) {
	horizontal, vertical := r.Float64() < 0.5, r.Float64() < 0.5
	p.FlipHorizontal = horizontal && (flip == "horizontal" || flip == "both")
	p.FlipVertical = vertical && (flip == "vertical" || flip == "both")
}

func (p Parameters) flip(h, w float64) matrix {
	x, y := 1.0, 1.0
	if p.FlipHorizontal {
		x = -1
	}
	if p.FlipVertical {
		y = -1
	}
	return about(h, w, x, 0, 0, y)
}
