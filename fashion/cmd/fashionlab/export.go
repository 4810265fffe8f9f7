package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/export"
	"fashionlab/fashion/run"
)

func exportCommand() command {
	return command{
		name: "export", summary: "write a run's network for other programs", arguments: "RUN",
		text: `Writes the network of a finished run, a classifier's or a GAN's generator's, as an ONNX file, which other programs and languages execute, or its parameters as a
safetensors file for PyTorch or Keras (testdata/safetensors has snippets that read it). A classifier takes "images", [batch, 28, 28] from 0 (black) to 1, or as large as its data set's and in colour [batch, side, side, 3],
and returns "logits", [batch, classes]; a generator takes "latents" and "classes", one-hot, and returns "images". The files say which run they come from, its recipe, its classes and its accuracy.`,
		example: "export -onnx residual.onnx -bytes -softmax full/residual",
		define: func(f *flag.FlagSet) prepare {
			onnx := f.String("onnx", "", "write the network to this `file`, as ONNX")
			safetensors := f.String("safetensors", "", "write the parameters to this `file`, as safetensors")
			var o export.Options
			f.BoolVar(&o.Bytes, "bytes", false, "in ONNX, images are bytes from 0 to 255")
			f.BoolVar(&o.Softmax, "softmax", false, "in ONNX, return \"probabilities\" instead of logits")
			return func(names []string) (work, error) {
				switch {
				case len(names) != 1:
					return nil, errors.New("wants the name of one finished run, such as full/residual")
				case *onnx == "" && *safetensors == "":
					return nil, errors.New("wants -onnx FILE, -safetensors FILE or both")
				case *onnx == "" && o != export.Options{}:
					return nil, errors.New("-bytes and -softmax belong to -onnx")
				case *onnx == *safetensors:
					return nil, fmt.Errorf("-onnx and -safetensors name the same file, %s; name two", *onnx)
				}
				if err := flags.CheckOutputs(*onnx, *safetensors); err != nil {
					return nil, err
				}
				return func(context.Context) error { return exportRun(names[0], *onnx, *safetensors, o) }, nil
			}
		},
	}
}

// exportRun writes the files that are named.
func exportRun(name, onnx, safetensors string, o export.Options) error {
	r, err := run.Find(name)
	if err != nil {
		return err
	}
	if !r.Finished() {
		return fmt.Errorf("%s is not finished: it has %d of %d epochs; train it to the end, or name a finished run", r.Dir, len(r.History), r.Recipe.Epochs)
	}
	write := func(file string, encode func() ([]byte, error)) error {
		if file == "" {
			return nil
		}
		data, err := encode()
		if err != nil {
			return err
		}
		if err := disk.WriteOutput(file, data); err != nil {
			return err
		}
		fmt.Printf("%s: %.1f MB\n", file, float64(len(data))/1e6)
		return nil
	}
	return errors.Join(
		write(onnx, func() ([]byte, error) { return export.ONNX(name, r, o) }),
		write(safetensors, func() ([]byte, error) { return export.Safetensors(name, r) }))
}
