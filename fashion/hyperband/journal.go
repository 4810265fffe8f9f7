package hyperband

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/files"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/internal/text"
)

// journalVersion is the version of the journal's format: JSON lines, a header and then one result a line. The last field of each is its checksum (see lineEnd), which journals once did not have:
// a line without is only checked for what it says.
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

func (s Search[C]) header() (header, error) {
	base, err := json.Marshal(s.Base)
	h := header{Version: journalVersion, Seed: s.Seed, Brackets: s.Brackets, Base: base}
	for _, p := range s.Space {
		h.Space = append(h.Space, dimension{p.Name, p.Choices, p.Low, p.High, p.Log})
	}
	return h, err
}

// Digest identifies what is searched: the SHA-256, in hexadecimal, of what the journal's header says.
func (s Search[C]) Digest() (string, error) {
	h, err := s.header()
	if err != nil {
		return "", err
	}
	data, err := json.Marshal(h)
	return manifest.Digest(data), err
}

// journal appends to a file. Each line is synced to the disk before the search continues.
type journal struct {
	file   *files.File // nil in a search without a journal
	end    int64       // in bytes, of the lines so far
	sum    uint32      // of the lines so far
	failed error       // of the first line that could not be written
}

// open opens the search's journal for writing and replays its results.
func (m *Machine[C]) open() (*journal, error) {
	if m.search.Journal == "" {
		return &journal{}, nil
	}
	if err := disk.MkdirAll(filepath.Dir(m.search.Journal)); err != nil {
		return nil, fmt.Errorf("cannot keep the search's journal: %w", err)
	}
	f, err := disk.OpenToWrite(m.search.Journal)
	if err != nil {
		return nil, fmt.Errorf("cannot keep the search's journal: %w", err)
	}
	l, err := m.replay(f)
	if err == nil && l.torn != "" {
		fmt.Fprintf(warnings, "warning: %s: dropped the last line, whose writer was killed, and repeat its training: %s\n", m.search.Journal, l.torn)
	}
	if err == nil {
		err = f.Truncate(l.end)
	}
	if err == nil {
		err = errors.Join(f.Sync(), files.SyncFolder(filepath.Dir(m.search.Journal))) // a killed process may not have come to it
	}
	if err == nil {
		_, err = f.Seek(l.end, io.SeekStart)
	}
	j := &journal{file: &f, end: l.end, sum: l.sum}
	if err == nil && l.end == 0 {
		var h header
		if h, err = m.search.header(); err == nil {
			err = j.write(h)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

// warnings is where it is said what was dropped. It is a variable for tests.
var warnings io.Writer = os.Stderr

// Read returns the state of a search from its journal, without training. Without a journal no trial has been trained.
func (s Search[C]) Read() (State[C], error) {
	m, err := s.Machine()
	if err != nil {
		return State[C]{}, err
	}
	f, err := disk.Open(s.Journal)
	if errors.Is(err, fs.ErrNotExist) {
		return m.State(), nil
	}
	if err != nil {
		return State[C]{}, err
	}
	defer f.Close()
	_, err = m.replay(f)
	return m.State(), err
}

// replay records the results in a journal. One of another search is an error, unless it has no results: then it is taken as empty.
func (m *Machine[C]) replay(f io.Reader) (*lines, error) {
	want, err := m.search.header()
	if err != nil {
		return nil, err
	}
	l := &lines{name: m.search.Journal, reader: bufio.NewReaderSize(f, 1<<16)}
	var other *otherSearchError
	for l.next() {
		switch {
		case l.number == 1:
			if err = checkHeader(l.content, want); errors.As(err, &other) {
				continue
			}
		case other != nil:
			return l, fmt.Errorf("%s, line 1: %w", m.search.Journal, other)
		default:
			err = m.replayResult(l.content)
		}
		if err != nil {
			return l, fmt.Errorf("%s, line %d: %w", m.search.Journal, l.number, err)
		}
	}
	if other != nil {
		l.end, l.sum = 0, 0
	}
	return l, l.err
}

// CheckJournal reads a journal's lines and compares them with their checksums, whatever search it belongs to. It reports the line that is corrupt, and a last one that is incomplete.
func CheckJournal(path string) error {
	f, err := disk.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	l := &lines{name: path, reader: bufio.NewReaderSize(f, 1<<16)}
	for l.next() {
	}
	if l.err == nil && l.torn != "" {
		return fmt.Errorf("%s: the last line is incomplete (%s); the search that goes on drops it and repeats its training", path, l.torn)
	}
	return l.err
}

const advice = "choose another name, or remove the folder to start the search again"

// noHeader is the error of a first line that is no header.
func noHeader(err error) error {
	return fmt.Errorf("found no header of a search's journal: %w; %s", err, advice)
}

// otherSearchError is a journal's header that has another value.
type otherSearchError struct{ field, got, want string }

func (e *otherSearchError) Error() string {
	return fmt.Sprintf("the journal belongs to another search: its %s is %s, want %s; %s", e.field, e.got, e.want, advice)
}

// checkHeader compares a journal's first line with the header of the search that wants to resume it.
func checkHeader(line []byte, want header) error {
	var got header
	if err := json.Unmarshal(line, &got); err != nil || got.Version == 0 {
		return noHeader(errors.Join(err, errors.New("no version")))
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
			return &otherSearchError{f.name, text.Shown(string(g)), string(w)}
		}
	}
	return nil
}

// replayResult records one line of a journal.
func (m *Machine[C]) replayResult(line []byte) error {
	var r Result
	if err := decode(line, &r); err != nil {
		return err
	}
	r.Failed = text.Shown(r.Failed)
	return m.Record(r)
}

// write appends a line.
func (j *journal) write(v any) error {
	if j.file == nil {
		return nil
	}
	if j.failed != nil { // a line after one that is missing or torn would not be read
		return j.failed
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sum := crc32.Update(j.sum, crc32.IEEETable, line)
	line = fmt.Appendf(line[:len(line)-1], lineEnd+"\n", sum)
	_, err = j.file.Write(line)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil { // what is in the file is perhaps not on the disk, and no line may follow it
		j.failed = fmt.Errorf("cannot write the search's journal; what it held is kept: free some space, or mend the disk, and run the search again: %w", errors.Join(err, j.file.Truncate(j.end)))
		return j.failed
	}
	j.end, j.sum = j.end+int64(len(line)), sum
	return nil
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
