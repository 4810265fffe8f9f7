package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"fashionlab/fashion/device"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/recipes"
)

//go:embed peers/*.py
var peerScripts embed.FS

// peer is another library in which a training step can be timed.
type peer struct {
	module  string   // of Python, that must be there
	onGPU   string   // an expression of Python that is true where the module computes on a GPU
	script  string   // in peers/, without .py
	models  []string // which it has
	stems   bool     // it has ResNet50's small stem too
	augment bool     // it has the augmentations
}

var peers = []peer{
	{module: "tensorflow", onGPU: "tensorflow.config.list_physical_devices('GPU')", script: "keras", models: []string{"cnn", "resnet50"}, augment: true},
	{module: "tensorflow", onGPU: "tensorflow.config.list_physical_devices('GPU')", script: "keras_gan", models: []string{"sngan"}},
	{module: "torch", onGPU: "torch.cuda.is_available()", script: "torch", models: []string{"cnn", "residual", "resnet50", "convnext"}, stems: true}, // convnext is timm's
	{module: "torch", onGPU: "torch.cuda.is_available()", script: "torch_gan", models: []string{"sngan"}},
	{module: "jax", onGPU: "jax.default_backend() == 'gpu'", script: "jax", models: []string{"cnn", "residual", "resnet50"}, stems: true},
}

// answerers are the libraries in which a prediction can be timed.
var answerers = []peer{
	{module: "torch", onGPU: "torch.cuda.is_available()", script: "answers"},
	{module: "onnxruntime", onGPU: "'CUDAExecutionProvider' in onnxruntime.get_available_providers()", script: "answers_onnx"},
}

// has reports whether a peer can do a recipe's training step.
func (p peer) has(r recipes.Recipe) bool {
	return slices.Contains(p.models, r.Model.Name) && (p.stems || r.Model.Stem == "") && (p.augment || r.Augmentation == recipes.Augmentation{})
}

// missing says why a Python cannot run a peer, "" if it can.
func (p peer) missing(python interpreter) (string, error) {
	program := "import " + p.module
	if python.device == cuda {
		program += "\nassert " + p.onGPU + ", 'sees no GPU'"
	}
	c, err := python.command("-c", program)
	if err != nil {
		return "", err
	}
	var messages bytes.Buffer
	c.Stderr = &messages
	err = c.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return fmt.Sprintf("%s of %s: %s", p.module, python.path, lastLine(messages.Bytes())), nil
	}
	return "", err
}

// startPeers starts those that can be imported, in each of the Pythons, and says which cannot. What it started it returns with an error, too.
func startPeers(list []peer, pythons []interpreter, start func(interpreter, peer) (*timed, error)) (started []*timed, err error) {
	for _, p := range list {
		missing, err := p.missing(pythons[0])
		if err != nil {
			return started, err
		}
		if missing != "" {
			fmt.Printf("not measured: %s\n", missing)
			continue
		}
		for _, python := range pythons {
			t, err := start(python, p)
			if err != nil {
				return started, err
			}
			started = append(started, t)
		}
	}
	return started, nil
}

// The devices on which a peer is asked to compute, as PyTorch calls them.
const (
	cpu  = "cpu"
	cuda = "cuda"
)

// peerDevice is where peers must compute to be compared with our backend.
func peerDevice() (string, error) {
	backend, err := infer.Backend()
	if err != nil {
		return "", err
	}
	if layers.FormOf(backend) == layers.ForGPU {
		return cuda, nil
	}
	return cpu, nil
}

// startPeer starts a peer's script, which times a turn for each line that it reads.
func (p interpreter) startPeer(script, dir string, recipe recipes.Recipe, steps int) (*timed, error) {
	return p.start(script, dir, fmt.Sprint(steps), recipe.String(), p.device)
}

// ours are the environment variables that are set for our backend and mean something to others' libraries as well.
var ours = []string{device.TunablesVariable, "XLA_FLAGS", "GOMLX_BACKEND", "PJRT_PLUGIN_LIBRARY_PATH"}

// interpreter is a Python of others.
type interpreter struct {
	path, device string // the command; cpu or cuda
	ourAllocator bool   // with the settings of the allocator that ours has, instead of the system's
}

// interpreters are those of a command in which peers are timed: with the system's allocator and, on a CPU where ours has settings for it, with those.
func interpreters(path string) (list []interpreter, err error) {
	where, err := peerDevice()
	if err != nil {
		return nil, err
	}
	list = []interpreter{{path: path, device: where}}
	if where == cpu && os.Getenv(device.TunablesVariable) != "" {
		list = append(list, interpreter{path, where, true})
	}
	return list, nil
}

// command is the Python with settings of its own. On a GPU JAX and TensorFlow leave each other and us memory; on the CPU they see no GPU.
func (p interpreter) command(args ...string) (*exec.Cmd, error) {
	c := exec.Command(p.path, args...)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(ours, name) && !(p.ourAllocator && name == device.TunablesVariable)
	})
	switch p.device {
	case cuda:
		c.Env = append(c.Env, "XLA_PYTHON_CLIENT_PREALLOCATE=false", "TF_FORCE_GPU_ALLOW_GROWTH=true")
	case cpu:
		c.Env = append(c.Env, "JAX_PLATFORMS=cpu", "CUDA_VISIBLE_DEVICES=-1")
	default:
		return nil, fmt.Errorf("a peer computes on %q, want %s or %s", p.device, cpu, cuda)
	}
	return c, nil
}

// runs is the command that runs a script of ours with arguments.
func (p interpreter) runs(script string, args ...string) (*exec.Cmd, error) {
	var program []byte
	for _, name := range []string{"fashion_mnist", script} {
		source, err := peerScripts.ReadFile("peers/" + name + ".py")
		if err != nil {
			return nil, err
		}
		program = append(program, source...)
	}
	return p.command(append([]string{"-c", string(program)}, args...)...)
}

// start starts a script of ours with arguments.
func (p interpreter) start(script string, args ...string) (*timed, error) {
	c, err := p.runs(script, args...)
	if err != nil {
		return nil, err
	}
	var messages bytes.Buffer
	c.Stderr = &messages
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	t, ended := &timed{name: script}, false
	t.turn = func() ([]float64, error) {
		_, err := fmt.Fprintln(in)
		var line []byte
		if err == nil {
			line, err = lines.ReadBytes('\n')
		}
		if err != nil {
			ended = true
			return nil, fmt.Errorf("ended early: %w: %s", errors.Join(err, c.Wait()), lastLine(messages.Bytes()))
		}
		var answer struct {
			Peer       string
			Parameters int
			Memory     int64
			MS         []float64
		}
		if err := json.Unmarshal(line, &answer); err != nil {
			return nil, err
		}
		t.name, t.parameters, t.memory = answer.Peer, cmp.Or(answer.Parameters, t.parameters), answer.Memory
		if p.ourAllocator {
			t.name += ", allocator as ours"
		}
		return answer.MS, nil
	}
	t.stop = func() {
		if !ended { // its exit status says nothing more than its answers did
			in.Close()
			c.Wait()
		}
	}
	return t, nil
}

// lastLine is the last line of a program's messages: of a Python error, what went wrong.
func lastLine(messages []byte) string {
	messages = bytes.TrimSpace(messages)
	return string(messages[bytes.LastIndexByte(messages, '\n')+1:])
}
