package scene

import (
	_ "embed"
	"image"
	"image/color"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"fashionlab/fashion/internal/raster"
)

// Object is an out-of-distribution picture of 320x320 pixels: a thing that is no garment.
type Object struct {
	Kind    string // "mug" for example
	Picture image.Image
}

// Objects returns n pictures of coloured objects on light backgrounds, of each kind in turn. Shades, size, position and a slight rotation are random; those of a picture
// depend on the seed and its index.
func Objects(n int, seed uint64) []Object { return ObjectsOf(0, n, seed) }

// ObjectsOf is Objects of the first kinds only, 0 for all: a small data set of one's own that is at hand everywhere.
func ObjectsOf(kinds, n int, seed uint64) []Object {
	return objects(kinds, n, seed, func(c canvas, s shape, r *rand.Rand) {
		c.clear(Scene{Background: "light"}.background(r)(0, 0))
		shades := []float64{20, 62, 104, 146} // apart from one another and from the background
		r.Shuffle(len(shades), func(i, j int) { shades[i], shades[j] = shades[j], shades[i] })
		var paints []color.Color
		for _, shade := range shades {
			tint := [3]float64{0.8 + 0.4*r.Float64(), 0.9 + 0.2*r.Float64(), 0.8 + 0.4*r.Float64()}
			shade = (shade + 15*r.Float64()) / raster.Luma(tint[0], tint[1], tint[2])
			paints = append(paints, color.RGBA{raster.Level(shade * tint[0]), raster.Level(shade * tint[1]), raster.Level(shade * tint[2]), 255})
		}
		for _, l := range s.layers {
			if l.width == 0 {
				c.fill(l.paths, paints[l.shade])
			} else {
				c.line(l.paths, l.width, paints[l.shade])
			}
		}
	})
}

// Drawings returns n line drawings of the objects, dark on white, with a random pen; like Objects otherwise.
func Drawings(n int, seed uint64) []Object { return DrawingsOf(0, n, seed) }

// DrawingsOf is Drawings of the first kinds only, 0 for all.
func DrawingsOf(kinds, n int, seed uint64) []Object {
	return objects(kinds, n, seed, func(c canvas, s shape, r *rand.Rand) {
		c.clear(color.White)
		pen := (5 + 2*r.Float64()) / cmplx.Abs(c.turn) // 5 to 7 pixels, which Prepare does not take for noise
		ink := color.Gray{raster.Level(20 + 60*r.Float64())}
		for _, l := range s.layers {
			switch {
			case l.width == 0:
				c.fill(l.paths, color.White) // hides what is behind
				c.line(l.paths, pen, ink)
			case l.width < 2.5*pen:
				c.line(l.paths, pen, ink)
			default: // the edges of a broad line
				c.line(l.paths, l.width+pen, ink)
				c.line(l.paths, l.width-pen, color.White)
			}
		}
	})
}

// objects draws n objects of the first kinds, 0 for all, each in a place of its own.
func objects(kinds, n int, seed uint64, paint func(c canvas, s shape, r *rand.Rand)) []Object {
	shapes, objects := parseShapes(objectShapes), make([]Object, n)
	if kinds > 0 {
		shapes = shapes[:min(kinds, len(shapes))]
	}
	for i := range objects {
		s, r := shapes[i%len(shapes)], rand.New(rand.NewPCG(seed, uint64(i)))
		c := newCanvas(r)
		paint(c, s, r)
		objects[i] = Object{s.kind, c.picture}
	}
	return objects
}

//go:embed objects.txt
var objectShapes string // its first lines describe the format

// shape is a drawing of an object. Its points are x+iy.
type shape struct {
	kind   string
	layers []layer
}

// layer is some paths that are filled or, with a width, drawn as lines.
type layer struct {
	shade int
	width float64
	paths [][]complex128
}

// parseShapes panics if the text has an error.
func parseShapes(text string) (shapes []shape) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		text, indented := strings.CutPrefix(line, "  ")
		if !indented {
			shapes = append(shapes, shape{kind: line})
			continue
		}
		paint, text, _ := strings.Cut(text, " ")
		shade, width, isLine := strings.Cut(paint, ":")
		l := layer{shade: int(number(shade))}
		if isLine {
			l.width = number(width)
		}
		for path := range strings.SplitSeq(text, "/") {
			l.paths = append(l.paths, parsePath(path, !isLine)...)
		}
		last := &shapes[len(shapes)-1]
		last.layers = append(last.layers, l)
	}
	return shapes
}

// knot is a point that a path goes through.
type knot struct {
	at     complex128
	smooth bool
}

// mirror exchanges left and right.
func mirror(at complex128) complex128 { return 100 - cmplx.Conj(at) }

// parsePath returns a path's points, and those of its mirror image if it is added.
func parsePath(text string, closed bool) [][]complex128 {
	var knots []knot
	marks := ""
	for _, word := range strings.Fields(text) {
		x, y, isPoint := strings.Cut(word, ",")
		if !isPoint {
			marks += word
			continue
		}
		x, smooth := strings.CutPrefix(x, "~")
		knots = append(knots, knot{complex(number(x), number(y)), smooth})
	}
	if strings.Contains(marks, "=") {
		for _, k := range slices.Backward(knots) {
			if real(k.at) != 50 {
				knots = append(knots, knot{mirror(k.at), k.smooth})
			}
		}
	}
	var path []complex128
	if strings.Contains(marks, "o") {
		path = ellipse(knots[0].at, knots[1].at)
	} else {
		path = curve(knots, closed || strings.Contains(marks, "z"))
	}
	if !strings.Contains(marks, "+") {
		return [][]complex128{path}
	}
	mirrored := make([]complex128, len(path))
	for i, p := range path {
		mirrored[i] = mirror(p)
	}
	return [][]complex128{path, mirrored}
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func ellipse(centre, radii complex128) (points []complex128) {
	const n = 48
	for i := range n + 1 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / n)
		points = append(points, centre+complex(real(radii)*cos, imag(radii)*sin))
	}
	return points
}

// curve joins the knots by cubic Bézier curves. Its tangent at a smooth knot is parallel to the line from the knot before to that after it. A closed curve's last point is
// its first.
func curve(knots []knot, closed bool) []complex128 {
	const steps = 12
	n := len(knots)
	at := func(i int) complex128 { return knots[(i+n)%n].at }
	points := []complex128{at(0)}
	for i := range n {
		if i == n-1 && !closed {
			break
		}
		chord := at(i+1) - at(i)
		// handle is the vector from knot k to its control point, or from its control point to it.
		handle := func(k int) complex128 {
			along := chord
			if knots[k].smooth && (closed || k > 0 && k < n-1) {
				along = at(k+1) - at(k-1)
			}
			return along * complex(0.39*cmplx.Abs(chord)/cmplx.Abs(along), 0) // 0.39 makes four knots a circle
		}
		if !knots[i].smooth && !knots[(i+1)%n].smooth {
			points = append(points, at(i+1))
			continue
		}
		leave, arrive := at(i)+handle(i), at(i+1)-handle((i+1)%n)
		for k := 1; k <= steps; k++ {
			t := complex(float64(k)/steps, 0)
			u := 1 - t
			points = append(points, u*u*u*at(i)+3*u*u*t*leave+3*u*t*t*arrive+t*t*t*at(i+1))
		}
	}
	return points
}

// canvas is a picture with a place for a shape.
type canvas struct {
	picture    *image.RGBA
	raster     *vector.Rasterizer
	turn, move complex128 // a shape's point p is at p*turn + move, in pixels
}

func newCanvas(r *rand.Rand) canvas {
	size := 0.55 + 0.25*r.Float64()             // of 100 units, as a fraction of the picture's side
	angle := (2*r.Float64() - 1) * math.Pi / 18 // at most 10 degrees
	free := (0.86 - size) * sceneSide           // leaves a border
	turn := cmplx.Rect(size*sceneSide/100, angle)
	centre := complex(sceneSide/2+free*(r.Float64()-0.5), sceneSide/2+free*(r.Float64()-0.5))
	return canvas{image.NewRGBA(image.Rect(0, 0, sceneSide, sceneSide)), vector.NewRasterizer(sceneSide, sceneSide), turn, centre - (50+50i)*turn}
}

func (c canvas) clear(paint color.Color) {
	draw.Draw(c.picture, c.picture.Rect, image.NewUniform(paint), image.Point{}, draw.Src)
}

func (c canvas) fill(paths [][]complex128, paint color.Color) {
	for _, path := range paths {
		c.add(path)
	}
	c.paint(paint)
}

// line draws paths as lines of a width in units of the shape, with round corners and ends.
func (c canvas) line(paths [][]complex128, width float64, paint color.Color) {
	for _, path := range paths {
		n := len(path) - 1
		sides := make([]complex128, n) // from the middle of each segment to its edge
		for i := range sides {
			along := path[i+1] - path[i]
			sides[i] = along * complex(0, width/2/cmplx.Abs(along))
		}
		// end is the side of segment i where it meets segment j. Segments of a curve share it, so that they neither overlap nor gape.
		end := func(i, j int, at complex128) complex128 {
			if path[0] == path[n] {
				j = (j + n) % n
			}
			if j >= 0 && j < n {
				if sum := sides[i] + sides[j]; cmplx.Abs(sum) > 0.95*width {
					return sum / 2
				}
			}
			c.add(ellipse(at, complex(width/2, width/2)))
			return sides[i]
		}
		for i := range sides {
			a, b := end(i, i-1, path[i]), end(i, i+1, path[i+1])
			c.add([]complex128{path[i] + a, path[i+1] + b, path[i+1] - b, path[i] - a})
		}
	}
	c.paint(paint)
}

// add adds a polygon to those that paint fills. All go the same way round, so that they do not cancel each other where they overlap.
func (c canvas) add(polygon []complex128) {
	placed, area := make([]complex128, len(polygon)), 0.0
	for i, p := range polygon {
		placed[i] = p*c.turn + c.move
		area += imag(cmplx.Conj(p) * polygon[(i+1)%len(polygon)])
	}
	if area < 0 {
		slices.Reverse(placed)
	}
	c.raster.MoveTo(float32(real(placed[0])), float32(imag(placed[0])))
	for _, p := range placed[1:] {
		c.raster.LineTo(float32(real(p)), float32(imag(p)))
	}
	c.raster.ClosePath()
}

func (c canvas) paint(paint color.Color) {
	c.raster.Draw(c.picture, c.picture.Rect, image.NewUniform(paint), image.Point{})
	c.raster.Reset(sceneSide, sceneSide)
}
