package fashion

// RotationTask returns the training set of the rotation pretext task, with which a network is pretrained without labels (Gidaris, Singh and Komodakis,
// "Unsupervised Representation Learning by Predicting Image Rotations", 2018): each image of s in its four orientations. Image 4*i+k is image i rotated
// counter-clockwise by k quarter turns, and its label is k. It panics if the images are not of the shape of Fashion-MNIST.
func (s Set) RotationTask() Set {
	s.WantImages("Set.RotationTask")
	t := Set{Images: make([]Image, 0, 4*s.Len()), Labels: make([]Label, 0, 4*s.Len())}
	for _, image := range s.Images {
		for k := range Label(4) {
			t.Images, t.Labels = append(t.Images, image), append(t.Labels, k)
			image = image.rotated()
		}
	}
	return t
}

// rotated returns an image rotated counter-clockwise by a quarter turn.
func (m Image) rotated() (t Image) {
	for y := range Side {
		for x := range Side {
			t[(Side-1-x)*Side+y] = m[y*Side+x]
		}
	}
	return t
}
