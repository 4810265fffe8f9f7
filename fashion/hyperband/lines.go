package hyperband

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// lineEnd is how a line of a journal ends, in the place of the brace: with the CRC-32 (IEEE) of all lines up to it, the ends left out, so that a line that is missing is noticed too.
const lineEnd = `,"crc32":"%08x"}`

// lines reads a journal's lines.
type lines struct {
	name    string // of the journal
	reader  *bufio.Reader
	number  int    // of the line read last, 1 for the first
	content []byte // of it, without its checksum
	end     int64  // the offset in bytes where it ends
	sum     uint32 // of the lines so far that have checksums
	torn    string // what is wrong with the end of the journal, which was not written completely; "" if nothing
	err     error
}

// next reads a line. It is false at the end: after an error, or before a last line that is incomplete or corrupt, which is what a writer leaves that is killed.
func (l *lines) next() bool {
	line, err := l.reader.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		if len(line) > 0 {
			l.torn = fmt.Sprintf("it ends after %d bytes", len(line))
		}
		return false
	}
	l.number++
	if err != nil {
		l.err = fmt.Errorf("%s: %w", l.name, err)
		return false
	}
	content, sum, err := splitLine(line, l.sum)
	if err == nil {
		err = checkFields(content, l.number)
	}
	if err != nil {
		wrong := notAnEvent(line, err)
		if l.number == 1 {
			wrong = noHeader(err)
		} else if _, more := l.reader.Peek(1); errors.Is(more, io.EOF) {
			l.torn = err.Error()
			return false
		}
		l.err = fmt.Errorf("%s, line %d: %w", l.name, l.number, wrong)
		return false
	}
	l.content, l.sum, l.end = content, sum, l.end+int64(len(line))
	return true
}

// splitLine checks a line with the sum of those before it, and takes its checksum off, if it has one.
func splitLine(line []byte, before uint32) (content []byte, sum uint32, err error) {
	content = bytes.TrimSuffix(line, []byte("\n"))
	if n := len(content) - len(fmt.Sprintf(lineEnd, 0)); n > 0 {
		sum = crc32.Update(crc32.Update(before, crc32.IEEETable, content[:n]), crc32.IEEETable, []byte("}"))
		var got uint32
		if count, err := fmt.Sscanf(string(content[n:]), lineEnd, &got); err == nil && count == 1 {
			if want := fmt.Sprintf(lineEnd, sum); string(content[n:]) != want {
				return nil, 0, fmt.Errorf("its checksum is %08x, and %08x was written", sum, got)
			}
			return append(bytes.Clone(content[:n]), '}'), sum, nil
		}
	}
	return content, before, nil
}

// checkFields reports what is no line of a journal: no JSON, or with a field that none has, which is one whose name is corrupt. Newer headers may have others.
func checkFields(content []byte, number int) error {
	if !json.Valid(content) {
		return errors.New("it is no JSON")
	}
	if number > 1 {
		return decode(content, new(Result))
	}
	var h header
	if err := json.Unmarshal(content, &h); err != nil || h.Version > journalVersion {
		return err
	}
	return decode(content, &h)
}

// notAnEvent is the error of a line that is corrupt.
func notAnEvent(line []byte, err error) error {
	return fmt.Errorf("found %.60q, want an event of a search: %w; restore a copy, or remove the journal to start the search again", line, err)
}

// decode decodes a line that has no fields but those of v.
func decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v) // the line is valid JSON, so that nothing is behind it
}
