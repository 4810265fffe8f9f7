package export

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion"
	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/fixture"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/models"
	"fashionlab/fashion/recipes"
)

// theBackend is GoMLX's backend in pure Go.
var theBackend = sync.OnceValues(func() (compute.Backend, error) { return gobackend.New("") })

func goBackend(t *testing.T) compute.Backend {
	t.Helper()
	b, err := theBackend()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// randomize changes a store's variables: the running means of a trained network are not 0 either.
func randomize(t *testing.T, store *model.Store) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	for v := range store.IterVariables() {
		value, err := v.Value()
		if err != nil {
			t.Fatal(err)
		}
		flat := tensors.MustCopyFlatData[float32](value)
		for i := range flat {
			switch name := v.Path()[strings.LastIndexByte(v.Path(), '/')+1:]; name {
			case "kernel":
			case "moving_variance":
				flat[i] = 0.5 + r.Float32()
			default:
				flat[i] += 0.2*r.Float32() - 0.1
			}
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(flat, v.Shape().Dimensions...)); err != nil {
			t.Fatal(err)
		}
	}
}

// random is a classifier with random parameters.
func random(t *testing.T, m recipes.Model, own ...recipes.Own) *infer.Model {
	t.Helper()
	b, store := goBackend(t), model.NewStore()
	network, err := models.Of(m, recipes.OwnOf[models.Network](own)...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := models.Layers(b, store, m, 1, own...); err != nil {
		t.Fatal(err)
	}
	randomize(t, store)
	return infer.New(b, store, network, recipes.Recipe{Model: m})
}

func randomImages(n int) []fashion.Image {
	r, list := rand.New(rand.NewPCG(2, 2)), make([]fashion.Image, n)
	for i := range list {
		for j := range list[i] {
			list[i][j] = byte(r.IntN(256))
		}
	}
	return list
}

// networks are one of each kind, as small as their recipes allow, with their options.
var networks = map[string]recipes.Model{
	"cnn":        {Name: "cnn", Filters: 4, Hidden: 16, Dropout: 0.1},
	"residual":   {Name: "residual", Width: 4, Squeeze: 4, FlipTTA: true},
	"wideresnet": {Name: "wideresnet", Depth: 10, Width: 1, Squeeze: 8, ShiftTTA: true, Classes: 3},
	"convnext":   {Name: "convnext", Size: "atto"},
	"resnet50":   {Name: "resnet50"},
	"resized":    {Name: "resnet50", Stem: "small", Input: "resize"},
}

// Files of networks for images of another shape have it, and colour as the last dimension.
func TestFilesReadImagesOfTheDataSetsShape(t *testing.T) {
	for s, dimensions := range map[fashion.Shape][]int{{Channels: 3}: {1, 28, 28, 3}, {Side: 36, Channels: 3}: {1, 36, 36, 3}, {Side: 32}: {1, 32, 32}} {
		m := random(t, recipes.Model{Name: "residual", Width: 4, FlipTTA: true, Classes: 3, Shape: s})
		image := make(fashion.Picture, s.Bytes())
		for i := range image {
			image[i] = byte(i * i)
		}
		want, err := m.LogitsOf(fashion.Set{Shape: s, Pictures: []fashion.Picture{image}})
		if err != nil {
			t.Fatal(err)
		}
		file, err := encodeClassifier(m, Options{Bytes: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := tensors.MustCopyFlatData[float32](evaluate(t, file, map[string]*tensors.Tensor{Images: tensors.FromFlatDataAndDimensions([]uint8(image), dimensions...)}))
		if d := difference(got, want[0]); !(d <= tolerance) {
			t.Errorf("%v: the logits differ by %.2g, want at most %.2g", s, d, tolerance)
		}
		if _, err := m.Logits(randomImages(1)); err == nil || !strings.Contains(err.Error(), "found grey images of 28x28 pixels, want "+s.String()) {
			t.Errorf("a model of %v reads images of Fashion-MNIST: %v", s, err)
		}
	}
}

// tolerance is how far a file's outputs may be from the network's.
const tolerance = 1e-5

// isSlow reports whether a network takes half a minute on GoMLX's backend in pure Go. Its layers are those of the others.
func isSlow(name string) bool { return networks[name].Name == "resnet50" }

func TestFilesGiveTheNetworksOutputs(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if !isSlow(name) {
			t.Run(name, func(t *testing.T) { compareInGo(t, random(t, networks[name])) })
		}
	}
}

// compareInGo compares a classifier's file with the classifier.
func compareInGo(t *testing.T, m *infer.Model) {
	t.Helper()
	images := randomImages(2)
	want, err := m.Probabilities(images)
	if err != nil {
		t.Fatal(err)
	}
	file, err := encodeClassifier(m, Options{Bytes: true, Softmax: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := tensors.MustCopyFlatData[float32](evaluate(t, file, map[string]*tensors.Tensor{Images: tensors.FromFlatDataAndDimensions(pixels(images), len(images), 28, 28)}))
	if d := difference(got, slices.Concat(want...)); !(d <= tolerance) {
		t.Errorf("the probabilities differ by %.2g, want at most %.2g", d, tolerance)
	}
}

func pixels(images []fashion.Image) (flat []uint8) {
	for _, i := range images {
		flat = append(flat, i[:]...)
	}
	return flat
}

func difference(a, b []float32) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var most float64
	for i := range a {
		most = max(most, math.Abs(float64(a[i])-float64(b[i])))
	}
	return most
}

func TestANetworkOfOnesOwnIsWritten(t *testing.T) {
	own := models.Network{Name: "own", Logits: func(n *layers.Net, images *Node) *Node {
		x := n.LeakyRelu("leaky1", n.ConvStrided("conv1", images, 4, 7, 2)) // [B, 14, 14, 4]
		x = n.MaxPool3("pool1", n.Relu("relu1", x))                         // [B, 7, 7, 4]
		x = Concatenate([]*Node{x, Tanh(Reverse(x, 1))}, -1)                // [B, 7, 7, 8]
		x = Slice(x, AxisRange(), AxisRange(1), AxisRange(0, 6), AxisRange())
		x = n.AveragePool("pool2", Where(LessThan(x, Const(x.Graph(), float32(0.1))), ZerosLike(x), x)) // [B, 3, 3, 8]
		x = n.SpectralNorm().Conv("conv2", x, 8)
		x = n.LayerNorm("norm", x, 1e-5)
		x = Add(x, layers.Gelu(n.LayerScale("scale", n.DepthwiseConv("depthwise", x, 3), 0.5)))
		return n.Dense("logits", n.Dropout("dropout", Sqrt(AddScalar(Square(ReduceMax(x, 1, 2)), 1))), 10)
	}}
	compareInGo(t, random(t, recipes.Model{Name: "own"}, own))
}

func TestAnOperationWithoutFormInONNXIsNamedWithItsLayer(t *testing.T) {
	own := models.Network{Name: "own", Logits: func(n *layers.Net, images *Node) *Node {
		return n.Dense("logits", Cos(n.Flatten("flatten", images)), 10)
	}}
	_, err := encodeClassifier(random(t, recipes.Model{Name: "own"}, own), Options{}, nil)
	if err == nil || !strings.Contains(err.Error(), `the operation Cos has no form in ONNX here (after the layer "flatten"`) {
		t.Errorf("the error is %v, want one that names Cos and flatten", err)
	}
	mixed := models.Network{Name: "own", Logits: func(n *layers.Net, images *Node) *Node {
		x := n.Dense("logits", n.Flatten("flatten", images), 10)
		return Sub(x, ReduceAndKeep(x, ReduceMean, 0)) // an image's logits depend on the others of its batch
	}}
	_, err = encodeClassifier(random(t, recipes.Model{Name: "own"}, mixed), Options{}, nil)
	if err == nil || !strings.Contains(err.Error(), "includes the batch") {
		t.Errorf("the error is %v, want one that says that the batch is reduced", err)
	}
}

// generators are GANs with random parameters.
var generators = []recipes.Model{{Name: "dcgan", Width: 4, Latent: latent}, {Name: "sngan", Width: 4, Latent: latent}}

const latent = 6

// randomGenerator is a generator's file, inputs for it, and what it makes of them.
func randomGenerator(t *testing.T, of recipes.Model) (file []byte, inputs map[string]*tensors.Tensor, want []float32) {
	t.Helper()
	m, err := models.GANOf(of)
	if err != nil {
		t.Fatal(err)
	}
	b, store := goBackend(t), model.NewStore()
	build := func(latents, classes *Node, form layers.Form) *Node {
		return m.Generate(layers.Inference(latents.Graph(), store, 1).WithForm(form), latents, classes)
	}
	g := NewGraph(b, "initial")
	defer g.Finalize()
	build(Parameter(g, Latents, shapes.Make(dtypes.Float32, 1, latent)), Parameter(g, Classes, shapes.Make(dtypes.Float32, 1, 10)), layers.Reference)
	randomize(t, store)
	r := rand.New(rand.NewPCG(3, 3))
	codes, classes := make([]float32, 2*latent), make([]float32, 2*10)
	for i := range codes {
		codes[i] = float32(r.NormFloat64())
	}
	classes[3], classes[10+7] = 1, 1
	inputs = map[string]*tensors.Tensor{Latents: tensors.FromFlatDataAndDimensions(codes, 2, latent), Classes: tensors.FromFlatDataAndDimensions(classes, 2, 10)}
	exec, err := model.NewExec(b, store, func(_ *model.Scope, in []*Node) *Node { return build(in[0], in[1], layers.Reference) })
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Call1(inputs[Latents], inputs[Classes])
	if err != nil {
		t.Fatal(err)
	}
	parameters, err := infer.Snapshot(store)
	if err != nil {
		t.Fatal(err)
	}
	if file, err = encodeGenerator(build, latent, parameters, Options{}, nil); err != nil {
		t.Fatal(err)
	}
	return file, inputs, tensors.MustCopyFlatData[float32](out)
}

func TestFilesGiveTheGeneratorsImages(t *testing.T) {
	for _, m := range generators {
		file, inputs, want := randomGenerator(t, m)
		if d := difference(tensors.MustCopyFlatData[float32](evaluate(t, file, inputs)), want); !(d <= tolerance) {
			t.Errorf("%s: the images differ by %.2g, want at most %.2g", m.Name, d, tolerance)
		}
	}
}

// checked is what testdata/onnx/check.py says of a file.
type checked struct {
	Folder     string         `json:"folder"`
	Difference float64        `json:"difference"`
	Operators  map[string]int `json:"operators"`
}

// The recorded check is that of these files: onnx's checker accepted them and onnxruntime gave these outputs.
func TestFilesHaveTheOperatorsThatOnnxruntimeWasGiven(t *testing.T) {
	var recorded []checked
	fixture.Numbers(t, "onnx/checked.json", &recorded)
	for _, c := range recorded {
		if !(c.Difference <= tolerance) {
			t.Errorf("%s: onnxruntime's outputs differ by %.2g, want at most %.2g", c.Folder, c.Difference, tolerance)
		}
		var file []byte
		if c.Folder == "resized" {
			continue // it is as large as resnet50
		}
		if i := slices.IndexFunc(generators, func(m recipes.Model) bool { return m.Name == c.Folder }); i >= 0 {
			file, _, _ = randomGenerator(t, generators[i])
		} else {
			file, _, _ = classifierFile(t, c.Folder, false)
		}
		if got := operators(parse(t, file)); !maps.Equal(got, c.Operators) {
			t.Errorf("%s: the file has the operators %v, that of the recorded check has %v: check again, see TestOnnxruntimeGivesTheNetworksOutputs", c.Folder, got, c.Operators)
		}
	}
	if want := len(networks) + len(generators); len(recorded) != want {
		t.Errorf("%d networks are recorded, want %d", len(recorded), want)
	}
}

// classifierFile is the file of one of networks, its input, and the logits if they are wanted.
func classifierFile(t *testing.T, name string, wanted bool) (file []byte, images []fashion.Image, want [][]float32) {
	t.Helper()
	m := random(t, networks[name])
	file, err := encodeClassifier(m, Options{Bytes: true}, map[string]string{"classes": "[]"})
	if err != nil {
		t.Fatal(err)
	}
	images = randomImages(2)
	if wanted {
		if want, err = m.Logits(images); err != nil {
			t.Fatal(err)
		}
	}
	return file, images, want
}

// python is the Python of $FASHION_TEST_PYTHON, or python3, if it has modules. explicit reports that the variable is set: then slow comparisons are made too.
func python(t *testing.T, modules ...string) (path string, explicit bool) {
	t.Helper()
	path, explicit = os.LookupEnv("FASHION_TEST_PYTHON")
	if !explicit {
		path = "python3"
	}
	if out, err := exec.CommandContext(t.Context(), path, "-c", "import "+strings.Join(modules, ", ")).CombinedOutput(); err != nil {
		t.Skipf("%s has not all of the modules %q, which $FASHION_TEST_PYTHON may have: %v\n%s", path, modules, err, out)
	}
	return path, explicit
}

// With $FASHION_TEST_PYTHON and -v it prints what testdata/onnx/checked.json records.
func TestOnnxruntimeGivesTheNetworksOutputs(t *testing.T) {
	path, explicit := python(t, "numpy", "onnx", "onnxruntime")
	dir := t.TempDir()
	args := []string{"../../testdata/onnx/check.py"}
	add := func(name string, file []byte) string {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "model.onnx"), file, 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, folder)
		return folder
	}
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		if isSlow(name) && !explicit {
			continue
		}
		file, images, want := classifierFile(t, name, true)
		folder := add(name, file)
		writeArray(t, filepath.Join(folder, Images+".npy"), "|u1", pixels(images), len(images), 28, 28)
		writeArray(t, filepath.Join(folder, "output.npy"), "<f4", slices.Concat(want...), len(want), len(want[0]))
	}
	for _, m := range generators {
		file, inputs, want := randomGenerator(t, m)
		folder := add(m.Name, file)
		for input, v := range inputs {
			writeArray(t, filepath.Join(folder, input+".npy"), "<f4", tensors.MustCopyFlatData[float32](v), v.Shape().Dimensions...)
		}
		writeArray(t, filepath.Join(folder, "output.npy"), "<f4", want, 2, 28, 28)
	}
	c := exec.CommandContext(t.Context(), path, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var got checked
		if err := d.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if !(got.Difference <= tolerance) {
			t.Errorf("%s: the outputs differ by %.2g, want at most %.2g", got.Folder, got.Difference, tolerance)
		}
	}
	t.Logf("%s", out)
}

// writeArray writes an array as NumPy's npy file.
func writeArray(t *testing.T, path, dtype string, flat any, dims ...int) {
	t.Helper()
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }", dtype, strings.Trim(strings.ReplaceAll(fmt.Sprint(dims), " ", ", "), "[]"))
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	var b bytes.Buffer
	b.WriteString("\x93NUMPY\x01\x00")
	for _, v := range []any{uint16(len(header)), []byte(header), flat} {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
