package optim_test

import (
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
)

func TestDescentForLessThanNoStepsOrOnNoSurfaceIsAnError(t *testing.T) {
	bowl := func(x, y *Node) *Node { return Add(Square(x), Square(y)) }
	o := recipes.Optimizer{Name: "sgd", LearningRate: 0.1}
	for name, f := range map[string]func() ([]optim.Point, error){
		"steps":   func() ([]optim.Point, error) { return optim.Descend(bowl, o, 1, 1, -3) },
		"surface": func() ([]optim.Point, error) { return optim.Descend(nil, o, 1, 1, 3) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), "want 0 or more, and a surface") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
