package study

import (
	"fmt"

	"fashionlab/fashion/run"
)

// GAN is the study's generative adversarial network. Its rates, equal for both networks, are the best of 0.0005, 0.001, 0.002 and 0.004 by the distance to
// validation images after 3,000 steps; a faster discriminator or a faster generator was no better.
func GAN(p Profile) run.Recipe {
	r := run.Recipe{
		Model:     run.Model{Name: "sngan", Latent: 64, Width: 32},
		Data:      split,
		Optimizer: run.Optimizer{Name: "adam", Rate: 0.002, Beta1: 0, Beta2: 0.99, Epsilon: 1e-8},
		GAN:       run.GAN{Loss: "hinge", Rate: 0.002, Average: 0.999},
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

// DCGAN is the baseline that GAN is compared with, trained as its authors did; at Quick for fewer epochs, after which the two are compared.
func DCGAN(p Profile) run.Recipe {
	r := GAN(p)
	r.Model.Name = "dcgan"
	r.Optimizer.Rate, r.Optimizer.Beta1, r.Optimizer.Beta2 = 0.0002, 0.5, 0.999
	r.GAN = run.GAN{Loss: "cross-entropy", Rate: 0.0002, Average: 0.999}
	r.Schedule = run.Schedule{}
	if p == Quick {
		r.Epochs = 2
	}
	return r
}

// SyntheticAblation is the CNN trained on real images, on generated ones alone, and on mixtures of both, all with equal steps and validation images. The generated ones come from
// the published GAN. Full has each with three seeds, generated ones alone with one.
func SyntheticAblation(p Profile) []Variant {
	base := small(p, 5000, 3)
	base.Schedule = run.Schedule{}
	seeds, shares := 1, []float64{0.25}
	if p == Full {
		base.Epochs, seeds, shares = 6, 3, []float64{0.05, 0.1, 0.25, 0.5}
		base = cosine(base)
	}
	var variants []Variant
	add := func(name, folder string, s run.Synthetic) {
		for seed := range seeds {
			r := base
			r.Data.Synthetic, r.Seed = s, uint64(seed+1)
			variants = append(variants, Variant{name, p.Run(fmt.Sprintf("synthetic/%s-seed-%d", folder, seed+1)), r})
		}
	}
	gan := run.Synthetic{Run: Full.Run("gan"), Published: true}
	add("real images only", "none", run.Synthetic{})
	for _, share := range shares {
		gan.Share = share
		for _, difficult := range []bool{false, true} {
			gan.Difficult = difficult
			kind := map[bool]string{false: "any", true: "difficult"}[difficult]
			add(fmt.Sprintf("%.0f%% %s generated ones", 100*share, kind), fmt.Sprintf("%s-%.0f", kind, 100*share), gan)
		}
	}
	if p != Smoke {
		gan.Share, gan.Difficult, seeds = 1, false, 1
		add("generated images only", "only", gan)
	}
	return variants
}
