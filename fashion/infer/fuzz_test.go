package infer_test

import (
	"encoding/json"
	"testing"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// Tensors of any type, shape and length are halved to tensors of the same shape, or are an error.
func FuzzHalve(f *testing.F) {
	for _, shape := range []string{"[2,1]", "[]", "[-1]", "[0,9]", "[4294967296,4294967296]", "[9223372036854775807,2]", "[1000000,1000000]"} {
		f.Add(layers.Path("conv1/kernel"), "F32", shape, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0})
		f.Add(layers.Path("conv1/kernel"), "F16", shape, []byte{0, 0x3c, 0, 0})
	}
	f.Fuzz(func(t *testing.T, name, dtype, shape string, data []byte) {
		tensor := run.Tensor{Name: name, DType: dtype, Data: data}
		if json.Unmarshal([]byte(shape), &tensor.Shape) != nil {
			t.Skip()
		}
		half, err := infer.Halve([]run.Tensor{tensor})
		if err != nil || len(half) == 0 {
			return
		}
		if again, err := infer.Halve(half); err != nil || string(again[0].Data) != string(half[0].Data) {
			t.Errorf("%+v was halved to %+v and then to %+v (%v)", tensor, half, again, err)
		}
	})
}
