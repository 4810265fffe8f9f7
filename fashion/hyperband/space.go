package hyperband

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Parameter is a hyperparameter of the configuration C: a categorical one if it has Choices, else a number from Low to High.
type Parameter[C any] struct {
	Name    string
	Choices []string // equally likely
	Low     float64
	High    float64
	Log     bool // draw the logarithm uniformly
	// Set writes a value into a configuration: the number, or the index of the choice. The parameters of a space are set in their order, so that
	// one can depend on those before it.
	Set func(c *C, value float64)
}

// Choice returns a categorical parameter, which is drawn uniformly from values.
func Choice[C, V any](name string, set func(*C, V), values ...V) Parameter[C] {
	p := Parameter[C]{Name: name, Choices: []string{}, Set: func(c *C, i float64) { set(c, values[int(i)]) }}
	for _, v := range values {
		p.Choices = append(p.Choices, fmt.Sprint(v))
	}
	return p
}

// Range returns a parameter that is drawn uniformly from low to high.
func Range[C any](name string, set func(*C, float64), low, high float64) Parameter[C] {
	return Parameter[C]{Name: name, Low: low, High: high, Set: set}
}

// LogRange returns a parameter that is drawn log-uniformly from low to high.
func LogRange[C any](name string, set func(*C, float64), low, high float64) Parameter[C] {
	return Parameter[C]{Name: name, Low: low, High: high, Log: true, Set: set}
}

// Space is the search space, from which configurations are drawn.
type Space[C any] []Parameter[C]

// check returns an error for the first parameter from which nothing can be drawn.
func (s Space[C]) check() error {
	if len(s) == 0 {
		return errors.New("the search space is empty; name a parameter to search")
	}
	seen := map[string]bool{}
	for _, p := range s {
		number := len(p.Choices) == 0
		switch {
		case p.Name == "" || seen[p.Name]:
			return fmt.Errorf("the search space has two parameters named %q, or one without a name", p.Name)
		case p.Set == nil:
			return fmt.Errorf("parameter %s of the search space has no Set", p.Name)
		case p.Choices != nil && number:
			return fmt.Errorf("parameter %s of the search space has no values to choose from", p.Name)
		case number && !(p.Low <= p.High) || math.IsInf(p.High-p.Low, 0):
			return fmt.Errorf("parameter %s goes from %g to %g, want a low end that is not above the high end", p.Name, p.Low, p.High)
		case number && p.Log && p.Low <= 0:
			return fmt.Errorf("parameter %s goes from %g to %g, want a positive range: its logarithm is drawn", p.Name, p.Low, p.High)
		}
		seen[p.Name] = true
	}
	return nil
}

// draw returns the values of a trial, the index-th of a bracket. They depend on the arguments alone, not on the order of the draws. Another
// attempt draws other values.
func (s Space[C]) draw(seed uint64, bracket, index, attempt int) []float64 {
	r := rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "%d %d %d %d", seed, bracket, index, attempt))))
	values := make([]float64, len(s))
	for i, p := range s {
		u := r.Float64()
		switch {
		case len(p.Choices) > 0:
			values[i] = math.Floor(u * float64(len(p.Choices)))
		case p.Log:
			values[i] = round(math.Exp(math.Log(p.Low)+u*(math.Log(p.High)-math.Log(p.Low))), p.Low, p.High)
		default:
			values[i] = round(p.Low+u*(p.High-p.Low), p.Low, p.High)
		}
	}
	return values
}

// round rounds to three significant digits, within the range.
func round(v, low, high float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		panic(err) // FormatFloat writes what ParseFloat reads
	}
	return min(max(v, low), high)
}

// configure returns base with these values set.
func (s Space[C]) configure(base C, values []float64) C {
	for i, p := range s {
		p.Set(&base, values[i])
	}
	return base
}

// Format returns a value as text: the choice's name, or the number to three significant digits.
func (p Parameter[C]) Format(value float64) string {
	if len(p.Choices) > 0 {
		return p.Choices[int(value)]
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// Position returns where a value lies in its parameter's range, from 0 for the low end to 1 for the high end, on a logarithmic scale if Log is
// set.
func (p Parameter[C]) Position(value float64) float64 {
	low, high := p.Low, p.High
	switch {
	case len(p.Choices) > 0:
		low, high = 0, float64(len(p.Choices)-1)
	case p.Log:
		low, high, value = math.Log(low), math.Log(high), math.Log(value)
	}
	if high == low {
		return 0.5
	}
	return (value - low) / (high - low)
}

// Parse is the inverse of Format; ok is false for a text that is no value of the parameter.
func (p Parameter[C]) Parse(text string) (value float64, ok bool) {
	if i := slices.Index(p.Choices, text); i >= 0 {
		return float64(i), true
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil && len(p.Choices) == 0 && value >= p.Low && value <= p.High
}
