package photo

import (
	"bytes"
	"cmp"
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

// Scene renders an item of the data set as a photo, so that Prepare can be tested on items whose classes are known. Real photos vary more: folds, hangers, hands,
// shadows.
type Scene struct {
	Name        string
	Background  string  // "white", "light", "dark", "shaded" or "textured"
	Size        float64 // of the item's 28 pixels, as a fraction of the picture's side; 0 means 0.8
	Offset      float64 // largest distance of the item's centre from the picture's, across and down, as a fraction of its side
	Rotation    float64 // largest rotation to either side, in degrees
	Noise       float64 // standard deviation of each channel, which is 0 to 255
	JPEGQuality int     // 1 to 100; 0 means 95
}

// Scenes returns a scene with a white background, scenes that each differ from it in one or two ways, and a last one that combines them.
func Scenes() []Scene {
	return []Scene{
		{Name: "white background", Background: "white"},
		{Name: "light, coloured background", Background: "light"},
		{Name: "dark background", Background: "dark"},
		{Name: "shaded background", Background: "shaded"},
		{Name: "textured background", Background: "textured"},
		{Name: "small and off-centre", Background: "white", Size: 0.4, Offset: 0.2},
		{Name: "rotated by up to 15 degrees", Background: "white", Size: 0.7, Rotation: 15},
		{Name: "noise and strong compression", Background: "white", Noise: 8, JPEGQuality: 25},
		{Name: "all together", Background: "textured", Size: 0.55, Offset: 0.12, Rotation: 8, Noise: 5, JPEGQuality: 50},
	}
}

const sceneSide = 320 // pixels of a scene's side

// Render renders an item in the scene as a picture of 320x320 pixels. r draws the colours, the position, the rotation and the noise.
func (s Scene) Render(item fashion.Image, r *rand.Rand) (image.Image, error) {
	out := image.NewRGBA(image.Rect(0, 0, sceneSide, sceneSide)) // transform and compression are fastest for this type
	paint := s.background(r)
	for y := range sceneSide {
		for x := range sceneSide {
			out.SetRGBA(x, y, paint(x, y))
		}
	}
	scale := cmp.Or(s.Size, 0.8) * sceneSide / fashion.Side
	angle := s.Rotation * (2*r.Float64() - 1) * math.Pi / 180
	dx, dy := s.Offset*sceneSide*(2*r.Float64()-1), s.Offset*sceneSide*(2*r.Float64()-1)
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
	var file bytes.Buffer
	if err := jpeg.Encode(&file, out, &jpeg.Options{Quality: cmp.Or(s.JPEGQuality, 95)}); err != nil {
		return nil, err
	}
	return jpeg.Decode(&file)
}

// background returns a function of the colour of each pixel.
func (s Scene) background(r *rand.Rand) func(x, y int) color.RGBA {
	base := [3]float64{255, 255, 255}
	if s.Background != "white" {
		for c := range base {
			base[c] = 195 + 55*r.Float64()
			if s.Background == "dark" {
				base[c] = 10 + 45*r.Float64()
			}
		}
	}
	tilt := 0.0
	if s.Background == "shaded" || s.Background == "textured" {
		tilt = 60
	}
	down, across := math.Sincos(2 * math.Pi * r.Float64())
	// A texture of three waves stands for the weave of a cloth or the grain of wood.
	type wave struct{ across, down, phase, amplitude float64 }
	var waves [3]wave
	for i := range waves {
		frequency := 0.05 + 0.6*r.Float64()
		down, across := math.Sincos(2 * math.Pi * r.Float64())
		waves[i] = wave{frequency * across, frequency * down, 2 * math.Pi * r.Float64(), 4 + 4*r.Float64()}
	}
	return func(x, y int) color.RGBA {
		d := tilt * (across*(float64(x)/sceneSide-0.5) + down*(float64(y)/sceneSide-0.5))
		if s.Background == "textured" {
			for _, w := range waves {
				d += w.amplitude * math.Sin(w.across*float64(x)+w.down*float64(y)+w.phase)
			}
		}
		return color.RGBA{level(base[0] + d), level(base[1] + d), level(base[2] + d), 255}
	}
}

// maxWhiteArea is the largest area, in pixels, of a connected component of black pixels in an image of the data set that is taken for a white part of the garment and not
// for background.
const maxWhiteArea = 12

// garment returns an item in a random colour, dark where the data set is light, on a transparent background.
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
	components, areas := empty.components()
	tint := [3]float64{0.8 + 0.4*r.Float64(), 0.9 + 0.2*r.Float64(), 0.8 + 0.4*r.Float64()}
	bright := luma(tint[0], tint[1], tint[2])
	out := image.NewNRGBA(image.Rect(0, 0, fashion.Side, fashion.Side))
	for i := range item {
		x, y := i%fashion.Side, i/fashion.Side
		v, opaque := at(x, y), 1.0
		if c := components[i]; c >= 0 && areas[c] > maxWhiteArea {
			continue
		}
		// A pixel at the edge is a mixture of the garment and the shop's white background. Its darkest neighbour has the garment's own shade.
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

// Photos renders each item of a set in the scene and applies Prepare. An item in whose photo Prepare finds nothing becomes a black image; missed counts them. The
// random draws of an item depend on the seed and its position in the set.
func (s Scene) Photos(set fashion.Set, seed uint64) (prepared fashion.Set, missed int, err error) {
	prepared = fashion.Set{Images: make([]fashion.Image, set.Len()), Labels: set.Labels}
	var wait sync.WaitGroup
	var failed atomic.Pointer[error]
	var next, failures atomic.Int64
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
					failures.Add(1)
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
	return prepared, int(failures.Load()), nil
}
