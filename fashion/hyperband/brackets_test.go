package hyperband_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"fashionlab/fashion/hyperband"
)

// table writes brackets as "9@1 3@3 1@9 | 5@3 1@9 | 3@9": trials at epochs.
func table(brackets []hyperband.Bracket) string {
	var lines []string
	for _, b := range brackets {
		var rungs []string
		for _, r := range b.Rungs {
			rungs = append(rungs, fmt.Sprintf("%d@%d", r.Trials, r.Epochs))
		}
		lines = append(lines, strings.Join(rungs, " "))
	}
	return strings.Join(lines, " | ")
}

// By hand, with fractions: n = ceil((s_max+1) eta^s / (s+1)), n_i = floor(n / eta^i), r_i = floor(R / eta^(s-i)).
func TestBracketsAreThoseOfAlgorithm1(t *testing.T) {
	for _, c := range []struct {
		R, eta int
		want   string
	}{
		{1, 2, "1@1"}, {1, 3, "1@1"}, {1, 4, "1@1"},
		{2, 2, "2@1 1@2 | 2@2"}, {2, 3, "1@2"}, {2, 4, "1@2"},
		{9, 2, "8@1 4@2 2@4 1@9 | 6@2 3@4 1@9 | 4@4 2@9 | 4@9"},
		{9, 3, "9@1 3@3 1@9 | 5@3 1@9 | 3@9"},
		{9, 4, "4@2 1@9 | 2@9"},
		{16, 2, "16@1 8@2 4@4 2@8 1@16 | 10@2 5@4 2@8 1@16 | 7@4 3@8 1@16 | 5@8 2@16 | 5@16"},
		{16, 3, "9@1 3@5 1@16 | 5@5 1@16 | 3@16"},
		{16, 4, "16@1 4@4 1@16 | 6@4 1@16 | 3@16"},
		{27, 2, "16@1 8@3 4@6 2@13 1@27 | 10@3 5@6 2@13 1@27 | 7@6 3@13 1@27 | 5@13 2@27 | 5@27"},
		{27, 3, "27@1 9@3 3@9 1@27 | 12@3 4@9 1@27 | 6@9 2@27 | 4@27"},
		{27, 4, "16@1 4@6 1@27 | 6@6 1@27 | 3@27"},
		{50, 2, "32@1 16@3 8@6 4@12 2@25 1@50 | 20@3 10@6 5@12 2@25 1@50 | 12@6 6@12 3@25 1@50 | 8@12 4@25 2@50 | 6@25 3@50 | 6@50"},
		{50, 3, "27@1 9@5 3@16 1@50 | 12@5 4@16 1@50 | 6@16 2@50 | 4@50"},
		{50, 4, "16@3 4@12 1@50 | 6@12 1@50 | 3@50"},
		{81, 2, "64@1 32@2 16@5 8@10 4@20 2@40 1@81 | 38@2 19@5 9@10 4@20 2@40 1@81 | 23@5 11@10 5@20 2@40 1@81 | " +
			"14@10 7@20 3@40 1@81 | 10@20 5@40 2@81 | 7@40 3@81 | 7@81"},
		{81, 3, "81@1 27@3 9@9 3@27 1@81 | 34@3 11@9 3@27 1@81 | 15@9 5@27 1@81 | 8@27 2@81 | 5@81"},
		{81, 4, "64@1 16@5 4@20 1@81 | 22@5 5@20 1@81 | 8@20 2@81 | 4@81"},
		{100, 2, "64@1 32@3 16@6 8@12 4@25 2@50 1@100 | 38@3 19@6 9@12 4@25 2@50 1@100 | 23@6 11@12 5@25 2@50 1@100 | " +
			"14@12 7@25 3@50 1@100 | 10@25 5@50 2@100 | 7@50 3@100 | 7@100"},
		{100, 3, "81@1 27@3 9@11 3@33 1@100 | 34@3 11@11 3@33 1@100 | 15@11 5@33 1@100 | 8@33 2@100 | 5@100"},
		{100, 4, "64@1 16@6 4@25 1@100 | 22@6 5@25 1@100 | 8@25 2@100 | 4@100"},
		{243, 2, "128@1 64@3 32@7 16@15 8@30 4@60 2@121 1@243 | 74@3 37@7 18@15 9@30 4@60 2@121 1@243 | 43@7 21@15 10@30 5@60 2@121 1@243 | " +
			"26@15 13@30 6@60 3@121 1@243 | 16@30 8@60 4@121 2@243 | 11@60 5@121 2@243 | 8@121 4@243 | 8@243"},
		{243, 3, "243@1 81@3 27@9 9@27 3@81 1@243 | 98@3 32@9 10@27 3@81 1@243 | 41@9 13@27 4@81 1@243 | 18@27 6@81 2@243 | 9@81 3@243 | 6@243"},
		{243, 4, "64@3 16@15 4@60 1@243 | 22@15 5@60 1@243 | 8@60 2@243 | 4@243"},
	} {
		got, err := hyperband.Brackets(c.R, c.eta, hyperband.Algorithm1)
		if err != nil || table(got) != c.want {
			t.Errorf("R %d, eta %d: got %s (%v), want %s", c.R, c.eta, table(got), err, c.want)
		}
	}
}

func TestBracketsOfThePapersTable1(t *testing.T) {
	const want = "81@1 27@3 9@9 3@27 1@81 | 27@3 9@9 3@27 1@81 | 9@9 3@27 1@81 | 6@27 2@81 | 5@81"
	got, err := hyperband.Brackets(81, 3, hyperband.Table1)
	if err != nil || table(got) != want {
		t.Errorf("got %s (%v), want %s", table(got), err, want)
	}
}

// The schedules were written by KerasTuner itself: testdata/hyperband/schedules.py.
func TestBracketsOfKerasTuner(t *testing.T) {
	data, err := os.ReadFile("../../testdata/hyperband/keras_tuner.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Schedules []struct {
			R, Eta   int
			Brackets [][][2]int
		}
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		t.Fatal(err)
	}
	if len(recorded.Schedules) != 27 {
		t.Fatalf("%d schedules are recorded, want 27", len(recorded.Schedules))
	}
	for _, s := range recorded.Schedules {
		var want []hyperband.Bracket
		for _, rungs := range s.Brackets {
			var b hyperband.Bracket
			for _, r := range rungs {
				b.Rungs = append(b.Rungs, hyperband.Rung{Trials: r[0], Epochs: r[1]})
			}
			want = append(want, b)
		}
		got, err := hyperband.Brackets(s.R, s.Eta, hyperband.KerasTuner)
		if err != nil || table(got) != table(want) {
			t.Errorf("R %d, eta %d: got %s (%v), want %s", s.R, s.Eta, table(got), err, table(want))
		}
	}
}

func TestBracketsOfImpossibleNumbersAreErrorsThatNameThem(t *testing.T) {
	for _, c := range []struct {
		R, eta   int
		rounding hyperband.Rounding
		want     string
	}{
		{0, 3, hyperband.Algorithm1, "R is 0"}, {-5, 3, hyperband.Algorithm1, "R is -5"}, {1 << 40, 3, hyperband.Algorithm1, "R is"},
		{9, 1, hyperband.Algorithm1, "eta is 1"}, {9, 3, "down", `rounding is "down"`},
	} {
		if _, err := hyperband.Brackets(c.R, c.eta, c.rounding); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("R %d, eta %d, %s: the error is %v, want one with %q", c.R, c.eta, c.rounding, err, c.want)
		}
	}
}

// 9@1, then 3 are trained for 2 more epochs and 1 for 6 more; 5@3, then 1 for 6 more; 3@9.
func ExampleCost() {
	brackets, err := hyperband.Brackets(9, 3, hyperband.Algorithm1)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+v\n", hyperband.Cost(brackets))
	// Output: {Trials:17 Trainings:22 Epochs:69 Restarted:78}
}
