package bench

import (
	"fmt"
	"os"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
	"fashionlab/fashion/study"
)

// answerTimes is how many calls of a turn are timed.
const answerTimes = 40

// Answers times the answers of the network that comes with the project, for so many images at once, beside the same network in PyTorch.
func Answers(sizes []int, python string) error {
	r, err := run.Published().Open(study.Full.Run("residual"))
	if err != nil {
		return err
	}
	m, err := infer.Load(r)
	if err != nil {
		return err
	}
	for _, n := range sizes {
		ours := &timed{name: "fashionlab, XLA " + m.Device(), parameters: r.Record.Parameters, stop: func() {}}
		images := scene.Noise(n, 1)
		ours.turn = func() ([]float64, error) {
			ms, err := timeAnswers(m, images)
			ours.memory = device.PeakMemory()
			return ms, err
		}
		programs := []*timed{ours}
		if python != "" {
			pythons, err := interpreters(python)
			if err != nil {
				return err
			}
			for _, python := range pythons {
				p, err := python.start("answers", fmt.Sprint(n), fmt.Sprint(answerTimes), python.device)
				if err != nil {
					stopAll(programs)
					return err
				}
				programs = append(programs, p)
			}
		}
		if err := inTurns(programs); err != nil {
			return err
		}
		printTimes(os.Stdout, fmt.Sprintf("residual, %d images at once: ms per answer", n), programs)
	}
	return nil
}

// timeAnswers is what each of several calls takes, in ms.
func timeAnswers(m *infer.Model, images []fashion.Image) (ms []float64, err error) {
	for i := range answerTimes + 3 {
		start := time.Now()
		if _, err := m.Probabilities(images); err != nil {
			return nil, err
		}
		if i >= 3 {
			ms = append(ms, float64(time.Since(start).Microseconds())/1000)
		}
	}
	return ms, nil
}
