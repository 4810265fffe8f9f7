package text

import (
	"strings"
	"testing"
)

// What is shown hides nothing, and what hides nothing is shown as it is.
func FuzzShown(f *testing.F) {
	for _, s := range []string{"plain\ttext\n", "\x1b[2J", "a\x00b", "\u202egpj.exe", "\xff\xfe", "naïve 类"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := Shown(s)
		lines := strings.NewReplacer("\n", "", "\t", "")
		if found, ok := Hidden(lines.Replace(shown)); ok {
			t.Errorf("%q is shown as %q, which hides something", s, found)
		}
		if again := Shown(shown); again != shown {
			t.Errorf("%q is shown as %q and then as %q", s, shown, again)
		}
		if _, ok := Hidden(map[string][]string{"key": {s}}); !ok && shown != s {
			t.Errorf("%q hides nothing and is shown as %q", s, shown)
		}
	})
}
