package study_test

import (
	"testing"

	"fashionlab/fashion/recipes"
	"fashionlab/fashion/study"
)

func TestFewLabelsGrowToAllAndBothWaysLearnTheSame(t *testing.T) {
	for _, p := range study.Profiles() {
		images, _ := study.OwnPictures(p)
		list := study.FewLabels(p)
		for i, few := range list {
			fromScratch := few.FineTuned.Recipe
			fromScratch.Model.Weights.Run = ""
			if fromScratch != few.Scratch.Recipe || few.FineTuned.Recipe.Data.Images() != study.OwnClasses*few.Labels {
				t.Errorf("%s, %d labels: the recipes differ in more than the first weights, or have %d images", p, few.Labels, few.FineTuned.Recipe.Data.Images())
			}
			if i > 0 && few.Labels <= list[i-1].Labels || i == len(list)-1 && few.Labels != images {
				t.Errorf("%s: %d labels come after others, of %d", p, few.Labels, images)
			}
		}
		for _, v := range study.OwnData(p) {
			if !v.OnOwnData() {
				t.Errorf("%s is not known to learn a data set of one's own", v.Run)
			}
		}
	}
}

func TestARunOnOwnDataIsComparedOnItsDataSet(t *testing.T) {
	v := study.OwnModel(study.Quick)
	on := v.On(recipes.Data{Set: "digest", Size: 400})
	if on.Recipe.Data.Set != "digest" || on.Recipe.Data.Size != 400 || on.Recipe.Data.Limit != 0 {
		t.Errorf("all images: %+v", on.Recipe.Data)
	}
	if on := v.On(recipes.Data{Set: "digest", Size: 1000}); on.Recipe.Data.Limit != v.Recipe.Data.Limit {
		t.Errorf("some images: %+v", on.Recipe.Data)
	}
}

func TestSearchesOnFewImagesHavePreciseStatisticsOfBatchNormalization(t *testing.T) {
	for model, want := range map[string]bool{"cnn": false, "residual": true, "resnet50": true, "convnext-transfer": false} {
		s, err := study.Search(model, study.Quick, study.SearchBudget(study.Quick))
		if err != nil || s.Base.PreciseBN > 0 != want {
			t.Errorf("%s: precise_bn is %d (%v), want some: %v", model, s.Base.PreciseBN, err, want)
		}
	}
}
