package photo_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"
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
