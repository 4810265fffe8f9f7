package photo_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"
	"math/rand/v2"
	"os"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

// A dark rectangle on white stands for a garment.
func ExamplePrepare() {
	picture := image.NewGray(image.Rect(0, 0, 200, 200))
	draw.Draw(picture, picture.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(picture, image.Rect(70, 40, 130, 160), image.NewUniform(color.Gray{50}), image.Point{}, draw.Src)
	prepared, err := photo.Prepare(picture)
	if err != nil {
		log.Fatal(err)
	}
	for _, step := range prepared.Steps {
		fmt.Printf("%s: %v\n", step.Name, step.Image.Bounds().Size())
	}
	fmt.Println("left edge", prepared.Image[14*fashion.Side], "centre", prepared.Image[14*fashion.Side+14])
	// Output:
	// photo: (200,200)
	// background: (200,200)
	// item: (200,200)
	// negative: (200,200)
	// 28x28: (28,28)
	// left edge 0 centre 205
}

func ExampleDecode() {
	file, err := os.Open("../../testdata/photos/lossy.webp")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	picture, err := photo.Decode(context.Background(), file, photo.DefaultLimits())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(picture.Bounds().Size())
	// Output:
	// (40,24)
}

func ExampleScene_Render() {
	set, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	scene := photo.Scene{Background: "textured", Size: 0.5, Rotation: 10}
	picture, err := scene.Render(set.Images[0], rand.New(rand.NewPCG(1, 0)))
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
	prepared, missed, err := photo.Scenes()[0].Photos(set.Take([]int{0, 1, 2}), 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(prepared.Len(), "photos,", missed, "without an item")
	// Output: 3 photos, 0 without an item
}

func ExampleScenes() {
	for _, scene := range photo.Scenes()[:3] {
		fmt.Println(scene.Name)
	}
	// Output:
	// white background
	// light, coloured background
	// dark background
}

func ExampleDigits() {
	fmt.Println(len(photo.Digits()))
	// Output: 300
}

func ExampleNoise() {
	fmt.Println(len(photo.Noise(10, 1)))
	// Output: 10
}

func ExampleTextures() {
	fmt.Println(len(photo.Textures(10, 1)))
	// Output: 10
}

func ExampleObjects() {
	for _, o := range photo.Objects(3, 1) {
		fmt.Println(o.Kind, o.Picture.Bounds().Size())
	}
	// Output:
	// mug (320,320)
	// cup and saucer (320,320)
	// key (320,320)
}

func ExampleDrawings() {
	fmt.Println(photo.Drawings(8, 1)[7].Kind)
	// Output: leaf
}
