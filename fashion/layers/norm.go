package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// The constants of Keras's ResNet.
const (
	normMomentum = 0.99     // of the running mean and variance
	normEpsilon  = 1.001e-5 // added to the variance
)

// BatchNorm subtracts from each channel, the last axis, its mean and divides by its standard deviation, then scales by gamma
// and adds beta (Ioffe and Szegedy 2015). In training these are of the batch, with the biased variance, and the running ones move
// towards them; otherwise the running ones serve. The gradient runs through mean and variance.
func (n *Net) BatchNorm(name string, x *Node) *Node {
	channels := x.Shape().Dimensions[x.Rank()-1]
	gamma := n.Param(name+"/gamma", Constant(1), channels)
	beta := n.Param(name+"/beta", Constant(0), channels)
	mean := n.state(name+"/moving_mean", Constant(0), channels)
	variance := n.state(name+"/moving_variance", Constant(1), channels)
	var y *Node
	if n.IsTraining() {
		var batchMean, batchVariance *Node
		y, batchMean, batchVariance = batchNorm(x, gamma, beta, n.form)
		move := func(path string, old, now *Node) {
			n.updates = append(n.updates, Update{Path(path), Add(MulScalar(old, normMomentum), MulScalar(now, 1-normMomentum))})
		}
		move(name+"/moving_mean", mean, batchMean)
		move(name+"/moving_variance", variance, batchVariance)
	} else {
		scale := Mul(gamma, Reciprocal(Sqrt(AddScalar(variance, normEpsilon))))
		y = Add(Mul(x, wide(scale, x)), wide(Sub(beta, Mul(mean, scale)), x))
	}
	n.add(name, "BatchNormalization", y, 4*channels)
	n.layers[len(n.layers)-1].Fixed = 2 * channels
	return y
}

// batchNorm normalizes by the batch's own statistics and returns them, without gradients of their own. The gradient is written
// out: with xhat the normalized x and means over all but the last axis,
//
//	dgamma = sum(dy xhat), dbeta = sum(dy), dx = gamma / sigma * (dy - mean(dy) - xhat mean(dy xhat))
func batchNorm(x, gamma, beta *Node, form Form) (y, mean, variance *Node) {
	count := float64(x.Shape().Size() / x.Shape().Dimensions[x.Rank()-1])
	values := StopGradient(x)
	mean = channelMean(values, form)
	centred := Sub(values, wide(mean, x))
	variance = channelMean(Square(centred), form)
	inverse := Reciprocal(Sqrt(AddScalar(variance, normEpsilon)))
	xhat := Mul(centred, wide(inverse, x))
	scale := StopGradient(gamma)

	y = customGradient([]*Node{x, gamma, beta}, func(in []*Node) *Node {
		return Add(Mul(Mul(Sub(in[0], wide(mean, x)), wide(inverse, x)), wide(in[1], x)), wide(in[2], x))
	}, func(dy *Node) []func() *Node {
		dyMean, dyXhatMean := channelMean(dy, form), channelMean(Mul(dy, xhat), form)
		dx := func() *Node {
			d := Sub(Sub(dy, wide(dyMean, x)), Mul(xhat, wide(dyXhatMean, x)))
			return Mul(d, wide(Mul(scale, inverse), x))
		}
		dgamma := func() *Node { return MulScalar(dyXhatMean, count) }
		dbeta := func() *Node { return MulScalar(dyMean, count) }
		return []func() *Node{dx, dgamma, dbeta}
	})
	return y, mean, variance
}

// wide gives a vector of channels the rank of x.
func wide(v, x *Node) *Node { return ExpandLeftToRank(v, x.Rank()) }
