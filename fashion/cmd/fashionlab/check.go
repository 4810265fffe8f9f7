package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"fashionlab/fashion/cmd/fashionlab/internal/check"
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
				for _, name := range o.Recipes {
					if _, err := study.ByName(name, study.Full); err != nil {
						return nil, fmt.Errorf("-recipes: %w", err)
					}
				}
				return func(context.Context) error { return check.Networks(os.Stdout, o) }, nil
			}
		},
	}
}
