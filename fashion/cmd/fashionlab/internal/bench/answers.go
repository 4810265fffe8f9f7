package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"fashionlab/fashion"
	"fashionlab/fashion/device"
	"fashionlab/fashion/export"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/run"
	"fashionlab/fashion/scene"
	"fashionlab/fashion/study"
)

// answerTimes is how many calls of a turn are timed.
const answerTimes = 40

// Answers times the answers of the network that comes with the project, for so many images at once, beside the same network in PyTorch and its exported file in ONNX Runtime.
func Answers(sizes []int, python string) error {
	name := study.Full.Run("residual")
	r, err := run.Published().Open(name)
	if err != nil {
		return err
	}
	m, err := infer.Load(r)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fashionlab-answers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	exported, err := export.ONNX(name, r, export.Options{Bytes: true, Softmax: true})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "residual.onnx")
	if err := os.WriteFile(file, exported, 0o600); err != nil {
		return err
	}
	for _, n := range sizes {
		if err := m.Optimize(n); err != nil {
			return err
		}
		programs := []*timed{ourAnswers(m, r.Record.Parameters, n)}
		if python != "" {
			pythons, err := interpreters(python)
			if err != nil {
				return err
			}
			theirs, err := startPeers(answerers, pythons, func(python interpreter, p peer) (*timed, error) {
				t, err := python.start(p.script, fmt.Sprint(n), fmt.Sprint(answerTimes), python.device, file)
				if err == nil {
					t.parameters = r.Record.Parameters // the file does not say
				}
				return t, err
			})
			if programs = append(programs, theirs...); err != nil {
				stopAll(programs)
				return err
			}
		}
		if err := inTurns(programs); err != nil {
			return err
		}
		printTimes(os.Stdout, fmt.Sprintf("residual, %d images at once: ms per answer", n), programs)
	}
	return nil
}

// ourAnswers times our answers for n images.
func ourAnswers(m *infer.Model, parameters, n int) *timed {
	images := scene.Noise(n, 1)
	t := &timed{name: "fashionlab, XLA " + m.Device(), parameters: parameters, stop: func() {}}
	t.turn = func() ([]float64, error) {
		ms, err := timeAnswers(m, images)
		t.memory = device.PeakMemory()
		return ms, err
	}
	return t
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
