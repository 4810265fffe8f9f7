package fashion

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Split divides the positions 0 to len(labels)-1 into a training and a validation split, both in ascending order. It is stratified: the
// validation split holds the given fraction of each class, rounded to the nearest image. The same labels, fraction and seed give the same
// splits on every machine.
//
// A limit other than 0 is the number of images in both splits together, with about the same fraction for validation and the same class
// proportions (to within one image per class). A split under a limit is a subset of the split under a larger limit, or under none: no training
// sees an image that another training with the same seed and fraction is validated on.
func Split(labels []Label, fraction float64, limit int, seed uint64) (train, validation []int, err error) {
	if !(fraction > 0 && fraction < 1) {
		return nil, nil, fmt.Errorf("the fraction of validation images is %v, want one in (0, 1)", fraction)
	}
	if limit < 0 || limit > len(labels) {
		return nil, nil, fmt.Errorf("cannot choose %d of %d images", limit, len(labels))
	}
	classes := byClass(labels, seed)
	trains, validations := make([][]int, len(classes)), make([][]int, len(classes))
	for class, positions := range classes {
		n := int(float64(len(positions))*fraction + 0.5)
		if len(positions) > 0 && (n == 0 || n == len(positions)) {
			return nil, nil, fmt.Errorf("class %d (0 is the first) has %d of the images, too few for a validation fraction of %v", class, len(positions), fraction)
		}
		validations[class], trains[class] = positions[:n], positions[n:]
	}
	train, validation = interleave(trains), interleave(validations)
	if limit > 0 {
		n := min(int(float64(limit)*fraction+0.5), len(validation))
		if n == 0 || n == limit || limit-n > len(train) {
			return nil, nil, fmt.Errorf("%d images cannot be divided with a fraction of %v for validation", limit, fraction)
		}
		train, validation = train[:limit-n], validation[:n]
	}
	slices.Sort(train)
	slices.Sort(validation)
	return train, validation, nil
}

// interleave merges the classes so that each beginning of the list has the class proportions of the whole list.
func interleave(classes [][]int) []int {
	type keyed struct {
		key      float64 // of position i of a class with m images: (i+1/2)/m
		position int
	}
	var all []keyed
	for _, positions := range classes {
		for i, p := range positions {
			all = append(all, keyed{(float64(i) + 0.5) / float64(len(positions)), p})
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	merged := make([]int, len(all))
	for i, k := range all {
		merged[i] = k.position
	}
	return merged
}

// byClass returns the positions of each class's images, shuffled by the seed.
func byClass(labels []Label, seed uint64) [][]int {
	var positions [][]int
	for i, l := range labels {
		for int(l) >= len(positions) {
			positions = append(positions, nil)
		}
		positions[l] = append(positions[l], i)
	}
	for class, p := range positions {
		r := rand.New(rand.NewPCG(seed, uint64(class)))
		r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
	}
	return positions
}
