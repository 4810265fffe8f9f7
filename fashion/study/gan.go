package study

import "fashionlab/fashion/recipes"

// GAN is the study's generative adversarial network. Its rates, equal for both networks, are the best of 0.0005, 0.001, 0.002 and 0.004 by the distance to
// validation images after 3,000 steps; a faster discriminator or a faster generator was no better.
func GAN(p Profile) recipes.Recipe {
	r := recipes.Recipe{
		Model:     recipes.Model{Name: "sngan", Latent: 64, Width: 32},
		Data:      split,
		Optimizer: recipes.Optimizer{Name: "adam", LearningRate: 0.002, Beta1: 0, Beta2: 0.99, Epsilon: 1e-8},
		GAN:       recipes.GAN{Loss: "hinge", DiscriminatorRate: 0.002, EMA: 0.999},
		Epochs:    4,
		Batch:     64,
		Seed:      1,
	}
	switch p {
	case Smoke:
		r.Model.Width, r.Data.Limit, r.Epochs = 8, 1000, 2
	case Quick:
		r.Model.Width, r.Data.Limit, r.Epochs = 16, 15000, 5
	case Full:
		r.Epochs = 20
	}
	return cosine(r)
}

// DCGAN is the baseline that GAN is compared with, trained with its authors' loss, learning rate and beta 1; at Quick for fewer epochs, after which the two are compared.
func DCGAN(p Profile) recipes.Recipe {
	r := GAN(p)
	r.Model.Name = "dcgan"
	r.Optimizer.LearningRate, r.Optimizer.Beta1, r.Optimizer.Beta2 = 0.0002, 0.5, 0.999
	r.GAN = recipes.GAN{Loss: "cross-entropy", DiscriminatorRate: 0.0002, EMA: 0.999}
	r.Schedule = recipes.Schedule{}
	if p == Quick {
		r.Epochs = 2
	}
	return r
}
