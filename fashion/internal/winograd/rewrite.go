package winograd

import (
	"bytes"
	"fmt"
	"regexp"
)

// head is the first line of a function in a program: its name, its two arguments with their types, and the type of its result.
var head = regexp.MustCompile(`(?m)^  func\.func @(` + Convolution + `|` + KernelGradient + `)\w+\((%\w+): (tensor<[\dx]+f32>), (%\w+): (tensor<[\dx]+f32>)\) -> (tensor<[\dx]+f32>) \{\n`)

// Concerns reports whether a program has functions that Rewrite may replace: most have none, and some hold megabytes of constants.
func Concerns(program []byte) bool { return bytes.Contains(program, []byte("func.func @"+Prefix)) }

// Rewrite replaces the bodies of a StableHLO program's functions that have one of our names by calls of ours.
func Rewrite(program []byte) []byte {
	var out []byte
	for {
		found := head.FindSubmatchIndex(program)
		if found == nil {
			break
		}
		end := bytes.Index(program[found[1]:], []byte("\n  }"))
		if end < 0 {
			break
		}
		part := func(i int) []byte { return program[found[2*i]:found[2*i+1]] }
		out = append(out, program[:found[1]]...)
		out = fmt.Appendf(out, "    %%result = \"stablehlo.custom_call\"(%s, %s) {call_target_name = \"%s\", api_version = 4 : i32, backend_config = {}} : (%s, %s) -> %s\n    \"stablehlo.return\"(%%result) : (%s) -> ()",
			part(2), part(4), part(1), part(3), part(5), part(6), part(6))
		program = program[found[1]+end:]
	}
	return append(out, program...)
}
