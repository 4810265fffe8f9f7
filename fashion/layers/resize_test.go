package layers

import (
	"encoding/json"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

func TestResizeEqualsKeras(t *testing.T) {
	data, err := os.ReadFile("../../testdata/resize/keras.json")
	if err != nil {
		t.Fatal(err)
	}
	var keras struct {
		Shape []int
		X     []float64
		Cases []struct {
			Height, Width int
			Values        []float64
		}
	}
	if err := json.Unmarshal(data, &keras); err != nil {
		t.Fatal(err)
	}
	for _, c := range keras.Cases {
		x := tensors.FromFlatDataAndDimensions(keras.X, keras.Shape...)
		got, err := ExecOnce(backend(t), func(x *Node) *Node { return Resize(x, c.Height, c.Width) }, x)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "resized", got, tensors.FromFlatDataAndDimensions(c.Values, keras.Shape[0], c.Height, c.Width, keras.Shape[3]), 1e-5)
	}
}
