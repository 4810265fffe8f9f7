package hyperband_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"fashionlab/fashion/hyperband"
)

func TestJournalOfAnotherSearchWithoutResultsIsReplaced(t *testing.T) {
	s := search(t)
	broken := errors.New("a mistake in the configuration")
	if _, err := s.Run(nil, func(point, int) ([]float64, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Fatalf("the search ended with %v, want the worker's error", err)
	}
	s.Seed++
	if state, err := s.Read(); err != nil || state.Epochs != 0 {
		t.Errorf("%d epochs are read (%v), want none", state.Epochs, err)
	}
	found := run(t, s, problem.Train)
	again, err := s.Read()
	if err != nil || !again.Done || len(again.Trials) != len(found.Trials) {
		t.Errorf("%d trials are read, done %v (%v), want %d", len(again.Trials), again.Done, err, len(found.Trials))
	}
}

func TestJournalOfAnotherSearchIsAnErrorThatNamesTheDifferenceAndIsKept(t *testing.T) {
	for want, spoil := range map[string]func(*hyperband.Search[point]){
		"its seed is 5, want 6":    func(s *hyperband.Search[point]) { s.Seed = 6 },
		"its brackets is":          func(s *hyperband.Search[point]) { s.Brackets = s.Brackets[1:] },
		"its space is":             func(s *hyperband.Search[point]) { s.Space[2].High = 2 },
		"its base is":              func(s *hyperband.Search[point]) { s.Base[1] = 1 },
		"trial 27 has the configu": func(s *hyperband.Search[point]) { s.Space[0].Set = func(*point, float64) {} },
	} {
		s := search(t)
		run(t, s, problem.Train)
		before, err := os.ReadFile(s.Journal)
		if err != nil {
			t.Fatal(err)
		}
		spoil(&s)
		_, err = s.Run(nil, problem.Train)
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), "trial 1 ", "trial 27 "), want) || !strings.Contains(err.Error(), s.Journal) || strings.Contains(err.Error(), "%!") {
			t.Errorf("the error is %v, want one with the file and %q", err, want)
		}
		if after, err := os.ReadFile(s.Journal); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: the journal was changed (%v)", want, err)
		}
	}
}

func TestCorruptJournalIsAnErrorThatNamesTheLine(t *testing.T) {
	s := search(t)
	run(t, s, problem.Train)
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		t.Fatal(err)
	}
	line := bytes.Index(complete, []byte("\n")) + 1
	for want, data := range map[string]string{
		"no header":              "{}\n",
		"line 1: found no":       "\x00\x00\x00\n",
		"version 9":              `{"hyperband_journal":9}` + "\n",
		"line 2: found \"{\\\"t": string(complete[:line]) + `{"trial": 1, "conf` + "\n" + string(complete[line:]),
		"found trial 99":         string(complete[:line]) + `{"trial":99}` + "\n",
	} {
		if err := os.WriteFile(s.Journal, []byte(data), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Run(nil, problem.Train); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		if after, err := os.ReadFile(s.Journal); err != nil || string(after) != data {
			t.Errorf("%s: the journal was changed (%v)", want, err)
		}
	}
}

func TestJournalInAFolderThatIsAFileIsAnError(t *testing.T) {
	s := search(t)
	if err := os.WriteFile(s.Journal, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	s.Journal = filepath.Join(s.Journal, "journal.jsonl")
	if _, err := s.Run(nil, problem.Train); err == nil || !strings.Contains(err.Error(), "cannot keep the search's journal") {
		t.Errorf("the error is %v", err)
	}
}

// linesOf is where the lines of a journal begin.
func linesOf(journal []byte) (starts []int) {
	at := 0
	for line := range bytes.Lines(journal) {
		starts = append(starts, at)
		at += len(line)
	}
	return starts
}

// A flipped bit in the last line is what a killed writer may leave: its training is repeated. In another line it is damage, which no training can make good.
func TestEachFlippedBitOfAJournalIsNoticed(t *testing.T) {
	s := search(t)
	s.Brackets = s.Brackets[3:]
	want := outcome(run(t, s, problem.Train))
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		t.Fatal(err)
	}
	last := linesOf(complete)[len(linesOf(complete))-1]
	var said bytes.Buffer
	defer hyperband.SetWarnings(&said)()
	for bit := 0; bit < 8*len(complete); bit += 7 {
		corrupt := bytes.Clone(complete)
		corrupt[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(s.Journal, corrupt, 0o666); err != nil {
			t.Fatal(err)
		}
		checked := hyperband.CheckJournal(s.Journal)
		if checked == nil {
			t.Fatalf("bit %d of %d: the check reports nothing", bit, 8*len(complete))
		}
		said.Reset()
		found, err := s.Run(nil, problem.Train)
		switch {
		case err != nil && bit/8 < last && strings.Contains(err.Error(), "line "):
		case err == nil && bit/8 >= last && outcome(found) == want && strings.Contains(said.String(), "dropped the last line"):
		case err == nil && outcome(found) == want && corrupt[bit/8] != complete[bit/8] && complete[bit/8] == '\n' && said.Len() > 0:
		default:
			t.Fatalf("bit %d of byte %d (the last line begins at %d): the error is %v, said %q", bit%8, bit/8, last, err, said.String())
		}
	}
}

func TestJournalThatLacksALineIsAnError(t *testing.T) {
	s := search(t)
	run(t, s, problem.Train)
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		t.Fatal(err)
	}
	starts := linesOf(complete)
	for i := 1; i < len(starts)-2; i++ {
		if err := os.WriteFile(s.Journal, append(bytes.Clone(complete[:starts[i]]), complete[starts[i+1]:]...), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", i+1)) {
			t.Fatalf("without line %d the error is %v", i+1, err)
		}
	}
}

// withoutChecksums is a journal as it was written before lines had checksums.
func withoutChecksums(journal []byte) []byte {
	return regexp.MustCompile(`,"crc32":"[0-9a-f]{8}"}`).ReplaceAll(journal, []byte("}"))
}

func TestJournalWithoutChecksumsIsReadAndGoesOn(t *testing.T) {
	s := search(t)
	want := outcome(run(t, s, problem.Train))
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		t.Fatal(err)
	}
	old := withoutChecksums(complete)
	starts := linesOf(old)
	for _, cut := range []int{len(old), starts[len(starts)/2]} {
		if err := os.WriteFile(s.Journal, old[:cut], 0o666); err != nil {
			t.Fatal(err)
		}
		if got := outcome(run(t, s, problem.Train)); got != want {
			t.Errorf("the search found\n%s\nwant\n%s", got, want)
		}
		if err := hyperband.CheckJournal(s.Journal); err != nil {
			t.Error(err)
		}
	}
}

func TestControlCharactersOfAJournalAreNotShown(t *testing.T) {
	s := search(t)
	s.Brackets = s.Brackets[3:]
	run(t, s, func(point, int) ([]float64, error) { return nil, fmt.Errorf("\x1b[2J%w", hyperband.ErrFailed) })
	found, err := s.Read()
	if err != nil {
		t.Fatal(err)
	}
	if reason := found.Trials[0].Reason; !strings.HasPrefix(reason, "?[2J") {
		t.Errorf("the reason is %q", reason)
	}
}

func TestPipeInThePlaceOfAJournalIsAnError(t *testing.T) {
	s := search(t)
	if err := syscall.Mkfifo(s.Journal, 0o600); err != nil {
		t.Skip(err)
	}
	for name, read := range map[string]func() error{
		"Read":         func() error { _, err := s.Read(); return err },
		"Run":          func() error { _, err := s.Run(nil, problem.Train); return err },
		"CheckJournal": func() error { return hyperband.CheckJournal(s.Journal) },
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), "no regular file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A journal is used only where it fits the search.
func FuzzJournal(f *testing.F) {
	s := search(f)
	s.Brackets = s.Brackets[3:] // 4 trials
	run(f, s, problem.Train)
	complete, err := os.ReadFile(s.Journal)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(complete)
	f.Add(complete[:len(complete)/2])
	f.Add(withoutChecksums(complete))
	f.Add(withoutChecksums(complete[:len(complete)/2]))
	f.Add(bytes.ReplaceAll(withoutChecksums(complete), []byte(`"epochs":27,`), []byte(`"epochs":-1,`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := s
		s.Journal = filepath.Join(t.TempDir(), "journal.jsonl")
		if err := os.WriteFile(s.Journal, data, 0o666); err != nil {
			t.Fatal(err)
		}
		checked := hyperband.CheckJournal(s.Journal)
		found, err := s.Read()
		if checked != nil && !strings.Contains(checked.Error(), "incomplete") && err == nil {
			t.Errorf("the check reports %v, and the search reads the journal", checked)
		}
		for _, trial := range found.Trials {
			if n := len(trial.Scores); err == nil && n > 27 {
				t.Errorf("trial %d has %d scores", trial.ID, n)
			}
		}
	})
}

// large is a search of more than a thousand trials.
func large(b *testing.B, journal string) hyperband.Search[point] {
	brackets, err := hyperband.Brackets(729, 3, hyperband.Algorithm1)
	if err != nil {
		b.Fatal(err)
	}
	return hyperband.Search[point]{Brackets: brackets, Space: hyperband.SyntheticSpace(), Seed: 1, Journal: journal}
}

// BenchmarkSearch is the work of a search apart from its trainings: 1,361 trials, each line of the journal synced to the disk.
func BenchmarkSearch(b *testing.B) {
	for b.Loop() {
		s := large(b, filepath.Join(b.TempDir(), "journal.jsonl"))
		run(b, s, problem.Train)
		b.ReportMetric(float64(hyperband.Cost(s.Brackets).Trials), "trials")
	}
}

// BenchmarkRead opens the journal of 10,000 trials.
func BenchmarkRead(b *testing.B) {
	s := large(b, filepath.Join(b.TempDir(), "journal.jsonl"))
	s.Brackets = hyperband.RandomSearch(10000, 9)
	run(b, s, problem.Train)
	for b.Loop() {
		if found, err := s.Read(); err != nil || !found.Done {
			b.Fatal(err, found.Done)
		}
	}
}
