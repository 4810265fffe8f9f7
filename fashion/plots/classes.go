package plots

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/metrics"
)

// Split is a part of the data, such as the training images, with its name.
type Split struct {
	Name string
	Set  fashion.Set
}

// ClassBalance shows how many images of each class each split holds, as bars side by side.
func ClassBalance(splits ...Split) Figure {
	var bars []bar
	if len(splits) == 0 {
		return barFigure("Images per class", "no split", "No split.", nil, nil)
	}
	for class := range splits[0].Set.Classes.Len() {
		b := bar{name: splits[0].Set.Classes.Name(fashion.Label(class))}
		for _, p := range splits {
			n := p.Set.CountByClass()[class]
			b.values, b.labels = append(b.values, float64(n)), append(b.labels, fmt.Sprint(n))
		}
		bars = append(bars, b)
	}
	var names []string
	description := "Bars of images per class."
	for _, p := range splits {
		names = append(names, p.Name)
		description += fmt.Sprintf(" %s: %d images.", p.Name, p.Set.Len())
	}
	return barFigure("Images per class", "in each split of the data", description, names, bars)
}

// RecallByClass shows the recall of each class: the fraction of its images that are classified correctly.
func RecallByClass(c metrics.Confusion) Figure {
	var bars []bar
	worst := metrics.ClassScore{Recall: 2}
	for _, s := range c.ByClass() {
		bars = append(bars, bar{c.Classes.Name(s.Class), []float64{s.Recall}, []string{fmt.Sprintf("%.1f%%", 100*s.Recall)}})
		if s.Recall < worst.Recall {
			worst = s
		}
	}
	return barFigure("Recall of each class", "the fraction of a class's images that are classified correctly",
		fmt.Sprintf("Bars of recall per class. The lowest is %s with %.1f%%.", c.Classes.Name(worst.Class), 100*worst.Recall), []string{"recall"}, bars)
}

// bar is a group of bars with a name.
type bar struct {
	name   string
	values []float64
	labels []string
}

// barFigure draws groups of horizontal bars, each with its value at its end.
func barFigure(title, subtitle, description string, series []string, bars []bar) Figure {
	const right, top, thick, gap, longest = 56.0, 70.0, 11.0, 9.0, 220.0
	var names []string
	for _, b := range bars {
		names = append(names, b.name)
	}
	left := max(92, 20+ink.Widest(names, 10, longest))
	width := left + 468
	colours := []color.Color{ink.Blue, ink.Orange, ink.Grey}
	group := thick*float64(len(series)) + gap
	highest := 0.0
	for _, b := range bars {
		highest = max(highest, slices.Max(b.values))
	}
	return Figure{Title: title, Subtitle: subtitle, Description: description, Width: width, Height: top + group*float64(len(bars)) + 4,
		Body: func(c draw.Canvas) {
			x := left
			for i, name := range series {
				if len(series) == 1 {
					break // the subtitle names it
				}
				ink.Fill(c, colours[i%len(colours)], x, 49, 10, 10)
				ink.Write(c, ink.Words(ink.Sans(9.5), ink.Black, 0, -0.5), x+14, 54, name)
				x += 34 + 6*float64(len(name))
			}
			for i, b := range bars {
				y := top + float64(i)*group
				ink.Write(c, ink.Fitting(ink.Words(ink.Sans(10), ink.Black, -1, -0.5), b.name, longest), left-8, y+thick*float64(len(series))/2, b.name)
				for j, v := range b.values {
					w := 0.0
					if highest > 0 {
						w = (width - left - right) * v / highest
					}
					ink.Fill(c, colours[j%len(colours)], left, y+thick*float64(j), w, thick-1)
					ink.Write(c, ink.Words(ink.Sans(8.5), ink.Grey, 0, -0.5), left+w+4, y+thick*(float64(j)+0.5), b.labels[j])
				}
			}
		},
	}
}
