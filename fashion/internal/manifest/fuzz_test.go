package manifest

import (
	"bytes"
	"testing"
	"time"
)

// A manifest vouches for itself: what is read is written the same, byte for byte, and has no file as another's.
func FuzzDecode(f *testing.F) {
	m := Of(time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), map[string][]byte{"a/b": {1}, "c": nil})
	for _, m := range []Manifest{m, m.Announce("c", Digest([]byte("new"))), {}} {
		data, err := m.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode(data)
		if err != nil {
			return
		}
		if again, err := m.Encode(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%q was written as %q (%v)", data, again, err)
		}
		for name, sum := range m.SHA256 {
			if err := m.Check(name, sum); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if settled, err := m.Settle(t.TempDir()); err == nil && len(settled.Next) > 0 {
			t.Errorf("a settled manifest announces %v", settled.Next)
		}
	})
}
