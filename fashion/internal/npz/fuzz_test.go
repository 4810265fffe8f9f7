package npz

import (
	"bytes"
	"testing"
)

// Arrays that are read are those of a file that is written of them.
func FuzzOpen(f *testing.F) {
	const rows = 4
	arrays := func(n int) []Array {
		return []Array{{"labels", "|u1", []int{4}, make([]uint8, n)}, {"indices", "<i4", []int{4}, make([]int32, n)}, {"p", "<f4", []int{4, 2}, make([][2]float32, n)}}
	}
	complete, err := Encode(arrays(rows))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Add(complete[:len(complete)/2])
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18)))) // a zip file of nothing
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(data)
		if err != nil {
			return
		}
		got := arrays(rows)
		for _, a := range got {
			for _, limits := range [][]int{{rows}, {rows, 2}} {
				shape, err := file.Shape(a.Name, limits...)
				for i, n := range shape {
					if err == nil && (n < 0 || n > limits[i]) {
						t.Errorf("array %s has the shape %v, want %v at most", a.Name, shape, limits)
					}
				}
			}
			if file.Read(a) != nil {
				return
			}
		}
		again, err := Encode(got)
		if err != nil {
			t.Fatal(err)
		}
		if file, err = Open(again); err != nil {
			t.Fatal(err)
		}
		for i, a := range arrays(rows) {
			if err := file.Read(a); err != nil {
				t.Fatal(err)
			}
			if x, err := Encode([]Array{a}); err != nil || !bytes.Equal(x, mustEncode(t, got[i])) {
				t.Errorf("%+v was written and read as %+v (%v)", got[i], a, err)
			}
		}
	})
}

// mustEncode is an array's file: unlike its values, which may be NaN, files compare equal.
func mustEncode(t *testing.T, a Array) []byte {
	data, err := Encode([]Array{a})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
