// Package linear is the linear classifier in plain Go: softmax regression with its loss, gradient and step, each as its formula says, and the nearest-mean classifier,
// which is linear too. Both are baselines for the networks.
package linear

import (
	"math"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
	"fashionlab/fashion/run"
)

// Classifier is for the ten classes and the shape of Fashion-MNIST; sets of another panic. It gives an image x, its pixels scaled to 0 to 1, the logits z = Wx + b. The zero value finds all classes equally probable.
type Classifier struct {
	Weights [fashion.NumClasses][fashion.Pixels]float64 // W
	Bias    [fashion.NumClasses]float64                 // b
}

// NearestMean returns the classifier that predicts the class whose mean image is nearest in Euclidean distance. It is linear: of |x-m|^2 = |x|^2 - 2mx + |m|^2
// the first term is the same for all classes, which leaves W = m and b = -|m|^2/2. Its probabilities are not calibrated.
func NearestMean(s fashion.Set) *Classifier {
	s.WantImages("linear.NearestMean")
	c := &Classifier{}
	for i, label := range s.Labels {
		c.add(label, &s.Images[i], 1)
	}
	for class, n := range s.CountByClass() {
		square := 0.0
		for p := range c.Weights[class] {
			c.Weights[class][p] /= math.Max(float64(n), 1)
			square += c.Weights[class][p] * c.Weights[class][p]
		}
		c.Bias[class] = -square / 2
	}
	return c
}

// add adds so many times an image to the weights of a class, and the number of times to its bias.
func (c *Classifier) add(class fashion.Label, image *fashion.Image, times float64) {
	for p, v := range image {
		c.Weights[class][p] += times * float64(v) / 255
	}
	c.Bias[class] += times
}

// Logits returns an image's logits, z = Wx + b.
func (c *Classifier) Logits(image fashion.Image) []float64 {
	z := make([]float64, fashion.NumClasses)
	for class := range z {
		z[class] = c.Bias[class]
		for p, v := range image {
			z[class] += c.Weights[class][p] * float64(v) / 255
		}
	}
	return z
}

// Gradient returns the mean cross-entropy of a set, -ln p of the true class in nats, and its gradient, as a classifier whose weights and bias are the derivatives. Of one
// image the derivative by the logits is p - y, with y 1 for the true class and 0 for the others, and so dW = (p - y) x and db = p - y.
func (c *Classifier) Gradient(s fashion.Set) (loss float64, gradient *Classifier) {
	s.WantImages("Classifier.Gradient")
	gradient = &Classifier{}
	each := 1 / float64(s.Len())
	for i, label := range s.Labels {
		p := metrics.Softmax(c.Logits(s.Images[i]), 1)
		loss -= each * math.Log(p[label])
		p[label]--
		for class, error := range p {
			gradient.add(fashion.Label(class), &s.Images[i], each*error)
		}
	}
	return loss, gradient
}

// Step moves the weights and the bias against a gradient: W <- W - rate dW, b <- b - rate db.
func (c *Classifier) Step(gradient *Classifier, rate float64) {
	for class := range c.Weights {
		for p, g := range gradient.Weights[class] {
			c.Weights[class][p] -= rate * g
		}
		c.Bias[class] -= rate * gradient.Bias[class]
	}
}

// Cosine is the cosine of the angle between two classifiers as vectors, 1 for the same direction. With two gradients it says how well one stands for the other.
func (c *Classifier) Cosine(d *Classifier) float64 {
	var product, squareC, squareD float64
	add := func(a, b float64) { product, squareC, squareD = product+a*b, squareC+a*a, squareD+b*b }
	for class := range c.Weights {
		for p, v := range c.Weights[class] {
			add(v, d.Weights[class][p])
		}
		add(c.Bias[class], d.Bias[class])
	}
	return product / math.Sqrt(squareC*squareD)
}

// Predict returns the probabilities for each image of a set, with its labels. The indices are the positions in the set.
func (c *Classifier) Predict(s fashion.Set) run.Predictions {
	s.WantImages("Classifier.Predict")
	p := run.Predictions{Labels: s.Labels}
	for i, image := range s.Images {
		row := make([]float32, fashion.NumClasses)
		for class, v := range metrics.Softmax(c.Logits(image), 1) {
			row[class] = float32(v)
		}
		p.Indices, p.Probabilities = append(p.Indices, int32(i)), append(p.Probabilities, row)
	}
	return p
}
