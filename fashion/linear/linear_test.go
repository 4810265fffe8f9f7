package linear_test

import (
	"fmt"
	"log"
	"math"
	"testing"

	"fashionlab/fashion"
	"fashionlab/fashion/linear"
)

// examples are the first n test images.
func examples(n int) fashion.Set {
	s, err := fashion.LoadTest("../../testdata/fashion-mnist")
	if err != nil {
		log.Fatal(err)
	}
	return fashion.Set{Images: s.Images[:n], Labels: s.Labels[:n]}
}

func ExampleClassifier_Gradient() {
	shoe := examples(1)
	var c linear.Classifier
	for range 3 {
		loss, gradient := c.Gradient(shoe)
		fmt.Printf("loss %.4f\n", loss)
		c.Step(gradient, 0.01)
	}
	// Output:
	// loss 2.3026
	// loss 1.6193
	// loss 1.0945
}

func ExampleNearestMean() {
	s := examples(400)
	p := linear.NearestMean(s).Predict(s)
	fmt.Printf("%d of %d are nearest to the mean of their class\n", p.Correct(), s.Len())
	// Output: 283 of 400 are nearest to the mean of their class
}

func TestTheGradientIsTheSlopeOfTheLoss(t *testing.T) {
	s := examples(20)
	c := linear.NearestMean(examples(200)) // anywhere but at 0
	_, gradient := c.Gradient(s)
	slope := func(parameter *float64) float64 {
		const small = 1e-5
		before := *parameter
		*parameter = before + small
		above, _ := c.Gradient(s)
		*parameter = before - small
		below, _ := c.Gradient(s)
		*parameter = before
		return (above - below) / (2 * small)
	}
	for class := range fashion.NumClasses {
		const centre = 14*fashion.Side + 14
		for name, got := range map[string][2]float64{
			"weight": {gradient.Weights[class][centre], slope(&c.Weights[class][centre])},
			"bias":   {gradient.Bias[class], slope(&c.Bias[class])},
		} {
			if math.Abs(got[0]-got[1]) > 1e-6 {
				t.Errorf("class %d: the derivative by a %s is %v, want the slope %v", class, name, got[0], got[1])
			}
		}
	}
}

func TestNearestMeanPredictsTheClassAtTheLeastDistance(t *testing.T) {
	training, s := examples(300), examples(400)
	means, counts := [fashion.NumClasses][fashion.Pixels]float64{}, training.CountByClass()
	for i, label := range training.Labels {
		for p, v := range training.Images[i] {
			means[label][p] += float64(v) / float64(counts[label])
		}
	}
	p := linear.NearestMean(training).Predict(s)
	for i, image := range s.Images {
		nearest, least := 0, math.Inf(1)
		for class, mean := range means {
			distance := 0.0
			for p, v := range image {
				distance += (float64(v) - mean[p]) * (float64(v) - mean[p])
			}
			if distance < least {
				nearest, least = class, distance
			}
		}
		if got := p.Predicted(i); got != fashion.Label(nearest) {
			t.Errorf("image %d is predicted as %v, want %v, whose mean is nearest", i, got, fashion.Label(nearest))
		}
	}
}

func TestAGradientHasTheDirectionOfItself(t *testing.T) {
	_, g := new(linear.Classifier).Gradient(examples(10))
	var opposite linear.Classifier
	opposite.Step(g, 1)
	if with, against := g.Cosine(g), g.Cosine(&opposite); math.Abs(with-1) > 1e-12 || math.Abs(against+1) > 1e-12 {
		t.Errorf("the cosines are %v and %v, want 1 and -1", with, against)
	}
}

func TestPredictionOfASetOfAnotherShapePanics(t *testing.T) {
	defer func() {
		if said, _ := recover().(string); said != "Classifier.Predict is for grey images of 28x28 pixels, and the set has colour images of 28x28 pixels" {
			t.Errorf("it says %q", said)
		}
	}()
	colour := fashion.Set{Shape: fashion.Shape{Channels: 3}}
	colour.Append(nil, 1)
	new(linear.Classifier).Predict(colour)
}
