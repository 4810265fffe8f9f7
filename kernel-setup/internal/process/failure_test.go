package process

import (
	"fmt"
	"strings"
	"testing"
)

// at is how GoNB marks a line of a cell in a stack trace.
func at(cell, line int) string {
	return fmt.Sprintf("\x1b[7m[[ Cell [%d] Line %d ]]\x1b[0m", cell, line)
}

// execute.py printed these texts for cells that failed in a kernel of GoNB 0.11.5 with Go 1.26; paths are shortened.
func TestCauseIsTheMessageOfTheFailure(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"panic of a string", `panic: the string of a panic

goroutine 1 [running]:
main.main()
	 ` + at(2, 2) + ` main.go:14 +0x65
exit status 2
 Cell[2]: Line 2 main.go:14 +0x65
exit status 2`, "cell 2, line 2: the string of a panic"},

		{"panic whose mark was torn apart in the trace", `panic: the words of an error

goroutine 1 [running]:
main.main()
	main.go:15 +0x7a
exit status 2
 Cell[2]: Line 4 main.go:15 +0x7a
exit status 2`, "cell 2, line 4: the words of an error"},

		{"must.M1 of an error of several lines", `2026/11/26 14:54:17 Must not error: runs/x holds a run of another recipe (on disk != asked for):
  optimizer.rate: 0.002 != 0.1
  seed: 3 != 5
choose another name, or remove the folder to train anew
Panicking ...

panic: runs/x holds a run of another recipe (on disk != asked for):
	  optimizer.rate: 0.002 != 0.1
	  seed: 3 != 5
	choose another name, or remove the folder to train anew

goroutine 1 [running]:
github.com/janpfeifer/must.init.func1({0x1071a60, 0x36d123622c00})
	must@v0.2.0/must.go:13 +0xbd
github.com/janpfeifer/must.M1[...](...)
	must@v0.2.0/must.go:41
main.main()
	 ` + at(2, 13) + ` main.go:26 +0x3e6
exit status 2
 Cell[2]: Line 13 main.go:26 +0x3e6
exit status 2`, `cell 2, line 13: runs/x holds a run of another recipe (on disk != asked for):
  optimizer.rate: 0.002 != 0.1
  seed: 3 != 5
choose another name, or remove the folder to train anew`},

		{"must.M of an error of github.com/pkg/errors", `2026/11/26 14:51:18 Must not error: the inner words
main.main
	 ` + at(2, 4) + ` main.go:15
runtime.main
	runtime/proc.go:290
while doing 2 things
main.main
	 ` + at(2, 4) + ` main.go:15
Panicking ...

panic: while doing 2 things: the inner words

goroutine 1 [running]:
main.main()
	 ` + at(2, 4) + ` main.go:15 +0xf7
exit status 2
 Cell[2]: Line 4 main.go:15
 Cell[2]: Line 4 main.go:15
 Cell[2]: Line 4 main.go:15 +0xf7
exit status 2`, "cell 2, line 4: while doing 2 things: the inner words"},

		{"panic of such an error's text with its traces", `panic: the inner words
	main.main
		 ` + at(2, 5) + ` main.go:16
	runtime.main
		runtime/proc.go:290
	runtime.goexit
		runtime/asm_amd64.s:1771
	while doing things
	main.main
		 ` + at(2, 5) + ` main.go:16
	runtime.main
		runtime/proc.go:290

goroutine 1 [running]:
main.main()
	 ` + at(2, 5) + ` main.go:16 +0x105
exit status 2
 Cell[2]: Line 5 main.go:16
 Cell[2]: Line 5 main.go:16
 Cell[2]: Line 5 main.go:16 +0x105
exit status 2`, "cell 2, line 5: the inner words\nwhile doing things"},

		{"panic after a program said the word itself", `panic: said by the program

panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.main()
	 ` + at(2, 4) + ` main.go:17 +0x52
exit status 2
 Cell[2]: Line 4 main.go:17 +0x52
exit status 2`, "cell 2, line 4: runtime error: index out of range [5] with length 3"},

		{"nil pointer in a function of an earlier cell", `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6149bf]

goroutine 1 [running]:
main.main()
	 ` + at(1, 3) + ` main.go:17 +0x5f
exit status 2
 Cell[1]: Line 3 main.go:17 +0x5f
 Cell[2]: Line 2 main.go:21 +0x11
exit status 2`, "cell 1, line 3: runtime error: invalid memory address or nil pointer dereference"},

		{"panic that was recovered and panicked anew", `panic: first [recovered, repanicked]

goroutine 1 [running]:
main.main.func1()
	 ` + at(2, 2) + ` main.go:14 +0x25
panic({0x4d2c20?, 0x4fd8a0?})
	runtime/panic.go:860 +0x13a
exit status 2
 Cell[2]: Line 2 main.go:14 +0x25
exit status 2`, "cell 2, line 2: first"},

		{"panic in a deferred function", "panic: first\n\tpanic: second\n\ngoroutine 1 [running]:\nmain.main.func1()\nexit status 2\nexit status 2", "first\npanic: second"},

		{"panic without a message", "panic: \n\ngoroutine 1 [running]:\nmain.main()\nexit status 2\nexit status 2", "a panic without a message"},

		{"deadlock", `fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
	 ` + at(2, 2) + ` main.go:14 +0x65
exit status 2
 Cell[2]: Line 2 main.go:14 +0x65
exit status 2`, "cell 2, line 2: all goroutines are asleep - deadlock!"},

		{"stack overflow", `runtime: goroutine stack exceeds 1000000000-byte limit
runtime: sp=0x1c81d6560390 stack=[0x1c81d6560000, 0x1c81f6560000]
fatal error: stack overflow

runtime stack:
runtime.throw({0x6b78ca?, 0x200000001?})
	runtime/panic.go:1229 +0x48 fp=0x7fff7b8000d8 sp=0x7fff7b8000a8 pc=0x483188

goroutine 1 gp=0x1c81b63521e0 m=0 mp=0xdbd800 [running]:
main.f(0x2aaaa49?)
	 ` + at(2, 1) + ` main.go:10 +0x2b fp=0x1c81d65603a0 sp=0x1c81d6560398 pc=0x61498b
exit status 2
 Cell[2]: Line 1 main.go:10 +0x2b fp=0x1c81d65603a0 sp=0x1c81d6560398 pc=0x61498b
exit status 2`, "cell 2, line 1: stack overflow"},

		{"abort in a library, which said why", `loading
check failed: x == y
SIGABRT: abort
PC=0x408aee m=0 sigcode=0

goroutine 1 gp=0xa270d0a41e0 m=0 mp=0x5d5000 [running]:
syscall.Kill(0x27?, 0x0?)
exit status 2
exit status 2`, "check failed: x == y\nSIGABRT: abort"},

		{"compiler", `
 # gonb_f3dd9f3d
Cell[2]: Line 2 ./main.go:15:1: not enough arguments in call to notebook.Say
 	have ()
 	want (string, ...any)
Cell[2]: Line 4 ./main.go:17:5: declared and not used: e

failed to run "go build -o gonb_f3dd9f3d": exit status 1`, "cell 2, line 2: not enough arguments in call to notebook.Say\n\thave ()\n\twant (string, ...any)\ncell 2, line 4: declared and not used: e"},

		{"typing error in an import", `
Cell[2]: Line 1 main.go:7:2: no required module provides package github.com/janpfeifer/mustt; to add it:
 	go get github.com/janpfeifer/mustt

failed to run "go build -o gonb_ce84a890": exit status 1`, "cell 2, line 1: no required module provides package github.com/janpfeifer/mustt; to add it:\n\tgo get github.com/janpfeifer/mustt"},

		{"syntax", `
Cell[2]: Line 3 gonb_90481383/main.go:6:19: missing ',' before newline in argument list (and 2 more errors)
parsing go files in TempDir "gonb_90481383": gonb_90481383/main.go:6:19: missing ',' before newline in argument list (and 2 more errors)`,
			"cell 2, line 3: missing ',' before newline in argument list (and 2 more errors)"},

		{"compiler that says nothing", "\nfailed to run \"go build -o gonb_f3dd9f3d\": signal: killed", `failed to run "go build -o gonb_f3dd9f3d": signal: killed`},

		{"log.Fatal", "2026/11/26 14:51:04 a line before\n2026/11/26 14:51:04 cannot go on: 7 is too many\nexit status 1\nexit status 1", "cannot go on: 7 is too many"},

		{"log.Fatal of several lines with traces", `2026/11/26 14:54:33 it failed: the inner words
main.main
	 ` + at(2, 5) + ` main.go:16
runtime.main
	runtime/proc.go:290
while doing things
main.main
	 ` + at(2, 5) + ` main.go:16
exit status 1
 Cell[2]: Line 5 main.go:16
 Cell[2]: Line 5 main.go:16
exit status 1`, "it failed: the inner words\nwhile doing things"},

		{"os.Exit after words", "warning: something\nerror: the last words\nexit status 1\nexit status 1", "warning: something\nerror: the last words"},
		{"os.Exit without words", "exit status 3\nexit status 3", "exit status 3, no message"},
		{"killed", "signal: killed\nsignal: killed", "signal: killed; the system does this to a program when memory runs out"},
		{"another signal", "the last words\nsignal: terminated\nsignal: terminated", "the last words\nsignal: terminated"},
		{"line that shows progress", "\rprogress 0\rprogress 1\rprogress 2\nthe reason\nexit status 1\nexit status 1", "progress 2\nthe reason"},
		{"something unknown", "a\nb\n\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n\nthe kernel's words", "d\ne\nf\ng\nh\ni\nj\nk\nl\nthe kernel's words"},
		{"nothing", "", "no message"},
	} {
		if got := Cause(c.text); got != c.want {
			t.Errorf("%s: the cause is\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestCauseThatIsLongIsShortened(t *testing.T) {
	message := "panic: 1\n"
	for i := range 99 {
		message += fmt.Sprintf("\t%d\n", i+2)
	}
	got := strings.Split(Cause(message+"\ngoroutine 1 [running]:\nmain.main()\nexit status 2\nexit status 2"), "\n")
	if len(got) != maxCause+1 || got[maxCause-1] != fmt.Sprint(maxCause) || !strings.Contains(got[maxCause], "80 more lines") {
		t.Errorf("the cause of a message of 100 lines is %q, want %d lines and that 80 are missing", got, maxCause)
	}
}
