package report

import (
	"fmt"
	"io"
	"strings"

	"fashionlab/fashion/claims"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/plots"
)

// judged is what the page shows of a claim.
type judged struct {
	Name, Summary string
	Header        []string
	Rows          [][]string
	Figures       []picture
	Notes         []string
}

// judgedClaims draws the claims.
func judgedClaims(list []claims.Judgement) (all []judged, err error) {
	for _, j := range list {
		shown := judged{Name: j.Claim.Name, Summary: j.Summary(), Notes: j.Notes()}
		shown.Header, shown.Rows = j.Table()
		if effects := j.Effects(); len(effects) > 0 {
			p, err := draw(plots.Differences(j.Claim.Name, claims.FigureNote, effects), j.Claim.Statement)
			if err != nil {
				return nil, err
			}
			shown.Figures = append(shown.Figures, p)
		}
		all = append(all, shown)
	}
	return all, nil
}

// printClaims writes the verdicts, with what each rests on, for a terminal.
func printClaims(w io.Writer, list []claims.Judgement) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe claims. %s\n", strings.ReplaceAll(claims.Rule(), "*", ""))
	for _, j := range list {
		fmt.Fprintf(&b, "\n%s. %s\n", j.Claim.Name, j.Summary())
		for _, f := range j.Findings {
			for _, r := range f.Results {
				fmt.Fprintf(&b, "  %s: %s, %s; seeds: %d; images: %s; minimum detectable effect (80%% power): %s\n", f.Name(), r.Effect.Signed(), r.Counted, r.Seeds, text.Thousands(r.Images), r.Detectable())
			}
		}
		for _, note := range j.Notes() {
			fmt.Fprintf(&b, "  %s\n", note)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
