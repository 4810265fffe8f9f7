package fashion_test

import (
	"fmt"
	"log"
	"os"

	"fashionlab/fashion"
)

func ExampleFindDir() {
	os.Setenv("FASHION_MNIST_DIR", "../testdata/fashion-mnist")
	defer os.Unsetenv("FASHION_MNIST_DIR")
	dir, err := fashion.FindDir()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(dir)
	// Output: ../testdata/fashion-mnist
}

// The folder is usually fashion.FindDir's; this one has a subset of the data set.
func ExampleLoadTrain() {
	set, err := fashion.LoadTrain("../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Len(), "images, the first of class", set.Labels[0])
	fmt.Println(set.CountByClass())
	// Output:
	// 1600 images, the first of class Ankle boot
	// [160 160 160 160 160 160 160 160 160 160]
}

func ExampleSplit() {
	labels := make([]fashion.Label, 100)
	for i := range labels {
		labels[i] = fashion.Label(i % fashion.NumClasses) // ten of each class
	}
	train, validation, err := fashion.Split(labels, 0.2, 0, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(train), len(validation))
	// Output: 80 20
}

func ExampleSet_NearDuplicates() {
	a, b := fashion.Image{0: 100}, fashion.Image{0: 102}
	set := fashion.Set{Images: []fashion.Image{a, {}, b}, Labels: make([]fashion.Label, 3)}
	fmt.Printf("%+v\n", set.NearDuplicates(10))
	// Output: [{I:0 J:2 Distance:2}]
}

func ExampleSet_RotationTask() {
	corner := fashion.Image{0: 255} // the top left pixel
	task := fashion.Set{Images: []fashion.Image{corner}, Labels: []fashion.Label{0}}.RotationTask()
	for i, image := range task.Images {
		for pixel, v := range image {
			if v > 0 {
				fmt.Printf("label %d: row %d, column %d\n", task.Labels[i], pixel/fashion.Side, pixel%fashion.Side)
			}
		}
	}
	// Output:
	// label 0: row 0, column 0
	// label 1: row 27, column 0
	// label 2: row 27, column 27
	// label 3: row 0, column 27
}

func ExampleLabel_String() {
	fmt.Println(fashion.Label(0), fashion.Label(9))
	// Output: T-shirt/top Ankle boot
}

func ExampleClasses_Names() {
	fmt.Println(fashion.Classes{"mug", "key"}.Names())
	fmt.Println(fashion.Classes(nil).Names()[:2])
	// Output:
	// [mug key]
	// [T-shirt/top Trouser]
}
