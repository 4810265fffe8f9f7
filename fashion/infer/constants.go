package infer

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

const (
	callsForConstants = 8               // few images are asked for so often before their graph gets constants: it takes seconds to compile
	mostConstants     = 4 * 1024 * 1024 // values of parameters, trained or not: XLA copies them into the graph
)

// constants is a graph of the logits of a batch in which the parameters are constants. XLA works out beforehand what depends on them alone, and a call hands over nothing but
// the images: for the residual network on two CPU cores a call takes 0.54 of the time for one image, and 0.62 for a batch of 16. It is compiled in the background, while the graph
// that reads the parameters goes on. The logits of both differ by rounding, some 1e-6.
type constants struct {
	size      int  // images of a batch
	reference bool // its layers are in the reference form, which is the faster one for one image only
	calls     int  // that could have used it; the caller has the turn
	exec      atomic.Pointer[model.Exec]
	once      sync.Once
	failed    error // of the compiling
	compile   sync.WaitGroup
}

// graphsWithConstants are those that a model gets when it is asked often enough: none where it has too many parameters.
func (m *Model) graphsWithConstants() []*constants {
	if CountValues(m.store, VariablePaths(m.store)) > mostConstants {
		return nil
	}
	return []*constants{{size: 1, reference: true}, {size: smallBatch}}
}

// constantsFor is the graph with constants for n images, or nil.
func (m *Model) constantsFor(n int) *constants {
	for _, c := range m.constants {
		if (n == 1) == (c.size == 1) && n <= fewImages {
			return c
		}
	}
	return nil
}

// withConstants returns the graph with constants instead of one of that name for n images, and the size of its batches; nil where there is none, or not yet. The caller has the turn.
func (m *Model) withConstants(returns string, n int) (*model.Exec, int) {
	c := m.constantsFor(n)
	if c == nil || returns != logits {
		return nil, 0
	}
	if c.calls++; c.calls == callsForConstants {
		c.compile.Go(func() {
			if err := m.Optimize(n); err != nil {
				fmt.Fprintf(os.Stderr, "warning: predictions of few images stay slower than they could be: %v\n", err)
			}
		})
	}
	return c.exec.Load(), c.size
}

// Optimize compiles at once, in some seconds, what makes Logits of n images faster and is otherwise compiled in the background when so few images were asked for often: a graph in
// which the parameters are constants. For more than 200 images, and for a model of more than 4 Mi parameters, there is none, and it does nothing.
func (m *Model) Optimize(n int) error {
	c := m.constantsFor(n)
	if c == nil {
		return nil
	}
	c.once.Do(func() { c.failed = layers.Catch(func() error { return m.compileConstants(c) }) })
	return c.failed
}

// compileConstants compiles a graph with constants.
func (m *Model) compileConstants(c *constants) error {
	exec, err := model.NewExec(m.backend, m.store, func(_ *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		n := layers.Inference(g, m.store, m.recipe.Seed)
		if c.reference {
			n.PreferReference()
		}
		for _, path := range VariablePaths(m.store) {
			value, err := m.store.GetVariable(path).Value()
			if err != nil {
				panic(err) // which layers.Catch returns
			}
			name, _ := layers.ParameterAt(path)
			n.Use(name, ConstTensor(g, value))
		}
		return m.logitsOf(n, Pixels(in[0], m.Shape()))
	})
	if err != nil {
		return err
	}
	if _, err := exec.Compile(shapes.Make(dtypes.Uint8, c.size, m.Shape().Bytes())); err != nil {
		return err
	}
	c.exec.Store(exec)
	return nil
}
