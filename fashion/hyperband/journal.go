package hyperband

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// journalVersion is the version of the journal's format: JSON lines, a header and then one event a line.
const journalVersion = 1

// header identifies the search that a journal belongs to.
type header struct {
	Version  int             `json:"hyperband_journal"`
	Seed     uint64          `json:"seed"`
	Brackets []Bracket       `json:"brackets"`
	Space    []dimension     `json:"space,omitempty"`
	Base     json.RawMessage `json:"base"`
}

// dimension is a parameter without its function.
type dimension struct {
	Name    string   `json:"name"`
	Choices []string `json:"choices,omitempty"`
	Low     float64  `json:"low,omitempty"`
	High    float64  `json:"high,omitempty"`
	Log     bool     `json:"log,omitempty"`
}

// event is the result of one training of a trial.
type event struct {
	Trial   int             `json:"trial"`
	Config  json.RawMessage `json:"config"`
	Epochs  int             `json:"epochs"`
	Scores  []float64       `json:"scores,omitempty"`  // after each epoch
	Failed  string          `json:"lost,omitempty"`    // why the trial failed
	Retried []string        `json:"retried,omitempty"` // the errors of the attempts before this one
	Seconds float64         `json:"seconds"`
}

func (s Search[C]) header() (header, error) {
	base, err := json.Marshal(s.Base)
	h := header{Version: journalVersion, Seed: s.Seed, Brackets: s.Brackets, Base: base}
	for _, p := range s.Space {
		h.Space = append(h.Space, dimension{p.Name, p.Choices, p.Low, p.High, p.Log})
	}
	return h, err
}

// journal appends to a file. Each line is synced to the disk before the search continues.
type journal struct{ file *os.File }

// open opens the search's journal for writing and replays its events.
func (w *execution[C]) open() (*journal, error) {
	if w.Journal == "" {
		return &journal{}, nil
	}
	if err := os.MkdirAll(filepath.Dir(w.Journal), 0o777); err != nil {
		return nil, fmt.Errorf("cannot keep the search's journal: %w", err)
	}
	f, err := os.OpenFile(w.Journal, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("cannot keep the search's journal: %w", err)
	}
	j := &journal{f}
	end, err := w.replay(f)
	if err == nil {
		err = f.Truncate(end) // drops an incomplete line, whose training is repeated
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err == nil && end == 0 {
		var h header
		if h, err = w.header(); err == nil {
			err = j.write(h)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// Read returns the state of a search from its journal, without training. Without a journal no trial has been trained.
func (s Search[C]) Read() (State[C], error) {
	w, err := s.begin()
	if err != nil {
		return State[C]{}, err
	}
	f, err := os.Open(s.Journal)
	if errors.Is(err, fs.ErrNotExist) {
		return w.state, nil
	}
	if err != nil {
		return State[C]{}, err
	}
	defer f.Close()
	_, err = w.replay(f)
	w.state.Done = w.finished()
	return w.state, err
}

// replay records the events of a journal. It returns the offset in bytes where the last complete line ends.
func (w *execution[C]) replay(f io.Reader) (end int64, err error) {
	want, err := w.header()
	if err != nil {
		return 0, err
	}
	r := bufio.NewReaderSize(f, 1<<16)
	for number := 1; ; number++ {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return end, fmt.Errorf("%s: %w", w.Journal, err)
		}
		if err != nil { // the end, perhaps in the middle of a line
			return end, nil
		}
		if number == 1 {
			err = checkHeader(line, want)
		} else {
			err = w.replayEvent(line)
		}
		if err != nil {
			return end, fmt.Errorf("%s, line %d: %w", w.Journal, number, err)
		}
		end += int64(len(line))
	}
}

// checkHeader compares a journal's first line with the header of the search that wants to resume it.
func checkHeader(line []byte, want header) error {
	const advice = "choose another name, or remove the folder to start the search again"
	var got header
	if err := json.Unmarshal(line, &got); err != nil || got.Version == 0 {
		return fmt.Errorf("found no header of a search's journal; %s", advice)
	}
	if got.Version > journalVersion {
		return fmt.Errorf("the journal has the version %d, this program reads up to %d: use a newer program, or %s", got.Version, journalVersion, advice)
	}
	fields := []struct {
		name      string
		got, want any
	}{{"seed", got.Seed, want.Seed}, {"brackets", got.Brackets, want.Brackets}, {"space", got.Space, want.Space}, {"base", got.Base, want.Base}}
	for _, f := range fields {
		g, err := json.Marshal(f.got)
		w, err2 := json.Marshal(f.want)
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if !bytes.Equal(g, w) {
			return fmt.Errorf("the journal belongs to another search: its %s is %s, want %s; %s", f.name, g, w, advice)
		}
	}
	return nil
}

// replayEvent records one line of a journal.
func (w *execution[C]) replayEvent(line []byte) error {
	var e event
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("found %.60q, want an event of a search: restore a copy, or remove the journal to start the search again", line)
	}
	if e.Trial < 1 || e.Trial > len(w.state.Trials) {
		return fmt.Errorf("found trial %d, want 1 to %d", e.Trial, len(w.state.Trials))
	}
	t := w.state.Trials[e.Trial-1]
	config, err := json.Marshal(t.Config)
	if err != nil {
		return err
	}
	if !bytes.Equal(config, e.Config) {
		return fmt.Errorf("trial %d has the configuration %s, want %s: the journal belongs to another search", e.Trial, e.Config, config)
	}
	if t.Same != 0 || e.Failed == "" && (len(e.Scores) != e.Epochs || e.Epochs <= len(t.Scores)) {
		return fmt.Errorf("trial %d has %d scores for %d epochs, want one for each, and more than before", e.Trial, len(e.Scores), e.Epochs)
	}
	w.record(e)
	return nil
}

// write appends a line.
func (j *journal) write(v any) error {
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("cannot write the search's journal; what it holds is kept: free some space and run the search again: %w", err)
	}
	if err := j.file.Sync(); err != nil {
		return fmt.Errorf("cannot write the search's journal: %w", err)
	}
	return nil
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
