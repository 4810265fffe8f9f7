package augment

import (
	"math/rand/v2"

	"fashionlab/fashion/recipes"
)

func (p *Parameters) drawZoom(r *rand.Rand, height, width recipes.Range) {
	p.ZoomHeight, p.ZoomWidth = uniform(r, height), uniform(r, width)
	if width == (recipes.Range{}) {
		p.ZoomWidth = p.ZoomHeight
	}
}

func (p Parameters) zoom(h, w float64) matrix {
	return about(h, w, 1+p.ZoomWidth, 0, 0, 1+p.ZoomHeight)
}
