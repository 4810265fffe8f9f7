package infer

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes/float16"

	"fashionlab/fashion/layers"
	"fashionlab/fashion/run"
)

// HalfPrecision is the checkpoint of a run's best epoch with the parameters alone, in half precision: what a classifier is published as.
func HalfPrecision(r *run.Run) (run.Checkpoint, error) {
	if r.Recipe.IsGAN() {
		return run.Checkpoint{}, fmt.Errorf("%s: the model is %s, a GAN; gan.HalfPrecision makes its checkpoint", r.Dir, r.Recipe.Model.Name)
	}
	c, err := r.Checkpoint(run.Best)
	if err != nil {
		return run.Checkpoint{}, err
	}
	if c.Tensors, err = Halve(c.Tensors); err != nil {
		return run.Checkpoint{}, fmt.Errorf("%s: %w", r.Dir, err)
	}
	return c, nil
}

// Halve returns the parameters among tensors, in half precision. A value beyond its range, 65,504, or that is not finite is an error.
func Halve(list []run.Tensor) (half []run.Tensor, err error) {
	for _, t := range list {
		if _, ours := layers.ParameterAt(t.Name); !ours {
			continue // of the optimizer
		}
		values, err := floats(t)
		if err != nil {
			return nil, err
		}
		t.DType, t.Data = "F16", make([]byte, 0, 2*len(values))
		for i, v := range values {
			h := float16.FromFloat32(v)
			if math.IsInf(h.Float64(), 0) || v != v {
				return nil, fmt.Errorf("value %d of %s is %v, which half precision cannot hold", i, t.Name, v)
			}
			t.Data = binary.LittleEndian.AppendUint16(t.Data, uint16(h))
		}
		half = append(half, t)
	}
	return half, nil
}

// floats are the values of a tensor in single or half precision.
func floats(t run.Tensor) ([]float32, error) {
	if err := t.Check(); err != nil {
		return nil, err
	}
	switch t.DType {
	case "F32":
		values := make([]float32, len(t.Data)/4)
		_, err := binary.Decode(t.Data, binary.LittleEndian, values)
		return values, err
	case "F16":
		values := make([]float32, len(t.Data)/2)
		for i := range values {
			values[i] = float16.Float16(binary.LittleEndian.Uint16(t.Data[2*i:])).Float32()
		}
		return values, nil
	}
	return nil, fmt.Errorf("tensor %s is %s, want F32 or F16", t.Name, t.DType)
}
