package notebook

import (
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/hyperband"
	"fashionlab/fashion/plots"
	"fashionlab/fashion/recipes"
)

// LiveSearch returns a reporter for train.Search that keeps the curves of all trials and a line up to date. Both are removed at the end of the search:
// the journal has the result. Outside a notebook it prints lines on standard error.
func LiveSearch() func(hyperband.State[recipes.Recipe]) {
	show := liveSearch()
	return func(s hyperband.State[recipes.Recipe]) { show(s, nil) }
}

func liveSearch() func(hyperband.State[recipes.Recipe], []hyperband.UnderWay) {
	if !gonbui.IsNotebook {
		return func(s hyperband.State[recipes.Recipe], trainings []hyperband.UnderWay) {
			fmt.Fprintln(os.Stderr, SearchLine(s, trainings...))
		}
	}
	id := gonbui.UniqueId()
	return func(s hyperband.State[recipes.Recipe], trainings []hyperband.UnderWay) {
		if s.Done {
			gonbui.UpdateHTML(id, "")
			gonbui.Sync()
			return
		}
		picture, err := image(plots.SearchCurves("Trials", "validation accuracy", s))
		if err != nil {
			picture = html.EscapeString(err.Error())
		}
		gonbui.UpdateHTML(id, picture+"<p>"+strings.ReplaceAll(html.EscapeString(SearchLine(s, trainings...)), "\n", "<br>")+"</p>")
	}
}

// FollowSearch shows, as LiveSearch does, a search that another process of this machine does or follows, such as the command search with -cluster, until it is done; with -cluster it also shows what each worker does.
// It only reads: the cell may be interrupted and run again, also after a restart of the kernel. A search that is not done and whose journal nobody keeps is an error.
func FollowSearch(s hyperband.Search[recipes.Recipe]) (hyperband.State[recipes.Recipe], error) {
	show, shown := liveSearch(), ""
	for looks := 0; ; looks++ {
		kept := true
		if looks%10 == 0 { // who asks for the lock holds it for a moment, in which nobody else can begin
			var err error
			if kept, err = locked(filepath.Dir(s.Journal)); err != nil {
				return hyperband.State[recipes.Recipe]{}, err
			}
		}
		found, err := s.Read()
		if err != nil {
			return found, err
		}
		trainings, err := s.ReadUnderWay()
		if err != nil {
			return found, err
		}
		if line := SearchLine(found, trainings...); line != shown {
			shown = line
			show(found, trainings)
		}
		if found.Done {
			return found, nil
		}
		if !kept {
			return found, fmt.Errorf("nobody is searching: no process keeps %s, which has %d of %d epochs; the command that began the search resumes it", s.Journal, found.Epochs, found.Planned)
		}
		time.Sleep(time.Second)
	}
}

// locked reports whether a process is writing in a folder.
func locked(dir string) (bool, error) {
	lock, err := disk.NewLock(dir)
	if writing := (*disk.LockedError)(nil); errors.As(err, &writing) {
		return true, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return false, lock.Close()
}

// SearchLine describes the progress of a search: epochs, the bracket and the rung under way, trials alive, the best so far, time left. Under it are the trainings under way, each in a line.
func SearchLine[C comparable](s hyperband.State[C], underway ...hyperband.UnderWay) string {
	line := fmt.Sprintf("%d of %d epochs", s.Epochs, s.Planned)
	if b, rung, alive := s.Current(); alive > 0 {
		line += fmt.Sprintf("; bracket %d, rung %d of %d, %d trials alive", s.Brackets[b].S, rung+1, len(s.Brackets[b].Rungs), alive)
	}
	if best, ok := s.Best(); ok {
		line += fmt.Sprintf("; best so far %.4f (trial %d)", best.Score(0), best.ID)
	}
	if s.Left > 0 {
		line += fmt.Sprintf("; %v left", s.Left.Round(time.Second))
	}
	for _, t := range underway {
		line += fmt.Sprintf("\n  %v", t)
	}
	return line
}

// BestTrials shows the parameters of the best n trials of a search, and under them the slide's, in the order of the search space.
func BestTrials[C comparable](s hyperband.State[C], n int, slide []string) {
	header, rows := s.Table(n, "score")
	Table(header, append(rows, append([]string{"slide", "", ""}, slide...)))
}
