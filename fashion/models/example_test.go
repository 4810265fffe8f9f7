package models_test

import (
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

func ExampleSummarize() {
	summary, err := models.Summarize(recipes.Model{Name: "cnn", Filters: 16, Depth: 1, Hidden: 64})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range summary.Rows() {
		fmt.Println(row)
	}
	// Output:
	// [stage1/conv1 (Conv2D) (None, 28, 28, 16) 160]
	// [stage1/pool (MaxPooling2D) (None, 14, 14, 16) 0]
	// [stage1/dropout (Dropout) (None, 14, 14, 16) 0]
	// [stage2/conv1 (Conv2D) (None, 14, 14, 32) 4,640]
	// [stage2/pool (MaxPooling2D) (None, 7, 7, 32) 0]
	// [stage2/dropout (Dropout) (None, 7, 7, 32) 0]
	// [flatten (Flatten) (None, 1568) 0]
	// [hidden (Dense) (None, 64) 100,416]
	// [hidden/dropout (Dropout) (None, 64) 0]
	// [logits (Dense) (None, 10) 650]
	// [total  105,866]
}

func ExampleSummary_ByStage() {
	summary, err := models.Summarize(recipes.Model{Name: "resnet50"})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range summary.ByStage() {
		fmt.Println(row)
	}
	// Output:
	// [conv1 (3 layers) (None, 16, 16, 64) 3,456]
	// [pool1 (MaxPooling2D) (None, 8, 8, 64) 0]
	// [conv2 (29 layers) (None, 8, 8, 256) 220,032]
	// [conv3 (38 layers) (None, 4, 4, 512) 1,230,336]
	// [conv4 (56 layers) (None, 2, 2, 1024) 7,129,088]
	// [conv5 (29 layers) (None, 1, 1, 2048) 14,998,528]
	// [avg (GlobalAveragePooling2D) (None, 2048) 0]
	// [dropout (Dropout) (None, 2048) 0]
	// [predictions (Dense) (None, 10) 20,490]
	// [total  23,601,930]
	// [non-trainable  53,120]
}

// A user-defined network is a function. It is passed along with a model that has its name.
func ExampleNetwork() {
	small := models.Network{Name: "small", Logits: func(n *layers.Net, images *Node) *Node { // [B, 28, 28, 1]
		x := n.MaxPool("pool", n.Relu("relu", n.Conv("conv", images, 16))) // [B, 14, 14, 16]
		return n.Dense("logits", n.GlobalAveragePool("average", x), fashion.NumClasses)
	}}
	summary, err := models.Summarize(recipes.Model{Name: "small"}, small)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Parameters, "parameters")
	// Output: 330 parameters
}

func ExampleFineTuneTable() {
	rows, err := models.FineTuneTable(recipes.Model{Name: "convnext", Size: "atto"})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range rows[len(rows)-4:] {
		fmt.Println(row)
	}
	// Output:
	// [86 stage 4, block 1 837,760 1,679,370]
	// [94 stage 4, block 2 837,760 841,610]
	// [102 last normalization 640 3,850]
	// [103 head 3,210 3,210]
}

// A user-defined GAN is two functions, here of dense layers alone. `gan.Fit(name, recipe, report, own)` trains it, by a recipe whose Model is this one.
func ExampleGAN() {
	own := models.GAN{Name: "dense",
		Generate: func(n *layers.Net, latents, classes *Node) *Node {
			x := n.Relu("g_relu", n.Dense("g_hidden", Concatenate([]*Node{latents, classes}, -1), 32))
			return Reshape(Sigmoid(n.Dense("g_image", x, fashion.Pixels)), -1, fashion.Side, fashion.Side, 1)
		},
		Discriminate: func(n *layers.Net, images, classes *Node) *Node {
			x := Concatenate([]*Node{n.Flatten("d_flatten", images), classes}, -1)
			return Reshape(n.Dense("d_score", n.LeakyRelu("d_relu", n.Dense("d_hidden", x, 32)), 1), -1)
		},
	}
	summary, err := models.Summarize(recipes.Model{Name: "dense", Latent: 16}, own)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary)
	// Output:
	// model dense
	// layer (type)                         output shape             parameters
	// g_hidden (Dense)                     (None, 32)                      864
	// g_relu (Activation)                  (None, 32)                        0
	// g_image (Dense)                      (None, 784)                  25,872
	// d_flatten (Flatten)                  (None, 784)                       0
	// d_hidden (Dense)                     (None, 32)                   25,440
	// d_relu (Activation)                  (None, 32)                        0
	// d_score (Dense)                      (None, 1)                        33
	// total                                                             52,209
}
