package metrics

import (
	"cmp"
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/run"
)

// Suspect is an image whose label may be wrong.
type Suspect struct {
	Row           int   // in the predictions
	Index         int32 // of the image in its file
	Label, Likely fashion.Label
	Margin        float64 // probability of Likely less that of Label; below 0 where the label is more probable and yet below its threshold
}

// Suspects lists the images whose labels are suspect by confident learning, after Northcutt, Jiang and Chuang, "Confident
// Learning: Estimating Uncertainty in Dataset Labels" (2021), those with the largest margin first. A class's threshold is
// its mean probability on the images with its label. Of the classes that reach their thresholds the most
// probable is the likely one, and an image is suspect if that is not its label. A class without images is never
// likely. The predictions must be for images that the model was not trained on.
func Suspects(p run.Predictions) []Suspect {
	thresholds, support := make([]float64, p.NumClasses()), make([]float64, p.NumClasses())
	for i, label := range p.Labels {
		thresholds[label] += float64(p.Probabilities[i][label])
		support[label]++
	}
	for k := range thresholds {
		thresholds[k] /= support[k] // NaN without images, which no probability reaches
	}
	var list []Suspect
	for i, label := range p.Labels {
		row, likely := p.Probabilities[i], -1
		for k, v := range row {
			if float64(v) >= thresholds[k] && (likely < 0 || v > row[likely]) {
				likely = k
			}
		}
		if likely >= 0 && fashion.Label(likely) != label {
			list = append(list, Suspect{i, p.Indices[i], label, fashion.Label(likely), float64(row[likely]) - float64(row[label])})
		}
	}
	slices.SortStableFunc(list, func(a, b Suspect) int { return cmp.Compare(b.Margin, a.Margin) })
	return list
}

// LeastConfident lists the rows of the correctly classified images, those with the lowest confidence first.
func LeastConfident(p run.Predictions) []int {
	var rows []int
	for i, label := range p.Labels {
		if p.Predicted(i) == label {
			rows = append(rows, i)
		}
	}
	confidence := func(i int) float32 { return p.Probabilities[i][p.Labels[i]] }
	slices.SortStableFunc(rows, func(i, j int) int { return cmp.Compare(confidence(i), confidence(j)) })
	return rows
}
