package fashion

// QuarterTurns returns each image of a set in its four orientations. Image 4*i+k is image i turned counter-clockwise k times by a quarter turn; its label is k.
func (s Set) QuarterTurns() Set {
	t := Set{Images: make([]Image, 0, 4*s.Len()), Labels: make([]Label, 0, 4*s.Len())}
	for _, image := range s.Images {
		for k := range Label(4) {
			t.Images, t.Labels = append(t.Images, image), append(t.Labels, k)
			image = image.turned()
		}
	}
	return t
}

// turned is an image turned counter-clockwise by a quarter turn.
func (m Image) turned() (t Image) {
	for y := range Side {
		for x := range Side {
			t[(Side-1-x)*Side+y] = m[y*Side+x]
		}
	}
	return t
}
