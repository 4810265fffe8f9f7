package process

import (
	"strings"
	"testing"
)

// Of whatever a cell prints, the cause of its failure is told, in a bounded number of lines.
func FuzzCause(f *testing.F) {
	for _, output := range []string{
		"", "exit status 1", "panic: a\n\tb\n\ngoroutine 1 [running]:\nmain.main()\n\t[[ Cell [3] Line 4 ]] /x/main.go:7 +0x1d\nexit status 2", "fatal error: all goroutines are asleep\n\nruntime stack:\n",
		"said\nSIGSEGV: segmentation violation\nPC=0x0 m=0\nsignal: killed", "# fashionlab\nCell[2]: Line 5 ./main.go:9:2: undefined: x\n\tmore\nfailed to run \"go build\"", "parsing go files in \"/x\"",
		"2026/11/26 01:02:03 failed\r50%\r100%\nexit status 1", "\x1b[31mpanic: red\x1b[0m [recovered, repanicked]\ngoroutine 7 gp=0x1 m=0 [running]:\n", "panic: \ngoroutine 1 [running]:",
	} {
		f.Add(output)
	}
	f.Fuzz(func(t *testing.T, output string) {
		cause := Cause(output)
		if n := len(strings.Split(cause, "\n")); n > maxCause+2 {
			t.Errorf("the cause has %d lines: %q", n, cause)
		}
		if strings.TrimSpace(cause) == "" {
			t.Errorf("%q has no cause", output)
		}
		if plain(cause) != cause {
			t.Errorf("the cause has colours: %q", cause)
		}
		if lines := LastLines(output, 3); len(strings.Split(lines, "\n")) > 3 {
			t.Errorf("the last 3 lines are %q", lines)
		}
	})
}
