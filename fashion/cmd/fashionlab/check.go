package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"fashionlab/fashion/cmd/fashionlab/internal/check"
	"fashionlab/fashion/cmd/fashionlab/internal/flags"
	"fashionlab/fashion/study"
)

func checkCommand() command {
	return command{
		name: "check", summary: "compare logits, loss and gradients of every network with values recorded on a CPU",
		text: `Computes logits, loss and gradients of every network on the backend at hand, and compares them with values that were recorded on a CPU. A line
for each network says how far they differ; a difference above its bound is an error.`,
		example: "check -recipes cnn,gan -float32",
		define: func(f *flag.FlagSet) prepare {
			var o check.Options
			list := f.String("recipes", "", "`names` of the recipes of the networks, separated by commas (default "+strings.Join(check.Recipes(), ",")+")")
			f.BoolVar(&o.Float32, "float32", false, "compute in float32 on a GPU too, where training uses TF32, with closer bounds")
			f.StringVar(&o.Against, "against", "", "`file` of recorded values (default the project's own)")
			f.StringVar(&o.Write, "write", "", "record the values in this `file`")
			return func([]string) (work, error) {
				o.Recipes = strings.FieldsFunc(*list, func(r rune) bool { return r == ',' || r == ' ' })
				if *list != "" && len(o.Recipes) == 0 {
					return nil, fmt.Errorf("-recipes is %q, which names none", *list)
				}
				for _, name := range o.Recipes {
					if o.Write == "" && o.Against == "" && !slices.Contains(check.Recipes(), name) {
						return nil, fmt.Errorf("-recipes names %q, of which no values are recorded; want some of %s", name, strings.Join(check.Recipes(), ", "))
					}
					if _, err := study.ByName(name, study.Full); err != nil {
						return nil, fmt.Errorf("-recipes: %w", err)
					}
				}
				if err := flags.CheckOutputs(o.Write); err != nil {
					return nil, err
				}
				return func(context.Context) error { return check.Networks(os.Stdout, o) }, nil
			}
		},
	}
}
