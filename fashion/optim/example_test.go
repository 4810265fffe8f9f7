package optim_test

import (
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"

	"fashionlab/fashion/optim"
	"fashionlab/fashion/recipes"
	"fashionlab/fashion/run"
)

// The slides' schedule 94_step_0_9 multiplies the learning rate by 0.9 every 94 steps.
func ExampleLearningRate() {
	s := recipes.Schedule{Name: "step", DecaySteps: 94, Factor: 0.9}
	for _, step := range []int{0, 93, 94, 188} {
		fmt.Printf("step %d: %.5f\n", step, optim.LearningRate(s, 0.001, step, 1000))
	}
	// Output:
	// step 0: 0.00100
	// step 93: 0.00100
	// step 94: 0.00090
	// step 188: 0.00081
}

func ExampleReduceOnPlateau() {
	s := recipes.Schedule{Name: "plateau", Factor: 0.5, Patience: 2}
	rate, state := 0.01, run.Plateau{}
	for i, loss := range []float64{0.9, 0.7, 0.7, 0.8, 0.6} {
		rate, state = optim.ReduceOnPlateau(s, state, rate, loss)
		fmt.Printf("epoch %d: loss %.1f, next learning rate %.3f\n", i+1, loss, rate)
	}
	// Output:
	// epoch 1: loss 0.9, next learning rate 0.010
	// epoch 2: loss 0.7, next learning rate 0.010
	// epoch 3: loss 0.7, next learning rate 0.010
	// epoch 4: loss 0.8, next learning rate 0.005
	// epoch 5: loss 0.6, next learning rate 0.005
}

func ExampleNew() {
	rule, err := optim.New(recipes.Optimizer{Name: "adam", Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7})
	fmt.Println(rule.Slots, err)
	_, err = optim.New(recipes.Optimizer{Name: "adagrad"})
	fmt.Println(err)
	// Output:
	// [m v] <nil>
	// optimizer.name is "adagrad", want one of nadam, adam, adamw, rmsprop, sgd, or the name of an optim.OwnRule that is passed
}

func ExampleOwnSchedule() {
	warmUp := optim.OwnSchedule{Name: "warm-up", Factor: func(step, steps int) float64 { return min(1, 10*float64(step+1)/float64(steps)) }}
	s := recipes.Schedule{Name: "warm-up"}
	for _, step := range []int{0, 9, 50} {
		fmt.Printf("step %d: %.4f\n", step, optim.LearningRate(s, 0.01, step, 100, warmUp))
	}
	// Output:
	// step 0: 0.0010
	// step 9: 0.0100
	// step 50: 0.0100
}

// A ball that rolls down a bowl with momentum overshoots the bottom.
func ExampleDescend() {
	bowl := func(x, y *Node) *Node { return Add(Square(x), Square(y)) }
	path, err := optim.Descend(bowl, recipes.Optimizer{Name: "sgd", LearningRate: 0.25, Momentum: 0.5}, 1, 0, 4)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range path {
		fmt.Printf("x %+.3f, value %.3f\n", p.X, p.Value)
	}
	// Output:
	// x +1.000, value 1.000
	// x +0.500, value 0.250
	// x +0.000, value 0.000
	// x -0.250, value 0.062
	// x -0.250, value 0.062
}

// Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023) takes steps of the same size, whatever the slope.
func ExampleOwnRule() {
	lion := optim.OwnRule{Name: "lion", Slots: []string{"m"}, Update: func(p, g *Node, slots []*Node, s optim.Scalars) (*Node, []*Node) {
		mean := func(beta *Node) *Node { return Add(Mul(slots[0], beta), Mul(g, OneMinus(beta))) }
		return Sub(p, Mul(Sign(mean(s.Beta1)), s.Rate)), []*Node{mean(s.Beta2)}
	}}
	bowl := func(x, y *Node) *Node { return Add(Square(x), Square(y)) }
	path, err := optim.Descend(bowl, recipes.Optimizer{Name: "lion", LearningRate: 0.25, Beta1: 0.9, Beta2: 0.99}, 1, 0.5, 2, lion)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range path {
		fmt.Printf("x %+.2f, y %+.2f\n", p.X, p.Y)
	}
	// Output:
	// x +1.00, y +0.50
	// x +0.75, y +0.25
	// x +0.50, y +0.00
}

func ExampleHeights() {
	bowl := func(x, y *Node) *Node { return Add(Square(x), Square(y)) }
	fmt.Println(optim.Heights(bowl, []float64{0, 1, 2}, []float64{0, 3}))
	// Output: [[0 1 4] [9 10 13]] <nil>
}
