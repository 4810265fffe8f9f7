// Package growth measures how time and memory grow with what a user has: images, runs, trials of a search, photos that are uploaded to the demo. Each measurement is made in a process of its own, so that
// its peak memory is its own. How time grows is the exponent p of c n^p, fitted by least squares to the logarithms of what was measured.
package growth

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"fashionlab/fashion/cmd/fashionlab/internal/bench"
	"fashionlab/fashion/device"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/parent"
)

// Options say what is measured.
type Options struct {
	Names   []string                     // such as images, or uploads:100,1000 for other sizes than the usual; none is everything
	Figure  string                       // file for the figure, as SVG; "" writes none
	Handler func() (http.Handler, error) // opens the demo with all that its page has
}

// subject is what there is more and more of.
type subject struct {
	name    string
	sizes   []int                                   // usually
	prepare func(dir string, n int) (string, error) // makes what the tasks are given, in a folder; nil if nothing is needed
	tasks   []task
}

// task is something that a user does.
type task struct {
	name    string
	measure func(ctx context.Context, p *point, given input) error
}

// input is what a task is measured with.
type input struct {
	dir     string // for what is written
	made    string // what prepare returned
	handler func() (http.Handler, error)
}

// point is a measurement. It is handed from one process to the other as JSON.
type point struct {
	N       int       // what there really was
	Seconds []float64 // of each time that the task was done
	Peak    int64     // bytes of the process at most, 0 where the system does not tell
}

// series are the measurements of a task, by size.
type series struct {
	subject, task string
	points        []point
}

// subjects are all, in the order of the table.
func subjects() []subject {
	return []subject{
		{"images", []int{1000, 4000, 16_000, 48_000, 480_000}, keepImages, []task{
			{"open the images", openImages}, {"order and draws of an epoch", prepareEpoch}, {stepTask, trainingStep}, {"predict all", predictImages}}},
		{"runs", []int{10, 30, 100, 300, 1000}, copyRuns, []task{{"report", reportText}, {"report -html", reportPage}}},
		{"trials", []int{100, 300, 1000, 3000, 10_000}, nil, []task{{"Hyperband", searchTrials}}},
		{"uploads", []int{100, 1000, 10_000}, nil, []task{{"classify photos", classifyUploads}}},
	}
}

// Parse checks the options and returns what is to be done. The name "point" is for the processes that Parse's work starts: it is followed by a task, a size and a folder.
func Parse(o Options) (func(context.Context) error, error) {
	if len(o.Names) == 4 && o.Names[0] == pointName {
		return func(ctx context.Context) error { return writePoint(ctx, os.Stdout, o) }, nil
	}
	chosen, err := choose(o.Names)
	if err == nil && o.Figure != "" && !strings.HasSuffix(o.Figure, ".svg") {
		err = fmt.Errorf("-figure is %q, want a name that ends in .svg", o.Figure)
	}
	return func(ctx context.Context) error {
		return measureAll(ctx, os.Stdout, os.Stderr, chosen, o.Figure, inProcess)
	}, err
}

// choose returns the subjects of those names, with the sizes that stand behind a colon.
func choose(names []string) ([]subject, error) {
	all := subjects()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []subject
	for _, name := range names {
		name, list, sized := strings.Cut(name, ":")
		i := slices.IndexFunc(all, func(s subject) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%q does not grow here, want images, runs, trials or uploads", name)
		}
		s := all[i]
		if sized {
			sizes, err := bench.ParseSizes(list)
			if err != nil {
				return nil, fmt.Errorf("the sizes of %s are %w", name, err)
			}
			slices.Sort(sizes)
			s.sizes = slices.Compact(sizes)
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

// measureAll measures all tasks of the subjects by measure, and prints the table.
func measureAll(ctx context.Context, out, messages io.Writer, chosen []subject, file string, measure func(ctx context.Context, task, size, dir string) (point, error)) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // so that the folder is removed
	defer stop()
	root, err := os.MkdirTemp("", "bench-growth-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)                // of the system's temporary files
	load, start := bench.Load(), time.Now() // later the load is our own
	var list []series
	for _, s := range chosen {
		first := len(list)
		for _, t := range s.tasks {
			list = append(list, series{subject: s.name, task: t.name})
		}
		for _, n := range s.sizes {
			dir := filepath.Join(root, s.name)
			for i, t := range s.tasks {
				p, err := measure(ctx, t.name, strconv.Itoa(n), dir)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				if err != nil {
					return fmt.Errorf("%s, %s %s: %w", t.name, text.Thousands(n), s.name, err)
				}
				list[first+i].points = append(list[first+i].points, p)
				fmt.Fprintf(messages, "%s, %s %s: %s, after %v in all\n", t.name, text.Thousands(p.N), s.name, seconds(p.time()), time.Since(start).Round(time.Second))
			}
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
		}
	}
	if err := os.RemoveAll(root); err != nil { // who reads the table may be gone, as with head, which ends this process
		return err
	}
	if err := printTable(out, list, load); err != nil || file == "" {
		return err
	}
	svg, err := figure(list).SVG()
	if err == nil {
		err = disk.WriteFile(file, []byte(svg))
	}
	if err == nil {
		fmt.Fprintln(messages, "wrote", file)
	}
	return err
}

const pointName = "point"

// stepTask is the one task that takes no longer with more images.
const stepTask = "a training step"

// inProcess measures a task in a process of its own.
func inProcess(ctx context.Context, task, size, dir string) (p point, err error) {
	program, err := os.Executable()
	if err != nil {
		return p, err
	}
	c := exec.CommandContext(ctx, program, "bench", "-growth", pointName, task, size, dir)
	c.Env = append(os.Environ(), parent.Setting())
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return p, err
	}
	out = bytes.TrimSpace(out)
	err = json.Unmarshal(out[bytes.LastIndexByte(out, '\n')+1:], &p) // before it stands what opening the demo prints
	return p, err
}

// writePoint measures a task in this process and writes the point as JSON.
func writePoint(ctx context.Context, w io.Writer, o Options) error {
	n, err := strconv.Atoi(o.Names[2])
	if err != nil {
		return err
	}
	p, err := measure(ctx, o.Names[1], n, o.Names[3], o.Handler)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(p)
}

// measure measures a task in this process. What the tasks of a subject are given is made once, in the folder.
func measure(ctx context.Context, name string, n int, dir string, handler func() (http.Handler, error)) (p point, err error) {
	for _, s := range subjects() {
		i := slices.IndexFunc(s.tasks, func(t task) bool { return t.name == name })
		if i < 0 {
			continue
		}
		if err := disk.MkdirAll(dir); err != nil {
			return p, err
		}
		given := input{dir: dir, handler: handler}
		if s.prepare != nil {
			if given.made, err = s.prepare(dir, n); err != nil {
				return p, err
			}
		}
		debug.FreeOSMemory() // of what prepared it
		device.ResetPeakMemory()
		p.N = n
		err = s.tasks[i].measure(ctx, &p, given)
		return p, err
	}
	return p, fmt.Errorf("there is no task %q", name)
}

const (
	repeats = 3               // of a task
	enough  = 4 * time.Second // after which it is not repeated
	brief   = time.Second     // a task that takes less is done once before it is timed
)

// repeat times a task: once, or several times if it is short. The peak memory is that of the first time.
func (p *point) repeat(ctx context.Context, do func() error) error {
	warm, all := false, time.Duration(0)
	for len(p.Seconds) < repeats && all < enough {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		runtime.GC() // what the last time left behind is not this one's
		start := time.Now()
		if err := do(); err != nil {
			return err
		}
		took := time.Since(start)
		if p.Peak == 0 {
			p.Peak = device.PeakMemory()
		}
		if !warm && took < brief {
			warm = true
			continue
		}
		warm, all = true, all+took
		p.Seconds = append(p.Seconds, took.Seconds())
	}
	return nil
}

// has reports that there was not as much as was asked for.
func (p *point) has(n int) error {
	if n != p.N {
		return fmt.Errorf("there were %d, want %d", n, p.N)
	}
	return nil
}
