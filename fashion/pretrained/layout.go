package pretrained

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/gomlx/core/tensors"
)

// permuted returns a tensor with its axes in a new order. Axes that are left out must have length 1.
func (t Tensor) permuted(order []int) Tensor {
	strides := make([]int, len(t.Shape)) // in values
	step := 1
	for axis := len(t.Shape) - 1; axis >= 0; axis-- {
		strides[axis] = step
		step *= t.Shape[axis]
	}
	out := Tensor{Values: make([]float32, 0, len(t.Values))}
	for _, axis := range order {
		out.Shape = append(out.Shape, t.Shape[axis])
	}
	var walk func(depth, offset int)
	walk = func(depth, offset int) {
		if depth == len(order) {
			out.Values = append(out.Values, t.Values[offset])
			return
		}
		for i := range out.Shape[depth] {
			walk(depth+1, offset+i*strides[order[depth]])
		}
	}
	walk(0, 0)
	return out
}

// floats returns a tensor's values as float32.
func floats(t *tensors.Tensor) ([]float32, error) {
	switch t.DType() {
	case dtypes.Float32:
		return tensors.CopyFlatData[float32](t)
	case dtypes.Float16:
		return fromHalf[float16.Float16](t)
	case dtypes.BFloat16:
		return fromHalf[bfloat16.BFloat16](t)
	}
	return nil, fmt.Errorf("values of type %s", t.DType())
}

func fromHalf[T interface {
	gotype.Supported
	Float32() float32
}](t *tensors.Tensor) ([]float32, error) {
	half, err := tensors.CopyFlatData[T](t)
	values := make([]float32, len(half))
	for i, v := range half {
		values[i] = v.Float32()
	}
	return values, err
}
