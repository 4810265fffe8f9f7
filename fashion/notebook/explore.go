package notebook

import (
	"fmt"
	"html"
	"os"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/dom"
	"github.com/janpfeifer/gonb/gonbui/widgets"

	"fashionlab/fashion/plots"
)

// Slider sets an integer in a cell.
type Slider struct {
	Name            string
	Min, Max, Start int
}

// UnattendedVariable is an environment variable; set to anything, it keeps cells from waiting for a reader, as when notebooks are executed in batch.
const UnattendedVariable = "FASHION_UNATTENDED"

// connectTime is how long a page may take to connect its sliders. On a machine that is busy with other work it was seen to take more than 5 seconds.
const connectTime = 30 * time.Second

// Explore shows a figure that follows sliders, until the button "Done" is pressed or the time limit is over; then the last figure stays as the cell's
// output. While it waits, the kernel is busy. Without a page, as under nbconvert, it shows the figure of the start values. figure gets the values in the
// order of the sliders; its error ends Explore.
func Explore(limit time.Duration, sliders []Slider, figure func(values []int) (plots.Figure, error)) error {
	values := make([]int, len(sliders))
	for i, s := range sliders {
		values[i] = s.Start
	}
	shown, err := figure(values)
	if err != nil {
		return err
	}
	if gonbui.IsNotebook && os.Getenv(UnattendedVariable) == "" {
		if shown, err = follow(limit, sliders, values, shown, figure); err != nil {
			return err
		}
	}
	return Show(shown)
}

// follow redraws the figure whenever a slider moves, and returns the last one.
func follow(limit time.Duration, sliders []Slider, values []int, shown plots.Figure, figure func([]int) (plots.Figure, error)) (plots.Figure, error) {
	output, page := gonbui.UniqueId(), "explore_"+gonbui.UniqueId()
	picture, err := image(shown)
	if err != nil {
		return shown, err
	}
	controls := ""
	for i, s := range sliders {
		controls += fmt.Sprintf(`<label id="%s_%d" style="display:inline-block;margin-right:1.5em">%s </label>`, page, i, html.EscapeString(s.Name))
	}
	gonbui.UpdateHTML(output, fmt.Sprintf(`<div id="%s_picture">%s</div><div id="%s">%s</div>`, page, picture, page, controls))
	defer func() {
		gonbui.UpdateHTML(output, "")
		gonbui.Sync()
	}()

	type move struct{ slider, value int }
	moves, done, connected := make(chan move), make(chan struct{}), make(chan struct{})
	connect := sync.OnceFunc(func() { close(connected) })
	defer close(done)
	pressed := make(chan struct{}, 1)
	go func() { // the widgets wait for the page, which may not be there
		for i, s := range sliders {
			slider := widgets.Slider(s.Min, s.Max, s.Start).AppendTo(fmt.Sprintf("%s_%d", page, i)).Done()
			connect() // the others follow, however slow the machine is
			go func() {
				for value := range slider.Listen().LatestOnly().C {
					select {
					case moves <- move{i, value}:
					case <-done:
						return
					}
				}
			}()
		}
		button := widgets.Button("Done").AppendTo(page).Done()
		connect()
		<-button.Listen().C
		pressed <- struct{}{}
	}()
	select {
	case <-connected:
	case <-time.After(connectTime):
		return shown, nil
	}
	for over := time.After(limit); ; {
		select {
		case m := <-moves:
			values[m.slider] = m.value
			if shown, err = figure(values); err != nil {
				return shown, err
			}
			if picture, err = image(shown); err != nil {
				return shown, err
			}
			dom.SetInnerHtml(page+"_picture", picture)
		case <-pressed:
			return shown, nil
		case <-over:
			return shown, nil
		}
	}
}
