package fashion

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// Split divides positions 0 to len(labels)-1 in a training and a validation part, both ascending. The validation
// part holds the given fraction of each class, rounded to the nearest image, so that both parts have the class
// shares of the whole. The same labels, fraction and seed give the same split on every machine.
//
// A limit other than 0 leaves so many images in both parts together, with about the same fraction for validation and the
// class shares of the whole (to within one image per class). Each part is then a subset of the part without a limit, and the
// smaller of two limits has a subset of the larger's: no training sees an image that another of the same seed and fraction is validated on.
func Split(labels []Label, validation float64, limit int, seed uint64) (train, held []int, err error) {
	if !(validation > 0 && validation < 1) {
		return nil, nil, fmt.Errorf("fraction of validation images is %v, want one in (0, 1)", validation)
	}
	if limit < 0 || limit > len(labels) {
		return nil, nil, fmt.Errorf("cannot choose %d of %d images", limit, len(labels))
	}
	var trains, helds [NumClasses][]int
	for class, positions := range byClass(labels, seed) {
		n := int(float64(len(positions))*validation + 0.5)
		if len(positions) > 0 && (n == 0 || n == len(positions)) {
			return nil, nil, fmt.Errorf("%d images of %q cannot be divided with a fraction of %v for validation",
				len(positions), Label(class), validation)
		}
		helds[class], trains[class] = positions[:n], positions[n:]
	}
	train, held = deal(trains), deal(helds)
	if limit > 0 {
		n := min(int(float64(limit)*validation+0.5), len(held))
		if n == 0 || n == limit || limit-n > len(train) {
			return nil, nil, fmt.Errorf("%d images cannot be divided with a fraction of %v for validation", limit, validation)
		}
		train, held = train[:limit-n], held[:n]
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held, nil
}

// deal takes from the classes in turns, in proportion, until all is dealt: the beginning of the list has the class shares of the whole.
func deal(classes [NumClasses][]int) []int {
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
	dealt := make([]int, len(all))
	for i, k := range all {
		dealt[i] = k.position
	}
	return dealt
}

// byClass returns the positions of each class's images in an order drawn from the seed.
func byClass(labels []Label, seed uint64) [NumClasses][]int {
	var positions [NumClasses][]int
	for i, l := range labels {
		positions[l] = append(positions[l], i)
	}
	for class, p := range positions {
		r := rand.New(rand.NewPCG(seed, uint64(class)))
		r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
	}
	return positions
}
