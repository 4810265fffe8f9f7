package pretrained_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"fashionlab/fashion/pretrained"
)

// Without the file in the project's private folder, Find looks in the hub's cache or downloads it.
func ExampleFind() {
	home, err := os.MkdirTemp("", "fashionlab-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(home)
	before := os.Getenv("FASHIONLAB_HOME")
	defer os.Setenv("FASHIONLAB_HOME", before)
	os.Setenv("FASHIONLAB_HOME", home)
	folder := filepath.Join(home, "weights", "timm", "convnext_atto.d2_in1k")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "model.safetensors"), nil, 0o666); err != nil {
		log.Fatal(err)
	}

	path, err := pretrained.Find("timm/convnext_atto.d2_in1k")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.Base(path))
	// Output: model.safetensors
}

func ExampleRead() {
	weights, err := pretrained.Read("../../testdata/convnext/timm.safetensors")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(weights.Scheme, weights.Tensors["stem_0/kernel"].Shape) // [height, width, channels, filters]
	// Output:
	// timm [4 4 3 4]
}
