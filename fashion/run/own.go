package run

// Own is a part of a training that is code of the user's own and not data of a recipe, which only has its name: a models.Network, an augment.Own, an optim.Own, or what makes
// synthetic images.
type Own interface {
	OwnName() string // that a recipe has for it
}

// OwnOf returns the parts of one kind.
func OwnOf[T Own](own []Own) (list []T) {
	for _, part := range own {
		if t, ok := part.(T); ok {
			list = append(list, t)
		}
	}
	return list
}
