package infer

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/gomlx/go-xla/pjrt"

	"fashionlab/fashion/internal/compilecache"
)

// flagsVariable is the environment variable from which XLA reads its flags, when it compiles for the first time.
const flagsVariable = "XLA_FLAGS"

// oneDNN has XLA's CPU backend compute matrix products with Intel's oneDNN library, which it does not do by itself.
// Products of a transposed matrix, of which a training step is full, then take half the time. The YNNPACK library would
// take them first if it were not switched off.
const (
	oneDNN  = "xla_cpu_experimental_onednn_custom_call"
	ynnPACK = "xla_cpu_experimental_ynn_fusion_type"
)

// setFlags chooses XLA's flags for the CPU, unless the user did, given the plugin, and has each graph compiled once. XLA ends the process at a flag that it does not know, so
// that none is set which the plugin does not mention.
func setFlags(plugin *pjrt.Plugin) error {
	_, chosen := os.LookupEnv(flagsVariable)
	known := true
	for _, flag := range []string{oneDNN, ynnPACK} {
		mentioned, err := mentions(plugin.Path(), flag)
		if err != nil {
			return err
		}
		known = known && mentioned
	}
	if !known {
		return nil // another plugin: what it can serialize was not tried
	}
	if !chosen {
		if err := os.Setenv(flagsVariable, "--"+ynnPACK+"= --"+oneDNN+"=true"); err != nil {
			return err
		}
	}
	return compilecache.Use(plugin.Name(), plugin.Path(), oneDNN)
}

// mentions reports whether a file contains a word.
func mentions(path, word string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	buffer, kept := make([]byte, 1<<20), 0 // of the piece before, as much as could be the word's beginning
	for {
		n, err := f.Read(buffer[kept:])
		read := buffer[:kept+n]
		if bytes.Contains(read, []byte(word)) {
			return true, nil
		}
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(buffer, read[max(0, len(read)-len(word)+1):])
	}
}
