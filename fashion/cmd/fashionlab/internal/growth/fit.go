package growth

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/metrics"
)

// time is the median of a point's seconds.
func (p point) time() float64 { return bench.Median(p.Seconds) }

// largest is how many of the largest sizes decide how a series grows: at small ones, what is done once hides what is done for each.
const largest = 3

// tail are the points of the largest sizes.
func (s series) tail() []point { return s.points[max(0, len(s.points)-largest):] }

// exponent is the slope of log time over log n with its 95% interval, by Student's t distribution of what is measured less two; NaN where that is not positive, as with fewer than two sizes.
func exponent(points []point) metrics.Interval {
	var x, y []float64
	for _, p := range points {
		for _, s := range p.Seconds {
			x, y = append(x, math.Log(float64(p.N))), append(y, math.Log(s))
		}
	}
	none := metrics.Interval{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if len(points) < 2 || points[0].N == points[len(points)-1].N {
		return none
	}
	alpha, beta := stat.LinearRegression(x, y, nil, false)
	if len(x) < 3 {
		return metrics.Interval{Value: beta, Low: math.NaN(), High: math.NaN()}
	}
	squares, mean, spread := 0.0, stat.Mean(x, nil), 0.0
	for i := range x {
		squares += math.Pow(y[i]-alpha-beta*x[i], 2)
		spread += math.Pow(x[i]-mean, 2)
	}
	free := float64(len(x) - 2)
	half := distuv.StudentsT{Sigma: 1, Nu: free}.Quantile(0.975) * math.Sqrt(squares/free/spread)
	return metrics.Interval{Value: beta, Low: beta - half, High: beta + half}
}

// withLogarithm is the exponent of n log n at the points: the derivative of log(n log n) by log n, at the geometric mean of the sizes.
func withLogarithm(points []point) float64 {
	sum := 0.0
	for _, p := range points {
		sum += math.Log(float64(p.N)) / float64(len(points))
	}
	return 1 + 1/sum
}

const (
	constant  = 0.1 // an exponent below which nothing grows: ten times as many take 1.26 times as long
	uncertain = 1.0 // an interval that wide decides nothing

	undecided = "not decided"
)

// key names the task with its exponent, if that decides anything.
func (s series) key() string {
	if strings.HasPrefix(s.verdict(), undecided) {
		return s.task + ", " + undecided
	}
	return fmt.Sprintf("%s, n^%.2f", s.task, exponent(s.tail()).Value)
}

// verdict says how the time of a series grows, by the interval of the exponent at its largest sizes.
func (s series) verdict() string {
	e, n := exponent(s.tail()), withLogarithm(s.tail())
	switch {
	case math.IsNaN(e.Low):
		return undecided + " by so few measurements"
	case e.Low > n:
		return "faster than linear"
	case e.High < constant:
		return "it does not grow"
	case e.High < 1:
		return "better than linear"
	case e.High-e.Low > uncertain:
		return undecided + ": the measurements scatter too much"
	case e.Low <= 1:
		return "linear"
	}
	return fmt.Sprintf("no faster than n log n, whose exponent is %.2f here", n)
}

// sentence says how time and memory grow.
func (s series) sentence() string {
	const verb = "%.2f"
	said := fmt.Sprintf("%s: %s; exponent %s at the largest sizes, %s over all", s.task, s.verdict(), exponent(s.tail()).Text(verb), exponent(s.points).Text(verb))
	last := len(s.points) - 1
	if last == 0 || s.points[0].Peak == 0 {
		return said + "."
	}
	less, more := s.points[last-1], s.points[last]
	if slices.ContainsFunc(s.points[:last], func(p point) bool { return p.Peak >= more.Peak }) {
		return said + "; peak memory does not grow."
	}
	return fmt.Sprintf("%s; peak memory grows by %s for each of the last %s %s.", said, bytesOf(float64(more.Peak-less.Peak)/float64(more.N-less.N)), text.Thousands(more.N-less.N), s.subject)
}

// seconds is a time in the unit that suits it.
func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	}
	return fmt.Sprintf("%.3g s", s)
}

// bytesOf is a size of memory in the unit that suits it.
func bytesOf(n float64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%.0f bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f kB", n/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", n/(1<<20))
}

// printTable prints a line for each point, a sentence for each task, and how they were measured.
func printTable(w io.Writer, list []series, load string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	memory := !slices.ContainsFunc(list, func(s series) bool { return s.points[0].Peak == 0 })
	fmt.Fprint(t, "\t\ttime\tfor each\t")
	if memory {
		fmt.Fprint(t, "peak memory\t")
	}
	fmt.Fprintln(t)
	for _, s := range list {
		for _, p := range s.points {
			each := seconds(p.time() / float64(p.N))
			if s.task == stepTask {
				each = "-" // a step takes a batch, however many images there are
			}
			fmt.Fprintf(t, "%s\t%s %s\t%s\t%s\t", s.task, text.Thousands(p.N), s.subject, seconds(p.time()), each)
			if memory {
				fmt.Fprintf(t, "%d MB\t", p.Peak>>20)
			}
			fmt.Fprintln(t)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, s := range list {
		fmt.Fprintln(w, s.sentence())
	}
	fmt.Fprintf(w, "\nA time is the median of up to %d, each peak memory that of a process of its own. An exponent is that of the power of n with which the time grows, with its 95%% interval; that of the %d largest sizes decides.\n", repeats, largest)
	if !memory {
		fmt.Fprintln(w, "The system does not tell how much memory a process had at most.")
	}
	if load != "" {
		_, err := fmt.Fprintln(w, load+"; on a quiet one times are shorter and intervals narrower")
		return err
	}
	return nil
}
