package fashion

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Split divides positions 0 to len(labels)-1 in a training and a validation part, both ascending. The validation
// part holds the given fraction of each class, rounded to the nearest image, so that both parts have the class
// shares of the whole. The same labels, fraction and seed give the same split on every machine.
func Split(labels []Label, validation float64, seed uint64) (train, held []int, err error) {
	if !(validation > 0 && validation < 1) {
		return nil, nil, fmt.Errorf("fraction of validation images is %v, want one in (0, 1)", validation)
	}
	for class, positions := range byClass(labels, seed) {
		n := int(float64(len(positions))*validation + 0.5)
		if len(positions) > 0 && (n == 0 || n == len(positions)) {
			return nil, nil, fmt.Errorf("%d images of %q cannot be divided with a fraction of %v for validation",
				len(positions), Label(class), validation)
		}
		held = append(held, positions[:n]...)
		train = append(train, positions[n:]...)
	}
	slices.Sort(train)
	slices.Sort(held)
	return train, held, nil
}

// Limit chooses n of the positions 0 to len(labels)-1, ascending, with the class shares of the whole (to within one
// image per class). 0 chooses all.
func Limit(labels []Label, n int, seed uint64) ([]int, error) {
	if n < 0 || n > len(labels) {
		return nil, fmt.Errorf("cannot choose %d of %d images", n, len(labels))
	}
	if n == 0 {
		n = len(labels)
	}
	// Dealing from the classes in proportion: position i of a class with m images has the key (i+1/2)/m.
	type keyed struct {
		key      float64
		position int
	}
	var all []keyed
	for _, positions := range byClass(labels, seed) {
		for i, p := range positions {
			all = append(all, keyed{(float64(i) + 0.5) / float64(len(positions)), p})
		}
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = all[i].position
	}
	slices.Sort(chosen)
	return chosen, nil
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
