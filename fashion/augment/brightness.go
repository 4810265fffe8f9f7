package augment

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// brightness adds a value, [B, 1], to each of the images [B, H, W, C].
func brightness(images, values *Node) *Node { return clip(Add(images, perImage(values))) }
