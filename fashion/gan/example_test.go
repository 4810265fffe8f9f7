package gan_test

import (
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/gan"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/run"
)

// Ten images between a sneaker and an ankle boot, and what a classifier takes them for.
func ExampleLoad() {
	r, err := run.Published().Open("full/gan")
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := gan.Load(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	const sneaker, boot fashion.Label = 7, 9
	latent := g.Latents(1, 1)[0]
	var codes []gan.Code
	for i := range 10 {
		codes = append(codes, gan.CodeOf(latent, sneaker).Interpolate(gan.CodeOf(latent, boot), float64(i)/9))
	}
	images, err := g.Images(codes)
	if err != nil {
		fmt.Println(err)
		return
	}
	classifier, err := infer.Reference()
	if err != nil {
		fmt.Println(err)
		return
	}
	seen, err := classifier.Embed([]fashion.Image{images[0], images[9]})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("from a %v to an %v\n", seen.Predicted(0), seen.Predicted(1))
	// Output: from a Sneaker to an Ankle boot
}
