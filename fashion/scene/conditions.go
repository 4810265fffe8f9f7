package scene

import "fmt"

// Condition is a level of one property in which photos differ, with the scene that has it.
type Condition struct {
	Property, Level string
	Scene           Scene
	Contrast        float64 // of Contrasts: between item and background, in grey levels
}

// Contrasts is a table of conditions: items of seven grey levels, each on the six backgrounds of ContrastLevels.
func Contrasts() (list []Condition) {
	for _, item := range []float64{250, 220, 180, 140, 100, 60, 20} {
		for _, grey := range ContrastLevels() {
			s := Scene{Background: "grey", Grey: grey, Item: item}
			list = append(list, Condition{fmt.Sprintf("item of %g on", item), fmt.Sprint(grey), s, max(item-grey, grey-item)})
		}
	}
	return list
}

// ContrastLevels are the grey levels of the backgrounds of Contrasts.
func ContrastLevels() []float64 { return []float64{255, 200, 150, 100, 50, 5} }

// Conditions lists the levels of all other properties by which the preparation is measured: a grey background, on which a garment's grey level is the
// negative of its level in the data set, texture, light, shadow, compression, noise, blur, rotation, size, frames, transparency, and images of the data set itself.
func Conditions() []Condition {
	list := []Condition{{Property: "transparent background", Scene: Scene{Background: "transparent"}}}
	vary := func(property, unit string, levels []float64, set func(*Scene, float64)) {
		for _, v := range levels {
			s := Scene{Background: "grey", Grey: 235}
			set(&s, v)
			list = append(list, Condition{Property: property, Level: fmt.Sprintf("%g%s", v, unit), Scene: s})
		}
	}
	vary("background", "", []float64{255, 225, 195, 165, 135, 105, 75, 45, 15}, func(s *Scene, v float64) { s.Grey = v })
	vary("texture", "", []float64{5, 10, 15, 20}, func(s *Scene, v float64) { s.Grey, s.Texture = 200, v })
	vary("gradient of light", "", []float64{40, 80, 120}, func(s *Scene, v float64) { s.Grey, s.Gradient = 195, v })
	vary("shadow", "%", []float64{20, 40, 60}, func(s *Scene, v float64) { s.Shadow = v / 100 })
	vary("JPEG quality", "", []float64{75, 50, 25, 10, 5}, func(s *Scene, v float64) { s.JPEGQuality = int(v) })
	vary("noise", "", []float64{5, 10, 20, 30}, func(s *Scene, v float64) { s.Noise = v })
	vary("blur", " px", []float64{1, 2, 4, 6}, func(s *Scene, v float64) { s.Blur = v })
	vary("rotated by up to", "°", []float64{5, 10, 15, 30, 45}, func(s *Scene, v float64) { s.Size, s.Rotation = 0.65, v })
	vary("size", "", []float64{0.9, 0.6, 0.4, 0.25, 0.15}, func(s *Scene, v float64) { s.Size, s.Offset = v, 0.4*(1-v) })
	vary("frame", " px", []float64{3, 10, 25}, func(s *Scene, v float64) { s.Frame = int(v) })
	vary("rounded corners", " px", []float64{10, 40}, func(s *Scene, v float64) { s.Corners, s.Grey = int(v), 180 })
	vary("transparent, item of", "", []float64{250, 180, 60}, func(s *Scene, v float64) { s.Background, s.Item = "transparent", v })
	vary("data set, JPEG quality", "", []float64{100, 75, 25}, func(s *Scene, v float64) { s.Background, s.JPEGQuality = "data set", int(v) })
	return list
}
