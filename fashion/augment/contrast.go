package augment

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// contrast multiplies the deviations of images [B, H, W, C] from each channel's mean by one plus a value, [B, 1].
func contrast(images, values *Node) *Node {
	mean := ReduceAndKeep(images, ReduceMean, 1, 2)
	return clip(Add(Mul(Sub(images, mean), OnePlus(perImage(values))), mean))
}
