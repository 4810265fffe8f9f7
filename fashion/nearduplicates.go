package fashion

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
)

// Pair is a pair of near-duplicates: two images that are almost the same.
type Pair struct {
	I, J     int     // positions in the first and in the second set
	Distance float64 // Euclidean, over the pixels, in grey levels: 0 for equal images
}

// NearDuplicates lists the pairs of different images of s whose distance is at most limit grey levels, the closest first; I is less than J. Two
// images whose pixels all differ by one grey level are 28 apart; a limit of 200 is a difference of 7 at each pixel.
func (s Set) NearDuplicates(limit float64) []Pair {
	return slices.DeleteFunc(s.NearDuplicatesIn(s, limit), func(p Pair) bool { return p.I >= p.J })
}

// NearDuplicatesIn lists the pairs of an image of s and one of other whose distance is at most limit grey levels, the closest first. Both have images of one shape. There may be as many pairs as the product
// of the sets' lengths; NearestIn needs less memory.
func (s Set) NearDuplicatesIn(other Set, limit float64) (pairs []Pair) {
	s.search(context.Background(), other, limit, func(p Pair) float64 {
		pairs = append(pairs, p)
		return limit
	})
	slices.SortFunc(pairs, closestFirst)
	return pairs
}

// NearestIn lists, of the pairs of NearDuplicatesIn, the first of each image of s: that with its nearest image in other. Its error is that of ctx, which ends it.
func (s Set) NearestIn(ctx context.Context, other Set, limit float64) ([]Pair, error) {
	nearest := map[int]Pair{}
	err := s.search(ctx, other, limit, func(p Pair) float64 {
		if n, found := nearest[p.I]; !found || closestFirst(p, n) < 0 {
			nearest[p.I] = p
		}
		return nearest[p.I].Distance
	})
	if err != nil {
		return nil, err
	}
	return slices.SortedFunc(maps.Values(nearest), closestFirst), nil
}

// closestFirst compares pairs by their distances, then by their positions.
func closestFirst(a, b Pair) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
}

// search calls found for each pair of an image of s and one of other whose distance is at most limit, the pairs of an image of s one after another. What found returns is the limit of the image's
// further pairs, at most the one before. The error is that of ctx, which ends the search.
func (s Set) search(ctx context.Context, other Set, limit float64, found func(Pair) float64) error {
	// Both lists are sorted by brightness, so that only a range of the second is within the limit of an image of the first.
	mine, theirs, values := pyramids(s), pyramids(other), s.Shape.Bytes()
	first := 0 // of theirs that is not too dark
	for _, a := range mine {
		if err := ctx.Err(); err != nil {
			return err
		}
		for first < len(theirs) && lowerBound(a.sum[:], theirs[first].sum[:], values) > limit && theirs[first].sum[0] < a.sum[0] {
			first++
		}
		within := limit
		for _, b := range theirs[first:] {
			if lowerBound(a.sum[:], b.sum[:], values) > within {
				if b.sum[0] > a.sum[0] {
					break // all that follow are brighter
				}
				continue
			}
			if lowerBound(a.blocks[:], b.blocks[:], values) > within {
				continue
			}
			if d := distance(s.At(a.position), other.At(b.position)); d <= within {
				within = found(Pair{a.position, b.position, d})
			}
		}
	}
	return nil
}

// perSide is how many blocks of an image stand side by side, of 7x7 pixels where it has 28x28.
const perSide = 4

// pyramid holds the sums of an image's values: over all, and over each block.
type pyramid struct {
	position int
	sum      [1]float32
	blocks   [perSide * perSide]float32
}

// pyramids returns those of a set's images, the darkest first.
func pyramids(s Set) []pyramid {
	list, d := make([]pyramid, s.Len()), s.Shape.Dimensions()
	block, row := d[0]/perSide, d[1]*d[2]
	for i := range list {
		list[i].position = i
		for at, v := range s.At(i) {
			list[i].sum[0] += float32(v)
			list[i].blocks[at/(row*block)*perSide+at%row/(d[2]*block)] += float32(v)
		}
	}
	slices.SortFunc(list, func(a, b pyramid) int {
		return cmp.Or(cmp.Compare(a.sum[0], b.sum[0]), cmp.Compare(a.position, b.position))
	})
	return list
}

// lowerBound returns a lower bound of the distance between two images of so many values, given their sums over blocks of n values each: by the Cauchy-Schwarz
// inequality, blocks whose sums differ by d are at least d/sqrt(n) apart.
func lowerBound(a, b []float32, values int) float64 {
	sum := float32(0)
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return math.Sqrt(float64(sum) / float64(values/len(a)))
}

// distance returns the Euclidean distance of two images.
func distance(a, b Picture) float64 {
	sum := 0
	for i, v := range a {
		d := int(v) - int(b[i])
		sum += d * d
	}
	return math.Sqrt(float64(sum))
}
