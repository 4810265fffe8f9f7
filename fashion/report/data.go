package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path"

	"fashionlab/fashion"
	"fashionlab/fashion/dataset"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/plots"
)

//go:embed data.html
var dataSource string

var dataTemplate = template.Must(template.New("data").Parse(dataSource))

// sheetImages is how many images the page shows of a class, sheets of how many classes.
const (
	sheetImages = 18
	sheets      = 100
)

// ContactSheet shows up to n images of a class as a model reads them, spread evenly over the class's images, each with its file and its split.
func ContactSheet(d dataset.DataSet, found pictures.Report, class fashion.Label, n int) plots.Figure {
	type item struct {
		image       fashion.Picture
		file, split string
	}
	var all []item
	seen := map[string]int{} // how often, of each image
	for _, s := range splitsOf(d) {
		for i, l := range s.Set.Labels {
			if l == class {
				img, file := s.Set.At(i), ""
				if files := found.Files(img, class); len(files) > 0 {
					file = path.Base(files[min(seen[string(img)], len(files)-1)])
				}
				seen[string(img)]++
				all = append(all, item{img, file, s.Name})
			}
		}
	}
	n = min(n, len(all))
	images := fashion.Set{Shape: d.Train.Shape}
	var captions [][2]string
	for i := range n {
		it := all[i*len(all)/n]
		images.Append(it.image, class)
		captions = append(captions, [2]string{it.file, it.split})
	}
	size, how := d.Train.Shape.Dimensions(), "grey values, drawn as a negative"
	if size[2] == 3 {
		how = "pixels in colour"
	}
	return plots.TilesOf(d.Train.Classes.Name(class), fmt.Sprintf("%d of %d images, %dx%d %s", n, len(all), size[0], size[1], how), images, captions)
}

// splitsOf are a data set's splits with their names.
func splitsOf(d dataset.DataSet) []plots.Split {
	return []plots.Split{{Name: "training", Set: d.Train}, {Name: "test", Set: d.Test}}
}

// dataPage is what the template of a data set's page fills in.
type dataPage struct {
	Title, Found string
	Figures      []picture
	Left         int // classes that are not shown
}

// WriteDataSet writes one page that refers to nothing outside itself: what was found in the folder of a data set, how many images each class has, and a contact sheet of each class.
func WriteDataSet(w io.Writer, d dataset.DataSet, found pictures.Report) error {
	classes := len(d.Train.Classes)
	figures := []plots.Figure{plots.ClassBalance(splitsOf(d)...)}
	for class := range min(classes, sheets) {
		figures = append(figures, ContactSheet(d, found, fashion.Label(class), sheetImages))
	}
	p := dataPage{Title: d.Name, Found: found.String(), Left: max(0, classes-sheets)}
	for _, f := range figures {
		drawn, err := draw(f, "")
		if err != nil {
			return err
		}
		p.Figures = append(p.Figures, drawn)
	}
	return dataTemplate.Execute(w, p)
}
