package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"fashionlab/fashion/models"
	"fashionlab/fashion/study"
)

func summaryCommand() command {
	return command{
		name: "summary", summary: "print a model's layers, shapes and parameters",
		text:    `Prints each layer of a recipe's model with the shape of its output and its number of parameters.`,
		example: "summary -model resnet50",
		define: func(f *flag.FlagSet) prepare {
			name := f.String("model", "cnn", "`name` of a recipe with the model: "+strings.Join(study.Names(), ", "))
			return func([]string) (work, error) {
				recipe, err := study.ByName(*name, study.Full)
				return func(context.Context) error {
					s, err := models.Summarize(recipe.Model)
					if err != nil {
						return err
					}
					_, err = fmt.Print(s)
					return err
				}, err
			}
		},
	}
}
