package demo

import (
	"slices"

	"fashionlab/fashion"
	"fashionlab/fashion/metrics"
)

// Decision is what an ensemble makes of a photo.
type Decision string

const (
	Classified  Decision = "class"         // the most probable class
	NotSure     Decision = "not sure"      // the most probable class is doubtful
	NoneOfThese Decision = "none of these" // out-of-distribution: the photo shows something other than the classes
)

// The false alarms among validation images, as fractions.
const (
	notSureAlarms = 0.15 // "not sure"
	oodAlarms     = 0.02 // "none of these"
)

// evidence are four numbers that are small where a prediction is doubtful.
type evidence struct {
	confidence float64 // the ensemble's probability of its class
	agreement  float64 // the smallest probability that a member gives this class
	similarity float64 // k-nearest-neighbour similarity, see Neighbours
	closeness  float64 // minus the Mahalanobis distance, see Neighbours
}

// judge decides by the evidence of validation images. A test whose ranks are nil is left out.
type judge struct {
	confidence, agreement, similarity, closeness metrics.Ranks

	typicality metrics.Ranks // see judge.typical
	threshold  float64       // score of a prediction that is not sure
}

// newJudge learns from the evidence of validation images; some lack the agreement, which one member has with itself, or what is compared with training images.
func newJudge(list []evidence, agreement, training bool) judge {
	column := func(has bool, of func(evidence) float64) metrics.Ranks {
		var values []float64
		for _, e := range list {
			if has {
				values = append(values, of(e))
			}
		}
		return metrics.NewRanks(values)
	}
	j := judge{
		confidence: column(true, func(e evidence) float64 { return e.confidence }),
		agreement:  column(agreement, func(e evidence) float64 { return e.agreement }),
		similarity: column(training, func(e evidence) float64 { return e.similarity }),
		closeness:  column(training, func(e evidence) float64 { return e.closeness }),
	}
	j.typicality = column(training, j.typical)
	var scores []float64
	for _, e := range list {
		scores = append(scores, metrics.FisherScore(j.ps(e)...))
	}
	if len(scores) > 0 {
		j.threshold = metrics.Percentile(scores, 100-100*notSureAlarms)
	}
	return j
}

// typical is small for an image that is unlike the training images by its similarity, its closeness or both. Beside the confidence they count as one test, so that the decision
// does not overlook errors for what is out of distribution.
func (j judge) typical(e evidence) float64 {
	return -metrics.FisherScore(j.similarity.P(e.similarity), j.closeness.P(e.closeness))
}

// ps are the p-values of the confidence, the agreement and the typicality.
func (j judge) ps(e evidence) []float64 {
	return []float64{j.confidence.P(e.confidence), j.agreement.P(e.agreement), j.typicality.P(j.typical(e))}
}

// decide returns the decision and, unless the class is accepted, the reason; and the out-of-distribution score. doubt is that of the photo's preparation.
func (j judge) decide(e evidence, doubt string) (d Decision, reason string, score float64) {
	ps := j.ps(e)
	score = metrics.FisherScore(ps...)
	switch {
	case len(j.typicality) > 0 && ps[2] <= oodAlarms:
		reason = "no training image is similar"
		if doubt != "" {
			reason += "; the photo may be why: " + doubt
		}
		return NoneOfThese, reason, score
	case doubt != "":
		return NotSure, doubt, score
	case score < j.threshold:
		return Classified, "", score
	}
	reasons := []string{"low confidence", "the models disagree", "few training images are similar"}
	return NotSure, reasons[slices.Index(ps, slices.Min(ps))], score
}

// agreementOf is the smallest probability that a member gives a class.
func agreementOf(members [][]float32, class fashion.Label) float64 {
	least := 1.0
	for _, m := range members {
		least = min(least, float64(m[class]))
	}
	return least
}
