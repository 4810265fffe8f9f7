package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// The constants of Keras's ResNet.
const (
	normMomentum = 0.99     // of the running mean and variance
	normEpsilon  = 1.001e-5 // added to the variance
)

const (
	batchNormalization = "BatchNormalization" // the type of its layers
	runningMean        = "/moving_mean"       // after the layer's name
	runningVariance    = "/moving_variance"
)

// RunningStatistics lists the paths of the running means and variances of layers, in turn.
func RunningStatistics(list []Layer) (paths []string) {
	for _, l := range list {
		if l.Type == batchNormalization {
			paths = append(paths, Path(l.Name+runningMean), Path(l.Name+runningVariance))
		}
	}
	return paths
}

// BatchNorm normalizes each channel of [..., C]: it subtracts the mean and divides by the standard deviation, then multiplies by gamma and adds beta (Ioffe and
// Szegedy 2015); as in Keras's ResNet, epsilon is 1.001e-5 and the running averages have a momentum of 0.99. In training it uses the mean and the biased variance of the batch, and updates their running averages; otherwise it uses the running averages.
// The gradient runs through mean and variance.
func (n *Net) BatchNorm(name string, x *Node) *Node {
	channels := x.Shape().Dimensions[x.Rank()-1]
	gamma := n.Param(name+"/gamma", Constant(1), channels)
	beta := n.Param(name+"/beta", Constant(0), channels)
	mean := n.state(name+runningMean, Constant(0), channels)
	variance := n.state(name+runningVariance, Constant(1), channels)
	var y *Node
	switch {
	case n.IsTraining():
		var batchMean, batchVariance *Node
		y, batchMean, batchVariance = batchNorm(x, gamma, beta, n.form)
		move := func(path string, old, now *Node) {
			n.updates = append(n.updates, Update{Path(path), Add(MulScalar(old, normMomentum), MulScalar(now, 1-normMomentum)), now})
		}
		move(name+runningMean, mean, batchMean)
		move(name+runningVariance, variance, batchVariance)
	case n.form == ForExport:
		y = InternalBatchNormForInference(x, gamma, beta, mean, variance, normEpsilon, -1)
	default:
		scale := Mul(gamma, Reciprocal(Sqrt(AddScalar(variance, normEpsilon))))
		y = Add(Mul(x, broadcast(scale, x)), broadcast(Sub(beta, Mul(mean, scale)), x))
	}
	n.add(name, batchNormalization, y, 4*channels)
	n.layers[len(n.layers)-1].Fixed = 2 * channels
	return y
}

// batchNorm normalizes by the statistics of the batch and returns them; they have no gradients. It has its own gradient: with xhat the normalized x and means
// over all but the last axis,
//
//	dgamma = sum(dy xhat), dbeta = sum(dy), dx = gamma / sigma * (dy - mean(dy) - xhat mean(dy xhat))
func batchNorm(x, gamma, beta *Node, form Form) (y, mean, variance *Node) {
	count := float64(x.Shape().Size() / x.Shape().Dimensions[x.Rank()-1])
	values := StopGradient(x)
	mean = channelMean(values, form)
	centred := Sub(values, broadcast(mean, x))
	variance = channelMean(Square(centred), form)
	inverse := Reciprocal(Sqrt(AddScalar(variance, normEpsilon)))
	xhat := Mul(centred, broadcast(inverse, x))
	scale := StopGradient(gamma)

	y = customGradient([]*Node{x, gamma, beta}, func(in []*Node) *Node {
		return Add(Mul(Mul(Sub(in[0], broadcast(mean, x)), broadcast(inverse, x)), broadcast(in[1], x)), broadcast(in[2], x))
	}, func(dy *Node) []func() *Node {
		dyMean, dyXhatMean := channelMean(dy, form), channelMean(Mul(dy, xhat), form)
		dx := func() *Node {
			d := Sub(Sub(dy, broadcast(dyMean, x)), Mul(xhat, broadcast(dyXhatMean, x)))
			return Mul(d, broadcast(Mul(scale, inverse), x))
		}
		dgamma := func() *Node { return MulScalar(dyXhatMean, count) }
		dbeta := func() *Node { return MulScalar(dyMean, count) }
		return []func() *Node{dx, dgamma, dbeta}
	})
	return y, mean, variance
}

// broadcast expands a vector of channels, [C], to the rank of x, so that it is broadcast over all positions.
func broadcast(v, x *Node) *Node { return ExpandLeftToRank(v, x.Rank()) }
