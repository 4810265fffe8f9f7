package report

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"time"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/plots"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// page is what the template fills in.
type page struct {
	Drawn      string // when
	Sources    string // folders
	Labels     string // how to read accuracies without label errors
	Rows       []row
	Figure     picture // all results
	Sections   []section
	Generators []section
	Rule       string // by which claims are judged
	Claims     []judged
	OwnHeader  []string   // of the runs on data sets of one's own
	Own        [][]string // a row for each
}

// row is a line of the table, formatted.
type row struct {
	Title, Note                           string
	Section                               string // id of the section with its figures; "" without one
	Published                             bool
	Slide, Test, Cleaned, Validation      string
	Lacks, NotRun                         string // what is missing, and the command that makes it
	Epochs, Parameters, Time, Run, Device string
}

// picture is a figure as an image inside the page.
type picture struct {
	Description, Caption string
	Width, Height        int // CSS pixels
	Source               template.URL
}

// writeHTML writes one page that refers to nothing outside itself: the table of the lines that Collect gives, a figure of all results, a section with
// the figures of each run or ensemble, one of each of the generators, a table of the runs on data sets of one's own, and the claims. sources name the folders of the runs for the reader; of an absolute path only
// the last part is shown. The misclassified images are drawn where Fashion-MNIST is found.
func writeHTML(w io.Writer, lines, generators, own []Line, judgements []claims.Judgement, sources ...string) error {
	p := page{Labels: labelsNote(lines), Drawn: time.Now().UTC().Format("2 January 2006, 15:04 UTC"), Rule: strings.ReplaceAll(claims.Rule(), "*", "")}
	var folders []string
	for _, s := range sources {
		if filepath.IsAbs(s) {
			s = filepath.Base(s)
		}
		folders = append(folders, s)
	}
	p.Sources = strings.Join(folders, " and ")
	data := findTestImages()
	for i, l := range lines {
		id := ""
		if l.Test != nil {
			id = fmt.Sprintf("result-%d", i+1)
			s, err := l.section(id, data)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", l.Title, l.origin(), err)
			}
			p.Sections = append(p.Sections, s)
		}
		p.Rows = append(p.Rows, l.row(id))
	}
	for i, l := range generators {
		s, err := l.generator(fmt.Sprintf("generator-%d", i+1))
		if err != nil {
			return fmt.Errorf("%s, %s: %w", l.Title, l.origin(), err)
		}
		p.Generators = append(p.Generators, s)
	}
	p.OwnHeader, p.Own = ownHeader, ownRows(own)
	var err error
	if p.Claims, err = judgedClaims(judgements); err != nil {
		return err
	}
	if p.Figure, err = draw(Figure(lines), "The lines of the table. What was not run has the slide's value alone."); err != nil {
		return err
	}
	return pageTemplate.Execute(w, p)
}

// row is the line in the table.
func (l Line) row(section string) row {
	r := row{Title: l.Title, Section: section, Published: l.Published, Slide: l.slide(), Lacks: l.lacks(), NotRun: l.NotRun}
	if l.Test == nil {
		return r
	}
	if l.Limited {
		r.Note = text.Thousands(l.Images) + " training images"
	}
	r.Cleaned = l.cleaned()
	r.Test, r.Epochs, r.Parameters, r.Time = l.Test.String(), l.epochs(), text.Thousands(l.Parameters), l.time().String()
	r.Run, r.Device = l.source(), l.Device
	if l.Validation != nil {
		r.Validation = fmt.Sprintf("%.4f", l.Validation.Value)
	}
	return r
}

// draw makes a picture of a figure.
func draw(f plots.Figure, caption string) (picture, error) {
	svg, err := f.SVG()
	if err != nil {
		return picture{}, err
	}
	width, height := f.Size()
	return picture{f.Description, caption, int(width * 4 / 3), int(height * 4 / 3),
		template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg)))}, nil // ours, and base64
}
