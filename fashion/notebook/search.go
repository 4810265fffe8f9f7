package notebook

import (
	"fmt"
	"html"
	"os"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
)

// LiveSearch returns a reporter for train.Search that keeps the curves of all trials and a line up to date. Both are removed at the end of the search:
// the journal has the result. Outside a notebook it prints lines on standard error.
func LiveSearch() func(hyperband.State[recipes.Recipe]) {
	if !gonbui.IsNotebook {
		return func(s hyperband.State[recipes.Recipe]) { fmt.Fprintln(os.Stderr, SearchLine(s)) }
	}
	id := gonbui.UniqueId()
	return func(s hyperband.State[recipes.Recipe]) {
		if s.Done {
			gonbui.UpdateHTML(id, "")
			gonbui.Sync()
			return
		}
		picture, err := image(plots.SearchCurves("Trials", "validation accuracy", s))
		if err != nil {
			picture = html.EscapeString(err.Error())
		}
		gonbui.UpdateHTML(id, picture+"<p>"+html.EscapeString(SearchLine(s))+"</p>")
	}
}

// SearchLine describes the progress of a search: epochs, the bracket and the rung under way, trials alive, the best so far, time left.
func SearchLine[C comparable](s hyperband.State[C]) string {
	line := fmt.Sprintf("%d of %d epochs", s.Epochs, s.Planned)
	if b, rung, alive := s.Current(); alive > 0 {
		line += fmt.Sprintf("; bracket %d, rung %d of %d, %d trials alive", s.Brackets[b].S, rung+1, len(s.Brackets[b].Rungs), alive)
	}
	if list := s.Ranking(); len(list) > 0 {
		line += fmt.Sprintf("; best so far %.4f (trial %d)", list[0].Score(0), list[0].ID)
	}
	if s.Left > 0 {
		line += fmt.Sprintf("; %v left", s.Left.Round(time.Second))
	}
	return line
}

// BestTrials shows the parameters of the best n trials of a search, and under them the slide's, in the order of the search space.
func BestTrials[C comparable](s hyperband.State[C], n int, slide []string) {
	header, rows := s.Table(n, "score")
	Table(header, append(rows, append([]string{"slide", "", ""}, slide...)))
}
