package recipes

import "fashionlab/fashion/run"

// GAN is the study's generative adversarial network.
func GAN(p Profile) run.Recipe {
	r := run.Recipe{
		Model:     run.Model{Name: "sngan", Latent: 64, Width: 16},
		Data:      split,
		Optimizer: run.Optimizer{Name: "adam", Rate: 0.001, Beta1: 0, Beta2: 0.99, Epsilon: 1e-8},
		GAN:       run.GAN{Loss: "hinge", Rate: 0.001, Average: 0.999},
		Epochs:    4,
		Batch:     64,
		Seed:      1,
	}
	switch p {
	case Smoke:
		r.Data.Limit, r.Epochs = 2000, 2
	case Full:
		r.Epochs = 40
	}
	return cosine(r)
}

// DCGAN is the baseline that GAN is compared with, trained as its authors did.
func DCGAN(p Profile) run.Recipe {
	r := GAN(p)
	r.Model.Name = "dcgan"
	r.Optimizer.Rate, r.Optimizer.Beta1, r.Optimizer.Beta2 = 0.0002, 0.5, 0.999
	r.GAN = run.GAN{Loss: "cross-entropy", Rate: 0.0002, Average: 0.999}
	r.Schedule = run.Schedule{}
	return r
}
