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
	callsForConstants = 8               // single images are asked for so often before their graph gets constants: it takes seconds to compile
	mostConstants     = 4 * 1024 * 1024 // values of parameters, trained or not: XLA copies them into the graph
)

// constants is the graph of the logits of one image in which the parameters are constants. XLA works out beforehand what depends on them alone, and a call hands over nothing but
// the image: 1.6 times as fast for the residual network on two CPU cores. It is compiled in the background, while the graph that reads the parameters goes on. The logits of
// both differ by rounding, 2e-6.
type constants struct {
	allowed bool // no training changes the parameters, and they are not too many
	calls   int  // for single images; the caller has the turn
	exec    atomic.Pointer[model.Exec]
	compile sync.WaitGroup
}

// withConstants returns the graph with constants instead of one of that name for a batch of that size, or nil where there is none. The caller has the turn.
func (m *Model) withConstants(returns string, size int) *model.Exec {
	c := &m.constants
	if !c.allowed || returns != logits || size != 1 {
		return nil
	}
	if c.calls++; c.calls == callsForConstants {
		c.compile.Go(func() {
			err := layers.Catch(m.compileConstants)
			if err != nil {
				fmt.Fprintf(os.Stderr, "warning: predictions of single images stay slower than they could be: %v\n", err)
			}
		})
	}
	return c.exec.Load()
}

// compileConstants compiles the graph with constants.
func (m *Model) compileConstants() error {
	exec, err := model.NewExec(m.backend, m.store, func(_ *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		n := layers.Inference(g, m.store, m.recipe.Seed)
		n.PreferReference()
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
	if _, err := exec.Compile(shapes.Make(dtypes.Uint8, 1, m.Shape().Bytes())); err != nil {
		return err
	}
	m.constants.exec.Store(exec)
	return nil
}
