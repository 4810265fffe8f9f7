// Package optim implements the study's update rules and learning-rate schedules, as Keras 3 defines them, and the loss of classifiers.
//
// An update rule has two parts. Its scalars (moving-average decays, bias corrections, the learning rate) are computed on the host in float64 and enter the graph as
// one small vector. So the compiled program serves all their values, and a rule keeps no step counter in the graph. The update of a parameter is a graph function.
package optim

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fashionlab/fashion/recipes"

	. "github.com/gomlx/gomlx/core/graph"
)

// MaxScalars is how many scalars a rule has at most.
const MaxScalars = 8

// UpdateRule is an optimizer's update rule.
type UpdateRule struct {
	// Slots names the tensors that the rule keeps for each parameter: of the parameter's shape, and zero before the first step.
	Slots []string
	// Scalars returns the rule's scalars at a step, 1 for the first, with a learning rate. The last is rate*decay, for the weight decay.
	Scalars func(step int, rate float64) []float64
	// NumScalars is the number of scalars.
	NumScalars int

	update func(p, g *Node, slots, scalars []*Node) (*Node, []*Node)
}

// names lists the optimizers that New knows.
func names() []string { return []string{"nadam", "adam", "adamw", "rmsprop", "sgd"} }

// New returns the update rule of a recipe's optimizer: nadam, adam, adamw, rmsprop or sgd, or the one of that name in own. Weight decay is decoupled in all of them: before each update a parameter
// is multiplied by 1 - rate*decay.
func New(o recipes.Optimizer, own ...OwnRule) (UpdateRule, error) {
	for _, rule := range own {
		if err := rule.check(); err != nil {
			return UpdateRule{}, err
		}
	}
	var r UpdateRule
	if o.Epsilon == 0 && slices.Contains([]string{"nadam", "adam", "adamw", "rmsprop"}, strings.ToLower(o.Name)) {
		return UpdateRule{}, fmt.Errorf("optimizer.epsilon is 0, want a positive number such as 1e-7: %s divides by it where all gradients were 0", o.Name)
	}
	switch strings.ToLower(o.Name) {
	case "nadam":
		r = nadam(o)
	case "adam", "adamw": // in Keras only the default weight decay differs
		r = adam(o)
	case "rmsprop":
		r = rmsprop(o)
	case "sgd":
		r = sgd(o)
	default:
		i := slices.IndexFunc(own, func(rule OwnRule) bool { return rule.Name == o.Name })
		if i < 0 {
			return UpdateRule{}, fmt.Errorf("optimizer.name is %q, want one of %s, or the name of an optim.OwnRule that is passed", o.Name, strings.Join(names(), ", "))
		}
		r = own[i].rule(o)
	}
	scalars := r.Scalars
	r.Scalars = func(step int, rate float64) []float64 { return append(scalars(step, rate), rate*o.WeightDecay) }
	r.NumScalars = len(r.Scalars(1, 1))
	update := r.update
	r.update = func(p, g *Node, slots, scalars []*Node) (*Node, []*Node) {
		decay := scalars[len(scalars)-1]
		return update(Sub(p, Mul(p, decay)), g, slots, scalars)
	}
	return r, nil
}

// Update returns a parameter and its slots after one step. The gradient g and the slots have the shape of the parameter p; scalars are those of the step,
// [NumScalars].
func (r UpdateRule) Update(p, g *Node, slots []*Node, scalars *Node) (*Node, []*Node) {
	list := make([]*Node, r.NumScalars)
	for i := range list {
		list[i] = ConvertDType(Reshape(Slice(scalars, AxisElem(i))), p.DType())
	}
	return r.update(p, g, slots, list)
}

// nadam is Nadam (Dozat, "Incorporating Nesterov Momentum into Adam", 2016) with the momentum schedule of its
// section 3.1:
//
//	u(t) = beta1 * (1 - 0.96^t / 2),  U(t) = u(1) ... u(t)
//	m <- beta1 m + (1-beta1) g
//	v <- beta2 v + (1-beta2) g^2
//	p <- p - rate * (u(t+1) m / (1-U(t+1)) + (1-u(t)) g / (1-U(t))) / (sqrt(v / (1-beta2^t)) + epsilon)
func nadam(o recipes.Optimizer) UpdateRule {
	u := func(t int) float64 { return o.Beta1 * (1 - 0.5*math.Pow(0.96, float64(t))) }
	product, upTo := 1.0, 0 // U(upTo), kept between calls because steps come in order
	return UpdateRule{
		Slots: []string{"m", "v"},
		Scalars: func(t int, rate float64) []float64 {
			if t < upTo {
				product, upTo = 1, 0
			}
			for upTo < t {
				upTo++
				product *= u(upTo)
			}
			next := product * u(t+1)
			return []float64{
				rate * u(t+1) / (1 - next),
				rate * (1 - u(t)) / (1 - product),
				1 / (1 - math.Pow(o.Beta2, float64(t))),
				1 - o.Beta1,
				1 - o.Beta2,
			}
		},
		update: func(p, g *Node, slots, s []*Node) (*Node, []*Node) {
			m := mean(slots[0], g, s[3])
			v := mean(slots[1], Square(g), s[4])
			step := Add(Mul(m, s[0]), Mul(g, s[1]))
			return Sub(p, Div(step, AddScalar(Sqrt(Mul(v, s[2])), o.Epsilon))), []*Node{m, v}
		},
	}
}

// adam is Adam (Kingma and Ba, 2015) in the form of the last paragraph of its section 2:
//
//	m <- beta1 m + (1-beta1) g
//	v <- beta2 v + (1-beta2) g^2
//	p <- p - rate * sqrt(1-beta2^t) / (1-beta1^t) * m / (sqrt(v) + epsilon)
//
// With a weight decay it is AdamW (Loshchilov and Hutter, 2019).
func adam(o recipes.Optimizer) UpdateRule {
	return UpdateRule{
		Slots: []string{"m", "v"},
		Scalars: func(t int, rate float64) []float64 {
			corrected := rate * math.Sqrt(1-math.Pow(o.Beta2, float64(t))) / (1 - math.Pow(o.Beta1, float64(t)))
			return []float64{corrected, 1 - o.Beta1, 1 - o.Beta2}
		},
		update: func(p, g *Node, slots, s []*Node) (*Node, []*Node) {
			m := mean(slots[0], g, s[1])
			v := mean(slots[1], Square(g), s[2])
			return Sub(p, Div(Mul(m, s[0]), AddScalar(Sqrt(v), o.Epsilon))), []*Node{m, v}
		},
	}
}

// rmsprop is uncentred RMSprop (Tieleman and Hinton, 2012) with momentum as in Keras; rho is Beta2:
//
//	v <- rho v + (1-rho) g^2
//	b <- momentum b + rate * g / sqrt(v + epsilon)
//	p <- p - b
func rmsprop(o recipes.Optimizer) UpdateRule {
	r := UpdateRule{
		Slots:   []string{"v"},
		Scalars: func(_ int, rate float64) []float64 { return []float64{rate, 1 - o.Beta2, o.Momentum} },
		update: func(p, g *Node, slots, s []*Node) (*Node, []*Node) {
			v := mean(slots[0], Square(g), s[1])
			step := Div(Mul(g, s[0]), Sqrt(AddScalar(v, o.Epsilon)))
			if o.Momentum == 0 {
				return Sub(p, step), []*Node{v}
			}
			b := Add(Mul(slots[1], s[2]), step)
			return Sub(p, b), []*Node{v, b}
		},
	}
	if o.Momentum > 0 {
		r.Slots = append(r.Slots, "b")
	}
	return r
}

// sgd is stochastic gradient descent, with momentum if it is not 0, optionally Nesterov's:
//
//	b <- momentum b - rate * g
//	p <- p + b                          (Nesterov: p <- p + momentum b - rate * g)
func sgd(o recipes.Optimizer) UpdateRule {
	r := UpdateRule{
		Scalars: func(_ int, rate float64) []float64 { return []float64{rate, o.Momentum} },
		update: func(p, g *Node, slots, s []*Node) (*Node, []*Node) {
			step := Mul(g, s[0])
			if o.Momentum == 0 {
				return Sub(p, step), nil
			}
			b := Sub(Mul(slots[0], s[1]), step)
			if o.Nesterov {
				return Add(p, Sub(Mul(b, s[1]), step)), []*Node{b}
			}
			return Add(p, b), []*Node{b}
		},
	}
	if o.Momentum > 0 {
		r.Slots = []string{"b"}
	}
	return r
}

// mean updates an exponential moving average by x; rate is one minus beta.
func mean(average, x, rate *Node) *Node {
	return Add(average, Mul(Sub(x, average), rate))
}
