package process

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// How many lines of a long cause are shown.
const (
	maxCause   = 20 // of a message whose start is marked
	maxUnknown = 10 // of other output
)

var (
	// panicked matches the start of what the Go runtime prints when it ends a program.
	panicked = regexp.MustCompile(`(?m)^(panic: ?|fatal error: |SIG[A-Z]+: )`)
	// trace matches what the runtime prints after the message.
	trace = regexp.MustCompile(`(?m)^(goroutine \d+ .*\[.*\]:|\[signal .*|runtime stack:|PC=0x.*)$`)
	// recovered matches what the runtime adds to a message whose panic had been recovered.
	recovered = regexp.MustCompile(` \[recovered(, repanicked)?\]`)
	// frame matches the second line of a stack frame, as the runtime and github.com/pkg/errors print it; the first names the function.
	frame = regexp.MustCompile(`^\s+(\[\[ Cell .*\]\] )?\S+\.(go|s):\d+( \+0x[0-9a-f]+)?$`)
	// cellOfFrame matches a line of the list of places in the notebook that GoNB shows after a program's output.
	cellOfFrame = regexp.MustCompile(`(?m)^\s*Cell\[(\d+)\]: Line (\d+) \S+\.go:\d+( .*)?$`)
	// cellOfMessage matches where in the notebook GoNB finds a compiler's message, and the place in the program that it made of the cells.
	cellOfMessage = regexp.MustCompile(`^Cell\[(\d+)\]: Line (\d+) \S+:\d+:\d+: `)
	// notBuilt matches GoNB's last line where it had no program to run.
	notBuilt = regexp.MustCompile(`^(failed to run "|parsing go files )`)
	// ended matches GoNB's last line where a program failed.
	ended = regexp.MustCompile(`^(exit status \d+|signal: .*)$`)
	// logged matches the time at the start of a line of the package log.
	logged = regexp.MustCompile(`^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `)
)

// Cause reduces the output of a failed cell, as execute.py prints it, to what a person needs: the message of a panic without its traces, the
// compiler's messages without the program around them, the last message of the package log, else the last lines. Where GoNB names the
// line of the cell, it stands before the message; cells and lines are counted from 1.
func Cause(text string) string {
	text = strings.TrimSpace(plain(strings.ReplaceAll(text, "\r\n", "\n")))
	lines := strings.Split(text, "\n")
	end := lines[len(lines)-1]
	if notBuilt.MatchString(end) {
		return causeOfBuild(lines[:len(lines)-1], end)
	}
	if starts := panicked.FindAllStringIndex(text, -1); starts != nil {
		at := starts[len(starts)-1]
		if after := trace.FindStringIndex(text[at[1]:]); after != nil {
			return causeOfPanic(text, at[0], at[1], at[1]+after[0])
		}
	}
	return causeOfExit(lines)
}

// causeOfPanic is the message of a text between two offsets, after the runtime's word for it and before its traces.
func causeOfPanic(text string, word, begin, end int) string {
	message := text[begin:end]
	if strings.HasPrefix(text[word:], "SIG") { // of a library in C; what it said comes before
		message = text[word:end]
		before := strings.Split(strings.TrimSpace(text[:word]), "\n")
		message = before[len(before)-1] + "\n" + message
	}
	message = strings.ReplaceAll(message, "\n\t", "\n") // the runtime indents all lines but the first
	message = shorten(withoutFrames(strings.Split(recovered.ReplaceAllString(message, ""), "\n")), maxCause)
	if message == "" {
		message = "a panic without a message"
	}
	if cell := cellOfFrame.FindStringSubmatch(text[end:]); cell != nil {
		return fmt.Sprintf("cell %s, line %s: %s", cell[1], cell[2], message)
	}
	return message
}

// causeOfBuild is what the compiler said, else GoNB's last line.
func causeOfBuild(lines []string, end string) string {
	var messages []string
	for _, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "# ") { // the name of a package
			continue
		}
		line = strings.TrimPrefix(line, " ") // GoNB's, before a line that continues a message
		messages = append(messages, cellOfMessage.ReplaceAllString(line, "cell $1, line $2: "))
	}
	if message := shorten(messages, maxCause); message != "" {
		return message
	}
	return end
}

// causeOfExit is what a program said last before it ended itself or was ended.
func causeOfExit(lines []string) string {
	end := lines[len(lines)-1]
	lines = slices.DeleteFunc(lines, cellOfFrame.MatchString)
	for len(lines) > 0 && ended.MatchString(lines[len(lines)-1]) { // both the program's output and GoNB say it
		lines = lines[:len(lines)-1]
	}
	var said []string
	for _, line := range withoutFrames(lines) {
		line = line[strings.LastIndex(line, "\r")+1:] // of a line that was written anew in its place, the last state
		if strings.TrimSpace(line) != "" {
			said = append(said, line)
		}
	}
	said = said[max(0, len(said)-maxUnknown):]
	for i := len(said) - 1; i >= 0; i-- {
		if time := logged.FindString(said[i]); time != "" {
			said = said[i:]
			said[0] = said[0][len(time):]
			break
		}
	}
	switch {
	case end == "signal: killed":
		said = append(said, end+"; the system does this to a program when memory runs out")
	case strings.HasPrefix(end, "signal: "):
		said = append(said, end)
	case len(said) == 0:
		return strings.TrimPrefix(end+", no message", ", ")
	}
	return strings.Join(said, "\n")
}

// withoutFrames leaves out the stack traces.
func withoutFrames(lines []string) []string {
	var left []string
	for _, line := range lines {
		if frame.MatchString(line) {
			left = left[:max(0, len(left)-1)] // the function's name
			continue
		}
		left = append(left, line)
	}
	return left
}

// shorten joins the first n lines that are not empty, and says how many more there are.
func shorten(lines []string, n int) string {
	var said []string
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			said = append(said, strings.TrimRight(line, " \t\r"))
		}
	}
	if more := len(said) - n; more > 0 {
		said = append(said[:n], fmt.Sprintf("[and %d more lines; the executed notebook has them]", more))
	}
	return strings.TrimSpace(strings.Join(said, "\n"))
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// plain removes a terminal's colours.
func plain(s string) string { return escapes.ReplaceAllString(s, "") }
