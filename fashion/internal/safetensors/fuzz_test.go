package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
	"reflect"
	"runtime"
	"testing"
)

// oldFile is a file of the given header and tensors, without a checksum of the header, so that a change of the header is no error by itself.
func oldFile(header string, body []byte) []byte {
	head := fmt.Appendf(nil, header, crc32.ChecksumIEEE(body))
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...), body...)
}

// Tensors that are read are written and read the same, and all their bytes are the file's.
func FuzzDecode(f *testing.F) {
	complete, err := Encode(map[string]string{"state": "{}"}, []Tensor{{"a", "F32", []int{2}, make([]byte, 8)}, {"b", "U8", nil, []byte{7}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Add(complete[:len(complete)-1])
	f.Add(oldFile(`{"__metadata__":{"crc32":"%08x"},"a":{"dtype":"F16","shape":[2,1],"data_offsets":[0,4]},"none":{"dtype":"I64","shape":[0,9],"data_offsets":[4,4]}}`, []byte{1, 2, 3, 4}))
	f.Add(oldFile(`{"__metadata__":{"crc32":"%08x"}}`, nil))
	f.Add([]byte("\x00\x00\x00\x04\x00\x00\x00\x00")) // announces a header of 64 MB
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		alone, aloneErr := ReadMetadata(bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20+100*uint64(len(data)) {
			t.Fatalf("%d bytes were allocated for the metadata of a file of %d", allocated, len(data))
		}
		metadata, tensors, err := Decode(data)
		if err != nil {
			return
		}
		if aloneErr != nil || !maps.Equal(alone, metadata) {
			t.Errorf("alone, the metadata are %q (%v), want %q", alone, aloneErr, metadata)
		}
		again, err := Encode(metadata, tensors)
		if err != nil {
			t.Fatal(err)
		}
		_, same, err := Decode(again)
		if err != nil || len(same) != len(tensors) {
			t.Fatalf("%d tensors were written and read as %d (%v)", len(tensors), len(same), err)
		}
		for i, want := range tensors {
			if want.Shape == nil {
				want.Shape = []int{}
			}
			if !reflect.DeepEqual(same[i], want) {
				t.Errorf("%+v was written and read as %+v", want, same[i])
			}
		}
	})
}
