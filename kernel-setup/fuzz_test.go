package main

import (
	"slices"
	"strings"
	"testing"

	"fashionlab/kernel-setup/internal/cuda"
)

// What is taken out of arguments is -gpu and -deterministic with their values, and nothing else; what follows "--" stays as it is.
func FuzzTakeOwn(f *testing.F) {
	for _, line := range []string{"train -gpu off -recipe=cnn -deterministic", "-gpu=cuda13 -- -gpu off", "-gpu", "-deterministic=", "--deterministic=T --gpu auto --", "a -gpus", "--gpu=off=on"} {
		f.Add(strings.ReplaceAll(line, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\x00")
		o, rest, err := takeOwn(args)
		if err != nil {
			return
		}
		if err := cuda.CheckChoice(o.gpu.Choice); err != nil {
			t.Error(err)
		}
		var left []string
		for i, before := 0, true; i < len(args); i++ {
			name, _, hasValue := strings.Cut(args[i], "=")
			if strings.HasPrefix(name, "--") {
				name = name[1:]
			}
			before = before && args[i] != "--"
			switch {
			case before && name == "-gpu":
				if !hasValue {
					i++
				}
			case before && name == "-deterministic":
			default:
				left = append(left, args[i])
			}
		}
		if !slices.Equal(rest, left) {
			t.Errorf("of %q are left %q, want %q", args, rest, left)
		}
	})
}
