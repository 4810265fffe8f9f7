package augment

func (p Parameters) translation(h, w float64) matrix {
	return matrix{1, 0, -p.TranslationWidth * w, 0, 1, -p.TranslationHeight * h}
}
