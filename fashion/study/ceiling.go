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

// JudgedErrors are the judgements of the training images, by position in the file, that all members of BestEnsemble misclassified in their validation split. One person,
// who knew the label and the networks' class, judged them by eye: another would draw the line elsewhere.
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

//go:embed test_labels.txt
var testLabels string

// JudgedLabel is what a person says of the label of a test image.
type JudgedLabel struct {
	Index     int32 // in the file of the test images
	Flagged   bool  // confident learning (metrics.Suspects) suspects the label in the equally weighted predictions of BestEnsemble; otherwise the image was drawn at random
	Judgement Judgement
}

// JudgedTestLabels are all test images that confident learning flags, and some others. One person, who did not know which were flagged, judged them.
func JudgedTestLabels() (list []JudgedLabel) {
	for s := bufio.NewScanner(strings.NewReader(testLabels)); s.Scan(); {
		var l JudgedLabel
		var from string
		if n, _ := fmt.Sscan(s.Text(), &l.Index, &from, &l.Judgement); n == 3 { // a test reads every line
			l.Flagged = from == "flagged"
			list = append(list, l)
		}
	}
	return list
}

// TestLabelErrors are the flagged test images whose labels are wrong.
func TestLabelErrors() (indices []int32) {
	for _, l := range JudgedTestLabels() {
		if l.Flagged && l.Judgement == LabelError {
			indices = append(indices, l.Index)
		}
	}
	return indices
}

// TestLabelsNote says how to read an accuracy without TestLabelErrors.
func TestLabelsNote() string {
	flagged, others, wrong := 0, 0, 0
	for _, l := range JudgedTestLabels() {
		switch {
		case l.Flagged:
			flagged++
		default:
			others++
			if l.Judgement == LabelError {
				wrong++
			}
		}
	}
	return fmt.Sprintf("The accuracy without label errors leaves out %d test images whose labels one person judged to be wrong, of the %d that confident learning flags in the predictions of four published networks. "+
		"Networks chose where to look, and they misclassify every image that was flagged, so the number is biased upwards: by at most its difference from the accuracy on all images, if all other labels are right. "+
		"They are not: of %d others, drawn at random, the same person judged %d to be wrong. Networks that learned such errors are rewarded for them in both numbers.", len(TestLabelErrors()), flagged, others, wrong)
}
