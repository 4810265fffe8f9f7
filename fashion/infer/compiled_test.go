package infer_test

import (
	"testing"

	"github.com/gomlx/go-xla/compute/xla"
	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/device"
	"fashionlab/fashion/internal/compilecache"
)

// A graph whose last user freed it costs the next one nothing, and a backend that is closed takes what it compiled with it.
func TestGraphIsCompiledOnceForAllItsUsersOfABackend(t *testing.T) {
	backendOf(t) // sets the plugin's functions
	plugin := device.FindCPUPlugin(device.PluginFolders())
	for range 2 {
		backend, err := xla.New(plugin)
		if err != nil {
			t.Fatal(err)
		}
		before := compilecache.Compilations()
		for i := range 3 {
			exec, err := NewExec(backend, func(x *Node) *Node { return AddScalar(MulScalar(x, 3), 0.25) })
			if err != nil {
				t.Fatal(err)
			}
			sums, err := exec.Call(float32(i))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := sums[0].Value(), float32(i)*3+0.25; got != want {
				t.Errorf("it is %v, want %v", got, want)
			}
			exec.Finalize()
		}
		n := compilecache.Compilations() - before
		if backend.Finalize(); n == 0 {
			t.Skip("this plugin's compilations are not counted")
		}
		if n != 1 {
			t.Errorf("the graph was compiled %d times", n)
		}
	}
}
