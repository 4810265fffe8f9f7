//go:build linux && cgo

package infer

import (
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// What lies between both products has 144 MB, which XLA allocates for each execution: 36,000 pages of 4 KB.
func TestExecutionsKeepTheirLargeBlocksOfMemory(t *testing.T) {
	backend, err := Backend()
	if err != nil {
		t.Fatal(err)
	}
	const side = 6000
	exec, err := NewExec(backend, func(x *Node) *Node {
		columns := IotaFull(x.Graph(), shapes.Make(dtypes.Float32, 4, side))
		wide := Sqrt(Dot(Mul(IotaFull(x.Graph(), shapes.Make(dtypes.Float32, side, 4)), x), columns).Product())
		return ReduceAllSum(Dot(wide, Transpose(columns, 0, 1)).Product())
	})
	if err != nil {
		t.Fatal(err)
	}
	faults := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return u.Minflt
	}
	var before int64
	for round := range 3 {
		if round == 1 {
			before = faults()
		}
		var threads sync.WaitGroup
		for range 3 { // not all of which can have the one heap of glibc's that has no limit
			threads.Go(func() {
				runtime.LockOSThread() // so that the thread ends with the goroutine
				if _, err := exec.Call(float32(1)); err != nil {
					t.Error(err)
				}
			})
		}
		threads.Wait()
	}
	if got := faults() - before; got > 10_000 {
		t.Errorf("six executions caused %d page faults, want few: their memory was not kept", got)
	}
}
