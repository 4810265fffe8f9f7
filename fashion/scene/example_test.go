package scene_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"fashionlab/fashion"
	"fashionlab/fashion/scene"
)

func ExampleScene_Render() {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	cloth := scene.Scene{Background: "textured", Size: 0.5, Rotation: 10}
	picture, err := cloth.Render(set.Images[0], rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(picture.Bounds().Size())
	// Output: (320,320)
}

func ExampleScene_Photos() {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	prepared, missed, err := scene.Scenes()[0].Photos(set.Take([]int{0, 1, 2}), 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prepared.Len(), "photos,", missed, "without an item")
	// Output: 3 photos, 0 without an item
}

func ExampleScenes() {
	for _, s := range scene.Scenes()[:3] {
		fmt.Println(s.Name)
	}
	// Output:
	// white background
	// light, coloured background
	// dark background
}

func ExampleDigits() {
	fmt.Println(len(scene.Digits()))
	// Output: 300
}

func ExampleNoise() {
	fmt.Println(len(scene.Noise(10, 1)))
	// Output: 10
}

func ExampleTextures() {
	fmt.Println(len(scene.Textures(10, 1)))
	// Output: 10
}

func ExampleObjects() {
	for _, o := range scene.Objects(3, 1) {
		fmt.Println(o.Kind, o.Picture.Bounds().Size())
	}
	// Output:
	// mug (320,320)
	// cup and saucer (320,320)
	// key (320,320)
}

func ExampleDrawings() {
	fmt.Println(scene.Drawings(8, 1)[7].Kind)
	// Output: leaf
}
