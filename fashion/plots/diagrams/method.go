package diagrams

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"fashionlab/fashion/internal/ink"
	"fashionlab/fashion/plots"
)

// Stage is a step of a method, with the boxes that stand side by side in it.
type Stage struct {
	Name  string
	Boxes []Box
}

// Method shows the stages of a method from the left to the right, with arrows from each box to those of the next stage.
func Method(title, subtitle string, stages []Stage) plots.Figure {
	const wide, high, gapX, gapY, left, top = 122.0, 46.0, 26.0, 12.0, 16.0, 84.0
	most, description := 1, "Steps from the left to the right."
	for _, s := range stages {
		most = max(most, len(s.Boxes))
		description += fmt.Sprintf(" %s:", s.Name)
		for _, b := range s.Boxes {
			description += fmt.Sprintf(" %s (%s);", b.Name, b.Note)
		}
	}
	tall := float64(most)*(high+gapY) - gapY
	x := func(stage int) float64 { return left + float64(stage)*(wide+gapX) }
	y := func(stage, box int) float64 {
		return top + tall/2 - (float64(len(stages[stage].Boxes))*(high+gapY)-gapY)/2 + float64(box)*(high+gapY)
	}
	return plots.Figure{Title: title, Subtitle: subtitle, Description: description, Width: 2*left + float64(len(stages))*(wide+gapX) - gapX, Height: top + tall + 20,
		Body: func(c draw.Canvas) {
			for i, s := range stages {
				ink.Write(c, heading(10.5), x(i)+wide/2, top-22, s.Name)
				for j := range s.Boxes {
					if i > 0 {
						for k, from := range stages[i-1].Boxes {
							if from.Apart {
								continue
							}
							ink.Stroke(c, thin, x(i-1)+wide, y(i-1, k)+high/2, x(i), y(i, j)+high/2)
						}
						end := ink.At(c, x(i), y(i, j)+high/2)
						c.FillPolygon(ink.Grey, []vg.Point{end, {X: end.X - vg.Points(6), Y: end.Y + vg.Points(3.5)}, {X: end.X - vg.Points(6), Y: end.Y - vg.Points(3.5)}})
					}
				}
			}
			for i, s := range stages {
				for j, b := range s.Boxes {
					b.draw(c, x(i), y(i, j), wide, high)
				}
			}
		},
	}
}
