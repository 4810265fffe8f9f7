package photo

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// shrink reduces a picture so that its longer side has at most so many pixels. Transparent pixels lose their colour. The result is that of draw.CatmullRom, which keeps
// 32 bytes for each row of the picture and column of the result; this keeps only the rows that the kernel covers.
func shrink(img image.Image, side int) *image.NRGBA {
	b := img.Bounds()
	scale := math.Min(1, float64(side)/float64(max(b.Dx(), b.Dy())))
	width, height := max(1, int(float64(b.Dx())*scale+0.5)), max(1, int(float64(b.Dy())*scale+0.5))
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	if b.Empty() {
		return out
	}
	columns, rows := kernelWeights(width, b.Dx()), kernelWeights(height, b.Dy())
	span := 0
	for _, r := range rows {
		span = max(span, len(r.weights))
	}
	kept := make([][][4]float64, span) // source row y, reduced to the result's width, is kept[y%span]
	for i := range kept {
		kept[i] = make([][4]float64, width)
	}
	pixels := make([]color.RGBA64, b.Dx())
	next := 0 // source row to reduce
	for y, r := range rows {
		for ; next < r.first+len(r.weights); next++ {
			readRow(pixels, img, next)
			reduceRow(kept[next%span], pixels, columns)
		}
		for x := range width {
			var sum [4]float64
			for k, w := range r.weights {
				for c, v := range kept[(r.first+k)%span][x] {
					sum[c] += float64(v * w)
				}
			}
			for c := range 3 {
				sum[c] = min(sum[c], sum[3]) // premultiplied colours are not larger than alpha
			}
			out.SetRGBA64(x, y, color.RGBA64{channel(sum[0] * r.inverse), channel(sum[1] * r.inverse), channel(sum[2] * r.inverse), channel(sum[3] * r.inverse)})
		}
	}
	return out
}

// readRow reads row y of a picture, premultiplied with alpha.
func readRow(row []color.RGBA64, img image.Image, y int) {
	b := img.Bounds()
	if fast, ok := img.(image.RGBA64Image); ok {
		for x := range row {
			row[x] = fast.RGBA64At(b.Min.X+x, b.Min.Y+y)
		}
		return
	}
	for x := range row {
		r, g, b, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
		row[x] = color.RGBA64{uint16(r), uint16(g), uint16(b), uint16(a)}
	}
}

// reduceRow reduces a row to the columns of out, 0 to 1.
func reduceRow(out [][4]float64, row []color.RGBA64, columns []weighted) {
	for x, column := range columns {
		var r, g, b, a float64
		for k, w := range column.weights {
			p := row[column.first+k]
			r += float64(float64(p.R) * w)
			g += float64(float64(p.G) * w)
			b += float64(float64(p.B) * w)
			a += float64(float64(p.A) * w)
		}
		scale := column.inverse / 0xffff
		out[x] = [4]float64{r * scale, g * scale, b * scale, a * scale}
	}
}

// channel converts 0 to 1 into 0 to 65535; what lies outside is clamped.
func channel(v float64) uint16 { return uint16(min(0xffff, max(0, int32(float64(0xffff*v)+0.5)))) }

// weighted is a weighted mean of consecutive rows or columns.
type weighted struct {
	first   int
	weights []float64
	inverse float64 // 1 over the sum of the weights
}

// kernelWeights returns the source rows or columns of which each of the result is the mean: those that the Catmull-Rom kernel covers when it is as much wider as the
// result is smaller.
func kernelWeights(result, source int) []weighted {
	list := make([]weighted, result)
	scale := float64(source) / float64(result)
	reach := draw.CatmullRom.Support * scale
	for i := range list {
		centre := float64((float64(i)+0.5)*scale) - 0.5
		first, end := max(0, int(math.Floor(centre-reach))), min(source, int(math.Ceil(centre+reach)))
		list[i].first, list[i].weights = first, make([]float64, 0, end-first)
		sum := 0.0
		for at := first; at < end; at++ {
			weight := 0.0
			if t := math.Abs((centre - float64(at)) * (1 / scale)); t < draw.CatmullRom.Support {
				weight = draw.CatmullRom.At(t)
			}
			list[i].weights = append(list[i].weights, weight)
			sum += weight
		}
		list[i].inverse = 1 / sum
	}
	return list
}
