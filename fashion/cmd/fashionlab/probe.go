package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
)

func probeCommand() command {
	return command{
		name: "probe", summary: "have the backend compute a convolution",
		text: `Opens the backend, has it compute a convolution, compares that with the host's, and prints where it was computed, as JSON. The set-up runs it
to learn whether a GPU works.`,
		example: "probe",
		define: func(*flag.FlagSet) prepare {
			return func([]string) (work, error) { return probe, nil }
		},
	}
}

func backendCommand() command {
	return command{
		name: "backend", summary: "say which backend computes",
		text:    `Opens the backend and prints what it is, and on a CPU what computes convolutions and whether large blocks of memory are kept.`,
		example: "backend",
		define: func(*flag.FlagSet) prepare {
			return func([]string) (work, error) { return printBackend, nil }
		},
	}
}

func printBackend(context.Context) error {
	backend, err := infer.Backend()
	if err != nil {
		return err
	}
	fmt.Println(backend.Description())
	if layers.OnCPU(backend) {
		fmt.Println("3x3 convolutions:", infer.Convolutions())
		fmt.Println("large blocks of memory:", infer.LargeBlocks())
	}
	return nil
}

// probe prints where the backend computes, as JSON, if it computes rightly.
func probe(context.Context) error {
	if err := infer.Probe(); err != nil {
		return err
	}
	backend, err := infer.Backend()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(infer.Computer(backend))
}
