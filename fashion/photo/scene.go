package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"

	"fashionlab/fashion"
)

// Scene is a way to make a test item look like a photo, so that the preparation can be measured on items whose classes are known. Real photos
// differ in more: folds, hangers, hands, shadows.
type Scene struct {
	Name       string
	Ground     string  // "white", "light", "dark", "shaded" or "textured"
	Share      float64 // of the picture's side that the item's longer side takes, 0.8 if 0
	Aside      float64 // the item's centre is up to so far from the picture's, as a share of its side
	Angle      float64 // the item is turned by up to so many degrees to either side
	Noise      float64 // standard deviation of each channel, in levels
	Compressed int     // JPEG's quality, 95 if 0
}

// Scenes are one with nothing but white, and one for each thing that may differ from it; in the last all do.
func Scenes() []Scene {
	return []Scene{
		{Name: "white background", Ground: "white"},
		{Name: "light, coloured background", Ground: "light"},
		{Name: "dark background", Ground: "dark"},
		{Name: "shaded background", Ground: "shaded"},
		{Name: "textured background", Ground: "textured"},
		{Name: "small and aside", Ground: "white", Share: 0.4, Aside: 0.2},
		{Name: "turned by up to 15 degrees", Ground: "white", Share: 0.7, Angle: 15},
		{Name: "noise and strong compression", Ground: "white", Noise: 8, Compressed: 25},
		{Name: "all together", Ground: "textured", Share: 0.55, Aside: 0.12, Angle: 8, Noise: 5, Compressed: 50},
	}
}

const sceneSide = 320 // pixels of a scene's side

// Render draws an item in the scene, with what r draws: colours, place, angle and noise.
func (s Scene) Render(item fashion.Image, r *rand.Rand) (image.Image, error) {
	out := image.NewRGBA(image.Rect(0, 0, sceneSide, sceneSide)) // opaque; both the transform and the compression are faster for this type
	paint := s.ground(r)
	for y := range sceneSide {
		for x := range sceneSide {
			out.SetRGBA(x, y, paint(x, y))
		}
	}
	share := s.Share
	if share == 0 {
		share = 0.8
	}
	scale := share * sceneSide / fashion.Side
	angle := s.Angle * (2*r.Float64() - 1) * math.Pi / 180
	dx, dy := s.Aside*sceneSide*(2*r.Float64()-1), s.Aside*sceneSide*(2*r.Float64()-1)
	sin, cos := scale*math.Sin(angle), scale*math.Cos(angle)
	const half = fashion.Side / 2.0
	centre := float64(sceneSide) / 2
	draw.CatmullRom.Transform(out, f64.Aff3{cos, -sin, centre + dx - cos*half + sin*half, sin, cos, centre + dy - sin*half - cos*half},
		garment(item, r), image.Rect(0, 0, fashion.Side, fashion.Side), draw.Over, nil)
	if s.Noise > 0 {
		for i := range out.Pix {
			if i%4 < 3 {
				out.Pix[i] = level(float64(out.Pix[i]) + s.Noise*r.NormFloat64())
			}
		}
	}
	quality := s.Compressed
	if quality == 0 {
		quality = 95
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, out, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	return jpeg.Decode(&file)
}

// ground is the colour of each pixel of a background.
func (s Scene) ground(r *rand.Rand) func(x, y int) color.RGBA {
	base := [3]float64{255, 255, 255}
	if s.Ground != "white" {
		for c := range base {
			base[c] = 195 + 55*r.Float64()
			if s.Ground == "dark" {
				base[c] = 10 + 45*r.Float64()
			}
		}
	}
	tilt := 0.0
	if s.Ground == "shaded" || s.Ground == "textured" {
		tilt = 60
	}
	down, across := math.Sincos(2 * math.Pi * r.Float64())
	// A texture of three waves, such as the weave of a cloth or the grain of wood.
	type wave struct{ across, down, phase, height float64 }
	var waves [3]wave
	for i := range waves {
		often := 0.05 + 0.6*r.Float64()
		down, across := math.Sincos(2 * math.Pi * r.Float64())
		waves[i] = wave{often * across, often * down, 2 * math.Pi * r.Float64(), 4 + 4*r.Float64()}
	}
	return func(x, y int) color.RGBA {
		d := tilt * (across*(float64(x)/sceneSide-0.5) + down*(float64(y)/sceneSide-0.5))
		if s.Ground == "textured" {
			for _, w := range waves {
				d += w.height * math.Sin(w.across*float64(x)+w.down*float64(y)+w.phase)
			}
		}
		return color.RGBA{level(base[0] + d), level(base[1] + d), level(base[2] + d), 255}
	}
}

// largestWhite is the largest area, in pixels of the data set, of a white part that is taken for a part of a garment and not for a hole.
const largestWhite = 12

// garment is an item in a colour, dark where the data set is light, on nothing.
func garment(item fashion.Image, r *rand.Rand) image.Image {
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= fashion.Side || y >= fashion.Side {
			return 0
		}
		return float64(item[y*fashion.Side+x])
	}
	empty := newField(fashion.Side, fashion.Side)
	for i, v := range item {
		if v == 0 {
			empty.values[i] = 1
		}
	}
	parts, areas := empty.parts()
	tint := [3]float64{0.8 + 0.4*r.Float64(), 0.9 + 0.2*r.Float64(), 0.8 + 0.4*r.Float64()}
	bright := luma(tint[0], tint[1], tint[2])
	out := image.NewNRGBA(image.Rect(0, 0, fashion.Side, fashion.Side))
	for i := range item {
		x, y := i%fashion.Side, i/fashion.Side
		v, opaque := at(x, y), 1.0
		if part := parts[i]; part >= 0 && areas[part] > largestWhite {
			continue
		}
		// Beside nothing, a pixel was half the shop's white: what it has of the garment is what its darkest neighbour has.
		edge, darkest := false, v
		for _, n := range [][2]int{{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}} {
			darkest = math.Max(darkest, at(n[0], n[1]))
			edge = edge || at(n[0], n[1]) == 0
		}
		if edge && darkest > 0 {
			v, opaque = darkest, v/darkest
		}
		shade := (255 - v) / bright
		out.SetNRGBA(x, y, color.NRGBA{level(shade * tint[0]), level(shade * tint[1]), level(shade * tint[2]), level(255 * opaque)})
	}
	return out
}

// level rounds to 0 to 255.
func level(v float64) uint8 { return uint8(min(255, max(0, v+0.5))) }

// Photos renders each item of a set in the scene, and prepares the photos as anybody's. An item in which the preparation finds nothing becomes a black
// image; lost counts them. The seed decides the draws, for each item its own.
func (s Scene) Photos(set fashion.Set, seed uint64) (prepared fashion.Set, lost int, err error) {
	prepared = fashion.Set{Images: make([]fashion.Image, set.Len()), Labels: set.Labels}
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	var next, missing atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < set.Len(); i = int(next.Add(1)) - 1 {
				img, err := s.Render(set.Images[i], rand.New(rand.NewPCG(seed, uint64(i))))
				if err != nil {
					failed.Store(&err)
					return
				}
				p, err := Prepare(img)
				if err != nil {
					missing.Add(1)
					continue
				}
				prepared.Images[i] = p.Image
			}
		})
	}
	wait.Wait()
	if err := failed.Load(); err != nil {
		return prepared, 0, *err
	}
	return prepared, int(missing.Load()), nil
}
