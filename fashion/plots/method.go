package plots

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Station is a step of a method; its boxes are done beside each other. The Share of a box is not used.
type Station struct {
	Name  string
	Boxes []Box
}

// Method shows the steps of a method from the left to the right.
func Method(title, second string, stations []Station) Figure {
	const wide, high, gapX, gapY, left, top = 122.0, 46.0, 26.0, 12.0, 16.0, 84.0
	most, description := 1, "Steps from the left to the right."
	for _, s := range stations {
		most = max(most, len(s.Boxes))
		description += fmt.Sprintf(" %s:", s.Name)
		for _, b := range s.Boxes {
			description += fmt.Sprintf(" %s (%s);", b.Name, b.Note)
		}
	}
	tall := float64(most)*(high+gapY) - gapY
	x := func(station int) float64 { return left + float64(station)*(wide+gapX) }
	y := func(station, box int) float64 {
		return top + tall/2 - (float64(len(stations[station].Boxes))*(high+gapY)-gapY)/2 + float64(box)*(high+gapY)
	}
	return Figure{Title: title, subtitle: second, Description: description, width: 2*left + float64(len(stations))*(wide+gapX) - gapX, height: top + tall + 20,
		body: func(c draw.Canvas) {
			for i, s := range stations {
				write(c, words(bold(10.5), ink, -0.5, -0.5), x(i)+wide/2, top-22, s.Name)
				for j := range s.Boxes {
					if i > 0 {
						for k := range stations[i-1].Boxes {
							path(c, x(i-1)+wide, y(i-1, k)+high/2, x(i), y(i, j)+high/2)
						}
						end := at(c, x(i), y(i, j)+high/2)
						c.FillPolygon(grey, []vg.Point{end, {X: end.X - vg.Points(6), Y: end.Y + vg.Points(3.5)}, {X: end.X - vg.Points(6), Y: end.Y - vg.Points(3.5)}})
					}
				}
			}
			for i, s := range stations {
				for j, b := range s.Boxes {
					drawBox(c, b, x(i), y(i, j), wide, high)
				}
			}
		},
	}
}
