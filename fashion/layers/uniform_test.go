package layers_test

import (
	"fmt"
	"log"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/gobackend"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"fashionlab/fashion/layers"
)

// step starts a training step of that number from an image of the batch on.
func step(x *Node, number, first int) *layers.Net {
	scalar := func(v uint32) *Node { return Scalar(x.Graph(), dtypes.Uint32, v) }
	return layers.Training(x.Graph(), model.NewStore(), 1, layers.Step{Key: scalar(layers.StepKey(1, number)), First: scalar(uint32(first))})
}

func TestUniformNumbersAreUniformTheSameInMicroBatchesAndDifferByNameAndStep(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	const images, each = 64, 100
	out, err := ExecOnceN(backend, func(x *Node) []*Node {
		half := func(from, to int) *Node { return step(x, 5, from).Uniform("noise", Slice(x, AxisRange(from, to))) }
		return []*Node{
			step(x, 5, 0).Uniform("noise", x), Concatenate([]*Node{half(0, 32), half(32, 64)}, 0),
			step(x, 6, 0).Uniform("noise", x), step(x, 5, 0).Uniform("other", x),
		}
	}, tensors.FromFlatDataAndDimensions(make([]float32, images*each), images, each))
	if err != nil {
		t.Fatal(err)
	}
	all := tensors.MustCopyFlatData[float32](out[0])
	halves, next, other := tensors.MustCopyFlatData[float32](out[1]), tensors.MustCopyFlatData[float32](out[2]), tensors.MustCopyFlatData[float32](out[3])
	var mean, square float64
	bins := make([]int, 10)
	for i, v := range all {
		if v < 0 || v >= 1 {
			t.Fatalf("number %d is %v, want one in [0, 1)", i, v)
		}
		if v != halves[i] {
			t.Fatalf("number %d differs between a batch and its halves", i)
		}
		if v == next[i] || v == other[i] { // a chance of 1 in 8 million each
			t.Errorf("number %d is %v in the next step, too, or for another name", i, v)
		}
		mean += float64(v) / images / each
		square += float64(v) * float64(v) / images / each
		bins[int(v*10)]++
	}
	if deviation := math.Sqrt(square - mean*mean); math.Abs(mean-0.5) > 0.02 || math.Abs(deviation-math.Sqrt(1.0/12)) > 0.02 { // the mean's standard error is 0.0036
		t.Errorf("the mean is %.3f and the standard deviation %.3f, want 0.5 and 0.289", mean, deviation)
	}
	for i, n := range bins {
		if n < 520 || n > 760 { // 640 of 6400, standard deviation 24
			t.Errorf("%d of %d numbers are in the tenth %d, want about a tenth", n, images*each, i)
		}
	}
}

func TestUniformOutsideOfATrainingIsAnErrorThatNamesTheLayer(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	err = layers.Catch(func() error {
		_, err := ExecOnce(backend, func(x *Node) *Node { return layers.Inference(x.Graph(), model.NewStore(), 1).Uniform("noise", x) }, []float32{1})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), `the layer "noise" draws random numbers where nothing is trained`) {
		t.Errorf("the error is %v", err)
	}
}

// A layer that adds noise to its input in training, uniform within a width.
func ExampleNet_Uniform() {
	noise := func(n *layers.Net, name string, x *Node, width float64) *Node {
		if n.IsTraining() {
			x = Add(x, MulScalar(AddScalar(n.Uniform(name, x), -0.5), width))
		}
		return n.Keep(name, x)
	}
	backend, err := gobackend.New("")
	if err != nil {
		log.Fatal(err)
	}
	defer backend.Finalize()
	out, err := ExecOnceN(backend, func(x *Node) []*Node {
		return []*Node{noise(layers.Inference(x.Graph(), model.NewStore(), 1), "noise", x, 0.1), noise(step(x, 1, 0), "noise", x, 0.1)}
	}, [][]float32{{1, 2}})
	if err != nil {
		log.Fatal(err)
	}
	noisy := tensors.MustCopyFlatData[float32](out[1])
	fmt.Println("inference:", out[0].Value())
	fmt.Println("training, off by less than 0.05:", math.Abs(float64(noisy[0]-1)) < 0.05, math.Abs(float64(noisy[1]-2)) < 0.05)
	// Output:
	// inference: [[1 2]]
	// training, off by less than 0.05: true true
}

func TestRandomNumbersDrawnTwiceUnderOneNameAreAnError(t *testing.T) {
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Finalize()
	err = layers.Catch(func() error {
		_, err := ExecOnce(backend, func(x *Node) *Node {
			n := step(x, 1, 0)
			return Add(n.Uniform("noise", x), n.Uniform("noise", x))
		}, []float32{1})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), `drawn twice under the name "noise"`) {
		t.Errorf("the error is %v", err)
	}
}
