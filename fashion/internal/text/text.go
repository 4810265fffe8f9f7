// Package text writes counts, times and tables, and finds what a terminal would obey and not show in texts that came from elsewhere.
package text

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

// Hidden finds a text with a character that does not show but changes how others do, or with bytes that are no character, in whatever v holds: a string, or structs, slices, maps and pointers with strings.
func Hidden(v any) (text string, found bool) { return hidden(reflect.ValueOf(v)) }

func hidden(v reflect.Value) (text string, found bool) {
	switch v.Kind() {
	case reflect.String:
		return v.String(), !utf8.ValidString(v.String()) || strings.ContainsFunc(v.String(), control)
	case reflect.Pointer:
		if !v.IsNil() && v.Type() != reflect.TypeFor[*time.Location]() {
			return hidden(v.Elem())
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && !found; i++ {
			text, found = hidden(v.Field(i))
		}
	case reflect.Slice:
		for i := 0; i < v.Len() && !found; i++ {
			text, found = hidden(v.Index(i))
		}
	case reflect.Map:
		for i := v.MapRange(); !found && i.Next(); {
			if text, found = hidden(i.Key()); !found {
				text, found = hidden(i.Value())
			}
		}
	}
	return text, found
}

// control reports whether a character does not show.
func control(c rune) bool { return !unicode.IsGraphic(c) }

// Shown is a text of one or more lines in which a question mark stands for each character that does not show.
func Shown(s string) string {
	return strings.Map(func(c rune) rune {
		if control(c) && c != '\n' && c != '\t' {
			return '?'
		}
		return c
	}, s)
}

// Line is Shown for a text that must stay in one line of one column: a question mark stands for its line ends and tabs, too.
func Line(s string) string { return strings.NewReplacer("\n", "?", "\t", "?").Replace(Shown(s)) }

// Thousands writes a count, 0 or more, as "467,818".
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a count, 0 or more, as a word up to ten and in digits beyond.
func Count(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
	if n < len(words) {
		return words[n]
	}
	return Thousands(n)
}

// Seconds is a number of seconds as a duration, to the second.
func Seconds(n float64) time.Duration {
	return time.Duration(n * float64(time.Second)).Round(time.Second)
}

// Table writes rows of cells for a terminal, in aligned columns.
func Table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}
