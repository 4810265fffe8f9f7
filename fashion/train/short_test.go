package train_test

import (
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
	"fashionlab/fashion/train"
)

func TestShortTrainingsOfNetworksWithBatchNormalizationHavePreciseStatistics(t *testing.T) {
	short, long, cnn, chosen := study.Residual(study.Quick), study.Residual(study.Full), study.CNN(study.Quick), study.Residual(study.Quick)
	short.Data.Limit, cnn.Data.Limit, chosen.Data.Limit, chosen.PreciseBN = 400, 400, 400, 64
	for name, c := range map[string]struct {
		got  int
		want int
	}{
		"short":              {preciseBN(t, short), 1024},
		"long":               {preciseBN(t, long), 0},
		"no normalization":   {preciseBN(t, cnn), 0},
		"chosen by the user": {preciseBN(t, chosen), 64},
	} {
		if c.got != c.want {
			t.Errorf("%s: precise_bn is %d, want %d", name, c.got, c.want)
		}
	}
}

func preciseBN(t *testing.T, r recipes.Recipe) int {
	t.Helper()
	r, err := train.WithPreciseBN(r)
	if err != nil {
		t.Fatal(err)
	}
	return r.PreciseBN
}
