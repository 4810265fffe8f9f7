package augment

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Contrast multiplies the deviations of images [B, H, W, C] from each channel's mean by one plus a value, [B, 1].
func Contrast(images, values *Node) *Node {
	mean := ReduceAndKeep(images, ReduceMean, 1, 2)
	return clip(Add(Mul(Sub(images, mean), OnePlus(perImage(values))), mean))
}
