package fashion

import (
	"cmp"
	"math"
	"slices"
)

// Pair is an image of one set and an image of another that are almost the same.
type Pair struct {
	I, J     int     // positions in the first and in the second set
	Distance float64 // Euclidean, over the pixels, in grey levels: 0 for equal images
}

// Near lists the pairs of an image of s and one of others that are no farther apart than limit grey levels, the nearest first. Two images whose
// pixels all differ by one grey level are 28 apart; a limit of 200 is a difference of 7 at each.
func (s Set) Near(others Set, limit float64) []Pair {
	mine, theirs := pyramids(s), pyramids(others)
	var pairs []Pair
	first := 0 // of theirs that is not too dark; both are in the order of their brightness
	for _, a := range mine {
		for first < len(theirs) && lowerBound(a.whole[:], theirs[first].whole[:]) > limit && theirs[first].whole[0] < a.whole[0] {
			first++
		}
		for _, b := range theirs[first:] {
			if lowerBound(a.whole[:], b.whole[:]) > limit {
				break // all that follow are brighter
			}
			if lowerBound(a.blocks[:], b.blocks[:]) > limit {
				continue
			}
			if d := distance(s.Images[a.at], others.Images[b.at]); d <= limit {
				pairs = append(pairs, Pair{a.at, b.at, d})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.I, b.I), cmp.Compare(a.J, b.J))
	})
	return pairs
}

// NearInside lists the pairs of different images of a set that are no farther apart than limit grey levels, as Near does; I is less than J.
func (s Set) NearInside(limit float64) []Pair {
	return slices.DeleteFunc(s.Near(s, limit), func(p Pair) bool { return p.I >= p.J })
}

const (
	blockSide = 7 // pixels
	blocks    = Pixels / (blockSide * blockSide)
)

// pyramid is an image in few numbers: the sums of its blocks of 7x7 pixels and of the whole.
type pyramid struct {
	at     int
	whole  [1]float32
	blocks [blocks]float32
}

// pyramids are those of a set's images in the order of their brightness.
func pyramids(s Set) []pyramid {
	list := make([]pyramid, s.Len())
	for i, image := range s.Images {
		list[i].at = i
		for pixel, v := range image {
			list[i].whole[0] += float32(v)
			list[i].blocks[pixel/(Side*blockSide)*(Side/blockSide)+pixel%Side/blockSide] += float32(v)
		}
	}
	slices.SortFunc(list, func(a, b pyramid) int { return cmp.Or(cmp.Compare(a.whole[0], b.whole[0]), cmp.Compare(a.at, b.at)) })
	return list
}

// lowerBound is the least distance of images with these sums over equal parts: by the inequality of Cauchy and Schwarz, n pixels whose sums differ
// by d are at least d/sqrt(n) apart.
func lowerBound(a, b []float32) float64 {
	sum := float32(0)
	for i, v := range a {
		sum += (v - b[i]) * (v - b[i])
	}
	return math.Sqrt(float64(sum) / float64(Pixels/len(a)))
}

// distance is the Euclidean distance of two images.
func distance(a, b Image) float64 {
	sum := 0
	for i, v := range a {
		d := int(v) - int(b[i])
		sum += d * d
	}
	return math.Sqrt(float64(sum))
}
