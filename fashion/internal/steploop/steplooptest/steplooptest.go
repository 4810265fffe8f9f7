// Package steplooptest compares networks that were trained in two ways, in tests.
package steplooptest

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// SameVariables fails unless each variable of a store, of float32, has the values of the other's within a distance, and there are at least so many.
func SameVariables(t testing.TB, got, want *model.Store, within float64, least int) {
	t.Helper()
	compared := 0
	for v := range want.IterVariables() {
		x, y := values(t, v), values(t, got.GetVariable(v.Path()))
		for i := range x {
			if math.Abs(float64(x[i]-y[i])) > within {
				t.Fatalf("%s[%d] is %v, want %v", v.Path(), i, y[i], x[i])
			}
		}
		compared++
	}
	if compared < least {
		t.Errorf("%d variables were compared, want %d or more", compared, least)
	}
}

func values(t testing.TB, v *model.Variable) []float32 {
	t.Helper()
	value, err := v.Value()
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](value)
}
