package augment

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Brightness adds to each of the images [B, H, W, C] its value, [B, 1].
func Brightness(images, values *Node) *Node { return clip(Add(images, perImage(values))) }
