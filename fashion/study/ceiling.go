package study

import (
	"bufio"
	_ "embed"
	"fmt"
	"strings"
)

// Judgement is what a person says of an image that all networks misclassify.
type Judgement string

const (
	LabelError  Judgement = "label"       // the label is another one than the image shows
	Undecidable Judgement = "undecidable" // at 28x28 pixels it may be either class
	ModelError  Judgement = "model"       // the label is right, and the image shows it
)

// String says what the judgement is in words.
func (j Judgement) String() string {
	switch j {
	case LabelError:
		return "The label is another class than the image shows"
	case ModelError:
		return "The label is right, and the image shows it"
	}
	return "It may be either class"
}

// Judgements lists them.
var Judgements = []Judgement{LabelError, Undecidable, ModelError}

//go:embed shared_errors.txt
var sharedErrors string

// JudgedErrors are the judgements of the training images, by position in the file, that all members of BestEnsemble misclassified in their validation split. One person judged
// them by eye, who knew the label and the networks' class: another one would draw the line elsewhere.
func JudgedErrors() map[int32]Judgement {
	judged := map[int32]Judgement{}
	for s := bufio.NewScanner(strings.NewReader(sharedErrors)); s.Scan(); {
		var index int32
		var j Judgement
		if n, _ := fmt.Sscan(s.Text(), &index, &j); n == 2 { // a test reads every line
			judged[index] = j
		}
	}
	return judged
}
