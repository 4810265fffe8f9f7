package recipes_test

import (
	"fmt"

	"fashionlab/fashion/recipes"
)

// Two recipes are compared field by field.
func ExampleDiff() {
	a := recipes.Recipe{Model: recipes.Model{Name: "cnn", Dropout: 0.1}, Epochs: 4, Batch: 64}
	b := a
	b.Model.Dropout, b.Epochs = 0.3, 30
	for _, difference := range recipes.Diff(a, b) {
		fmt.Println(difference)
	}
	// Output:
	// model.dropout: 0.1 != 0.3
	// epochs: 4 != 30
}
